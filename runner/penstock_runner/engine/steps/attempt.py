"""Makes one attempt of a step: call, deadline, extraction, assertions, and the record of its end."""

from collections.abc import Callable, MutableMapping
from typing import Any

from penstock_core.executions.states import StepStatus
from penstock_core.values.durations import milliseconds
from penstock_runner.engine.action import Call
from penstock_runner.engine.context import Context, Placed
from penstock_runner.engine.step_records import Attempt
from penstock_runner.engine.unrecorded import settled
from penstock_runner.engine.variables import Frame
from penstock_runner.errors import Expired, Failure, Interrupted, NotRecorded, Reason, StepFailed, Stopped


def begun(context: Context, placed: Placed) -> Attempt:
    """The next attempt of a step, which begins now."""
    return Attempt(
        path=placed.path,
        number=context.history.next_attempt(placed.path),
        action=placed.kind,
        started_at=context.clock.now(),
        started=context.clock.monotonic(),
    )


def end(
    context: Context, attempt: Attempt, status: StepStatus, *, failure: Failure | None = None, mode: str = "full"
) -> None:
    """Record how an attempt ended."""
    attempt.status, attempt.failure = status, failure
    if failure is not None:
        failure.shown = context.records.shown(failure, mode=mode)
    clock = context.clock
    record = context.records.ended(
        attempt, mode=mode, ended_at=clock.now(), elapsed=clock.monotonic() - attempt.started
    )
    context.warned.add(attempt.path, record.warnings)
    context.recorder.behind(record)


class AttemptRun:
    """One attempt. `memory` lasts over the attempts of a step, `run_steps` is for actions that hold steps.

    `attempt` is one that was begun, else the next begins.
    """

    def __init__(
        self,
        context: Context,
        placed: Placed,
        *,
        memory: MutableMapping[Any, Any],
        run_steps: Callable[[list[Any], Frame], Any],
        attempt: Attempt | None = None,
    ) -> None:
        self._context = context
        self._placed = placed
        self._memory = memory
        self._run_steps = run_steps
        self._attempt = attempt or begun(context, placed)
        self._deadline = placed.frame.deadline

    def run(self, *, kept: Any = None) -> Attempt:
        """The attempt, ended and recorded: its `failure` says whether it failed. Raises what ends more than the attempt.

        `kept` is the output that the action left when its runner was lost, see `Action.keeps_output`.
        """
        attempt = self._attempt
        attempt.output = kept
        try:
            self._act()
        except Failure as failure:
            attempt.keep(failure.output)
            self._end(StepStatus.FAILED, failure)
        except StepFailed as exc:
            self._end(StepStatus.FAILED, exc.failure)
        except Expired as exc:
            self._expired(exc)
        except NotRecorded as exc:
            self._end(StepStatus.FAILED, exc.failure)
            raise
        except Stopped:
            self._end(StepStatus.PASSED, None)
            raise
        except Interrupted as exc:
            if exc.reason is Reason.CANCELLED:
                self._end(StepStatus.CANCELLED, Failure("cancelled", "the execution was cancelled"))
            raise
        except Exception as exc:  # noqa: BLE001 - a defect in an action fails its step, and the record says so
            message = f"a defect in Penstock, please report it: {type(exc).__name__}: {exc}"
            self._end(StepStatus.FAILED, Failure("internal_error", message))
        else:
            self._end(StepStatus.PASSED, None)
        return attempt

    def _act(self) -> None:
        context, placed, attempt = self._context, self._placed, self._attempt
        action, fields = placed.action, placed.fields
        call = self._prepared()
        if action.has_effect(fields, context.actions):
            context.recorder.durable(context.records.running(attempt, mode=placed.mode))
            if context.clock.monotonic() >= placed.frame.deadline:
                raise Expired  # the database took its time
        call.deadline = self._deadline = self._limited()
        attempt.output, attempt.unread = settled(action.run(call))
        self._extract()
        self._assert()

    def remade(self) -> dict[str, Any]:
        """Output and extracted values of an attempt that has no effect and leaves no record."""
        self._attempt.output = self._placed.action.run(self._prepared())
        self._extract()
        return {"output": self._attempt.output, "extracted": self._attempt.extracted}

    def _prepared(self) -> Call:
        placed, attempt = self._placed, self._attempt
        call = Call(
            flow=self._context,
            name=placed.step["name"],
            attempt=attempt,
            fields=placed.fields,
            frame=placed.frame,
            memory=self._memory,
            run_steps=self._run_steps,
            mode=placed.mode,
        )
        if placed.action.evaluates:
            call.input = attempt.input = self._filled()
        placed.action.prepare(call)
        return call

    def _filled(self) -> Any:
        placed, evaluator = self._placed, self._context.evaluator
        filled = {}
        for name, value in placed.fields.items():
            if name in placed.action.literal_members:
                filled[name] = value
                continue
            is_url = name in placed.action.url_members and isinstance(value, str)
            fill: Callable[..., Any] = evaluator.url if is_url else evaluator.fill
            filled[name] = fill(value, field=f"{placed.kind}.{name}", variables=placed.frame.variables)
        return filled

    def _limited(self) -> float:
        """The deadline of an attempt whose action begins now."""
        around, step = self._placed.frame.deadline, self._placed.step
        if "timeout" not in step:
            return around
        own = self._context.clock.monotonic() + milliseconds(step["timeout"]) / 1000
        return min(around, own)

    def _extract(self) -> None:
        if "extract" in self._placed.step:
            self._read()
            from penstock_runner.engine.steps.extraction import extract

            self._attempt.extracted = extract(self._placed.step["extract"], self._attempt.output)

    def _assert(self) -> None:
        step, attempt, context = self._placed.step, self._attempt, self._context
        if "assert" not in step:
            return
        self._read()
        from penstock_runner.engine.steps.assertions import failed_message

        variables = {**self._placed.frame.variables, "output": attempt.output}
        report = context.evaluator.report
        attempt.assertions = [report(text, variables=variables) for text in step["assert"]]
        if failed := [each for each in attempt.assertions if not each["passed"]]:
            message = failed_message(context.masker.mask(failed), len(attempt.assertions))
            raise Failure("assertion_failed", message, details=failed)

    def _read(self) -> None:
        """Raises NotRecorded where the output holds what nobody has."""
        if self._attempt.unread is not None:
            self._attempt.unread.give()

    def _expired(self, inside: Expired) -> None:
        """The step's own timeout is a failure like others; an outer one ends everything inside: then it raises Expired.

        What is told is what the innermost step, which raised `inside`, was waiting for.
        """
        placed, waits = self._placed, self._attempt.waits
        around = placed.frame.deadline
        # a wait may end a rounding error before its deadline: what the attempt waited for decides, then the clock
        outer = self._deadline >= around or self._context.clock.monotonic() >= around
        limit = (
            "what is around it had no time left"
            if outer
            else f"no result within its timeout of {placed.step['timeout']}"
        )
        told = str(inside) or (str(waits) if waits is not None else "")
        self._end(StepStatus.TIMED_OUT, Failure("timeout", f"{told}; {limit}" if told else limit, bare=limit))
        if outer:
            is_shown = placed.mode == "full"
            at = f"step {placed.path}: {waits}" if waits is not None and is_shown else f"step {placed.path}"
            raise Expired(str(inside) or at)

    def _end(self, status: StepStatus, failure: Failure | None) -> None:
        end(self._context, self._attempt, status, failure=failure, mode=self._placed.mode)
