"""`forEach`: steps for each item."""

import threading
from collections.abc import Sequence
from typing import Any

from penstock_runner.engine.action import Action, Actions, Call, Step
from penstock_runner.errors import Failure, RunnerError, StepFailed


class ForEach(Action):
    """Runs its steps once per item, several at a time where it says so."""

    evaluates = False
    holds_steps = True
    iterates = True

    def steps_in(self, fields: Any) -> list[list[Step]]:
        """The same for all items."""
        return [fields["steps"]]

    def has_effect(self, fields: Any, actions: Actions) -> bool:
        """Where one of its steps has."""
        return any(map(actions.has_effect, fields["steps"]))

    def prepare(self, call: Call) -> None:
        """Evaluate the items, so that their number is recorded with the start."""
        fill = call.flow.evaluator.fill
        items = fill(call.fields["items"], field="forEach.items", variables=call.frame.variables)
        if isinstance(items, (str, bytes, dict)) or not isinstance(items, Sequence):
            from penstock_core.expressions.quoting import quoted  # only where something is wrong
            from penstock_core.expressions.values import kind

            shown = quoted(call.flow.masker.mask(items))
            raise Failure("invalid_input", f"forEach.items: a list is needed, but the value is {kind(items)}, {shown}")
        parallel = fill(call.fields.get("parallel", 1), field="forEach.parallel", variables=call.frame.variables)
        call.memory["items"] = items
        call.attempt.input = {"items": items, "parallel": parallel}
        call.attempt.items_total = len(items)

    def run(self, call: Call) -> Any:
        """Each item's last output, in the order of the items; None where an item failed."""
        loop = _Loop(call)
        loop.run(int(call.attempt.input["parallel"]))
        call.attempt.items_failed = len(loop.failed)
        if not loop.failed:
            return loop.outputs
        number, first = min(loop.failed.items())
        message = (
            f"{len(loop.failed)} of {len(loop.outputs)} items failed; the first is item {number}:"
            f" step {first.path}: {first.failure.shown}"
        )
        raise Failure("items_failed", message, details={"step": first.path}, output=loop.outputs)


class _Loop:
    """The iterations of one attempt. An earlier attempt's passed items are not run again."""

    def __init__(self, call: Call) -> None:
        self._call = call
        items = call.memory["items"]
        self.outputs: list[Any] = call.memory.setdefault("outputs", [None] * len(items))
        passed: set[int] = call.memory.setdefault("passed", set())
        self._passed = passed
        self._left = iter([number for number in range(len(items)) if number not in passed])
        self._items = items
        self._lock = threading.Lock()
        self._ended: BaseException | None = None
        self._stopping = False
        self.failed: dict[int, StepFailed] = {}

    def run(self, parallel: int) -> None:
        """All iterations; raises what ended one of them other than a failed step."""
        count = min(max(1, parallel), len(self.outputs))
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count - 1)]
        for thread in threads:
            thread.start()
        self._work()
        for thread in threads:
            thread.join()
        if self._ended is not None:
            raise self._ended

    def _work(self) -> None:
        while (number := self._next()) is not None:
            try:
                output = self._iterate(number)
            except StepFailed as exc:
                with self._lock:
                    self.failed[number] = exc
                    self._stopping |= bool(self._call.fields.get("stopOnError", True))
            except BaseException as exc:  # noqa: BLE001 - raised again by the thread that waits for all
                with self._lock:
                    self._stopping = True
                    # what ends the whole flow on purpose goes before what merely broke
                    if self._ended is None or isinstance(exc, RunnerError):
                        self._ended = exc
            else:
                with self._lock:
                    self.outputs[number] = output
                    self._passed.add(number)

    def _next(self) -> int | None:
        with self._lock:
            return None if self._stopping else next(self._left, None)

    def _iterate(self, number: int) -> Any:
        call = self._call
        frame = call.frame.iteration(
            prefix=f"{call.path}/{number}/", item=self._items[number], index=number, deadline=call.deadline
        )
        return call.run_steps(call.fields["steps"], frame)
