"""One step: condition, attempts, deadline, extraction, assertions, record, and what happens when it fails."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from penstock_core.durations import milliseconds
from penstock_core.states import StepStatus
from penstock_runner import actions
from penstock_runner.engine import retry
from penstock_runner.engine.action import Call
from penstock_runner.engine.attempt import Attempt
from penstock_runner.engine.history import Past
from penstock_runner.engine.variables import NOT_RUN, Frame
from penstock_runner.errors import Expired, Failure, Interrupted, Reason, ResultCut, StepFailed, Stopped

if TYPE_CHECKING:
    from penstock_runner.engine.flow_run import Engine


_HOLDING = ("forEach", "branch")
"""The kinds of steps that hold steps."""
_BY_IF = {"field": "if"}
"""Details of the failure of a step whose `if` has no answer: nothing of it may run, so there is no other attempt."""


class StepRun:
    """Runs one step in one frame."""

    def __init__(self, engine: "Engine", step: dict[str, Any], frame: Frame) -> None:
        self._engine = engine
        self._step = step
        self._frame = frame
        self._path = frame.prefix + step["name"]
        self._kind = actions.kind_of(step) or "unknown"
        self._mode = step.get("record", "full")
        self._memory: dict[Any, Any] = {}
        self._unfinished: Past | None = None
        self._deadline = frame.deadline
        """Of the present attempt; that of what is around where the step has no shorter one."""

    def run(self) -> dict[str, Any]:
        """What `steps.<name>` is from now on. Raises StepFailed, Stopped, Expired, Interrupted, ResultCut."""
        past = self._engine.history.take(self._path)
        if past is None:
            return self._first()
        if past.ended:
            return self._resumed(past)
        return self._continued(past)

    def restore(self) -> None:
        """Take over what was recorded of a step inside of one that has its result: nothing runs. Raises Stopped."""
        past = self._engine.history.take(self._path)
        with suppress(StepFailed):  # the step around has failed by it, and what became of that is recorded
            if past is not None and past.ended:
                self._frame.steps[self._step["name"]] = self._resumed(past)
            elif past is not None and (failure := past.failure()):
                self._frame.steps[self._step["name"]] = self._stands(past, failure)
            else:
                self._restore_inside()

    def _first(self) -> dict[str, Any]:
        try:
            wanted = self._wanted()
        except Failure as failure:
            failure.details = _BY_IF
            attempt = self._begun()
            self._end(attempt, StepStatus.FAILED, failure)
            return self._failed(failure, _view(attempt))
        return self._attempts(0) if wanted else self._skip()

    def _resumed(self, past: Past) -> dict[str, Any]:
        """The result that stands, with what is inside of it."""
        view = past.view()
        if past.last.status is StepStatus.SKIPPED:
            return view
        self._engine.count(self._path)
        self._restore_inside()
        if self._kind == "stop":
            # not every `record` keeps the output: the status is in the definition as well
            said = {**self._step["stop"], "message": "", **(view["output"] or {})}
            raise Stopped(self._path, passed=said.get("status", "passed") == "passed", message=said["message"])
        return view

    def _stands(self, past: Past, failure: Failure) -> dict[str, Any]:
        """A recorded failure after which no other attempt is made."""
        self._restore_inside()
        return self._failed(failure, past.view())

    def _restore_inside(self) -> None:
        """What lies inside of a result counts, is seen where a branch shows it, and a stop in it stops again."""
        stopped: Stopped | None = None
        for step, frame in self._held():
            try:
                StepRun(self._engine, step, frame).restore()
            except Stopped as exc:
                stopped = stopped or exc
        if stopped is not None:
            raise stopped

    def _held(self) -> Iterator[tuple[dict[str, Any], Frame]]:
        """The steps inside of which something may be recorded, each with the frame it ran in."""
        frame = self._frame
        if self._engine.history.is_empty:
            return
        if self._kind == "branch":
            for number, case in enumerate(self._step["branch"]):
                inside = frame.case(prefix=f"{self._path}/{number}/", deadline=frame.deadline)
                yield from ((step, inside) for step in case["steps"])
        elif self._kind == "forEach":
            for number in self._engine.history.indexes(self._path):
                prefix = f"{self._path}/{number}/"
                inside = frame.iteration(prefix=prefix, item=None, index=number, deadline=frame.deadline)
                yield from ((step, inside) for step in self._step["forEach"]["steps"])

    def _continued(self, past: Past) -> dict[str, Any]:
        """Go on where an earlier runner stopped: in an attempt, or behind one that failed."""
        if past.last.status is StepStatus.RUNNING:
            self._take_over(past)
        elif (failure := past.failure()) and not self._goes_on(failure, past.failed):
            return self._stands(past, failure)
        if past.failed:
            self._forget_failures(until=past.failed_until)
        return self._attempts(past.failed)

    def _take_over(self, past: Past) -> None:
        """Close what an earlier runner began; a step that holds steps just goes on."""
        engine = self._engine
        if self._kind in _HOLDING:
            engine.history.reopen(self._path)
            return
        self._unfinished = past
        record = engine.records.interrupted(self._path, number=past.attempts, action=self._kind, at=engine.clock.now())
        engine.recorder.behind(record)

    def _forget_failures(self, *, until: datetime | None) -> None:
        """Let what failed inside run anew in the present attempt; what began after `until` belongs to it already."""
        if self._kind in _HOLDING:
            for path in self._engine.history.forget_failures(self._path, until=until, done=self._is_done):
                self._engine.count(path, failed=True)

    def _is_done(self, prefix: str) -> bool:
        """True where all steps of an iteration are behind it: it is not run again. A branch that failed is."""
        return self._kind == "forEach" and all(
            self._engine.history.stands(prefix + step["name"], continues=step.get("onError") == "continue")
            for step in self._step["forEach"]["steps"]
        )

    def _attempts(self, failed: int) -> dict[str, Any]:
        while True:
            attempt = self._attempt()
            if attempt.failure is None:
                self._engine.count(self._path)
                return _view(attempt)
            failed += 1
            if not self._goes_on(attempt.failure, failed):
                self._restore_inside()  # of iterations that this runner did not come to
                return self._failed(attempt.failure, _view(attempt))
            self._forget_failures(until=None)

    def _wanted(self) -> bool:
        """The answer of `if`. Raises Failure where it has none."""
        if "if" not in self._step:
            return True
        return self._engine.evaluator.condition(self._step["if"], field="if", variables=self._frame.variables)

    def _skip(self) -> dict[str, Any]:
        attempt = self._begun()
        attempt.status = StepStatus.SKIPPED
        self._record_end(attempt)
        self._engine.discount(self._path)
        return dict(NOT_RUN)

    def _begun(self) -> Attempt:
        clock = self._engine.clock
        return Attempt(
            path=self._path,
            number=self._engine.history.next_attempt(self._path),
            action=self._kind,
            started_at=clock.now(),
            started=clock.monotonic(),
        )

    def _attempt(self) -> Attempt:
        """One attempt, ended and recorded; its `failure` says whether it failed."""
        attempt = self._begun()
        if self._unfinished is not None and self._kind == "sleep":
            attempt.output = self._unfinished.view()["output"]
        self._unfinished = None
        try:
            self._act(attempt)
        except Failure as failure:
            attempt.output = failure.output if failure.output is not None else attempt.output
            self._end(attempt, StepStatus.FAILED, failure)
        except StepFailed as exc:
            self._end(attempt, StepStatus.FAILED, exc.failure)
        except Expired:
            self._expired(attempt)
        except ResultCut as exc:
            self._end(attempt, StepStatus.FAILED, exc.failure)
            self._engine.count(self._path, failed=True)
            raise
        except Stopped as exc:
            self._end(attempt, StepStatus.PASSED, None)
            self._engine.count(self._path)
            with suppress(Stopped):
                self._restore_inside()
            raise exc from None
        except Interrupted as exc:
            if exc.reason is Reason.CANCELLED:
                self._end(attempt, StepStatus.CANCELLED, Failure("cancelled", "the execution was cancelled"))
            raise
        except Exception as exc:  # noqa: BLE001 - a defect in an action fails its step, and the record says so
            message = f"a defect in Penstock, please report it: {type(exc).__name__}: {exc}"
            self._end(attempt, StepStatus.FAILED, Failure("internal_error", message))
        else:
            self._end(attempt, StepStatus.PASSED, None)
        return attempt

    def _act(self, attempt: Attempt) -> None:
        if self._kind == "unknown":
            members = ", ".join(sorted(self._step))
            raise Failure("unknown_action", f"this release of the runner knows none of the members: {members}")
        action = actions.action(self._kind)
        fields = self._step[self._kind]
        call = Call(
            flow=self._engine,
            name=self._step["name"],
            attempt=attempt,
            fields=fields,
            input=None,
            frame=self._frame,
            deadline=self._frame.deadline,
            memory=self._memory,
        )
        if action.evaluates:
            call.input = attempt.input = self._filled(fields)
        action.prepare(call)
        if action.has_effect(fields):
            self._engine.recorder.durable(self._engine.records.running(attempt, mode=self._mode))
            if self._engine.clock.monotonic() >= self._frame.deadline:
                raise Expired  # the database took its time
        call.deadline = self._deadline = self._limited()
        attempt.output = action.run(call)
        self._extract(attempt)
        self._assert(attempt)

    def _filled(self, fields: Any) -> Any:
        fill = self._engine.evaluator.fill
        return {
            # code is the user's own language: `${` means nothing of ours in it
            name: value
            if (self._kind, name) == ("python", "code")
            else fill(value, field=f"{self._kind}.{name}", variables=self._frame.variables)
            for name, value in fields.items()
        }

    def _limited(self) -> float:
        """The deadline of an attempt that begins now."""
        if "timeout" not in self._step:
            return self._frame.deadline
        own = self._engine.clock.monotonic() + milliseconds(self._step["timeout"]) / 1000
        return min(self._frame.deadline, own)

    def _extract(self, attempt: Attempt) -> None:
        if "extract" in self._step:
            from penstock_runner.engine.extraction import extract

            attempt.extracted = extract(self._step["extract"], attempt.output)

    def _assert(self, attempt: Attempt) -> None:
        if "assert" not in self._step:
            return
        from penstock_runner.engine.assertions import failed_message

        variables = {**self._frame.variables, "output": attempt.output}
        report = self._engine.evaluator.report
        attempt.assertions = [report(text, variables=variables) for text in self._step["assert"]]
        if failed := [each for each in attempt.assertions if not each["passed"]]:
            message = failed_message(self._engine.masker.mask(failed), len(attempt.assertions))
            raise Failure("assertion_failed", message, details=failed)

    def _expired(self, attempt: Attempt) -> None:
        """The step's own timeout is a failure like others; an outer one ends everything inside."""
        around = self._frame.deadline
        outer = self._deadline >= around or self._engine.clock.monotonic() >= around
        limit = (
            "what is around it had no time left"
            if outer
            else f"no result within its timeout of {self._step['timeout']}"
        )
        self._end(attempt, StepStatus.TIMED_OUT, Failure("timeout", limit))
        if outer:
            self._engine.count(self._path, failed=True)
            raise Expired

    def _end(self, attempt: Attempt, status: StepStatus, failure: Failure | None) -> None:
        attempt.status, attempt.failure = status, failure
        self._record_end(attempt)

    def _record_end(self, attempt: Attempt) -> None:
        clock = self._engine.clock
        record = self._engine.records.ended(
            attempt, mode=self._mode, ended_at=clock.now(), elapsed=clock.monotonic() - attempt.started
        )
        self._engine.recorder.behind(record)

    def _goes_on(self, failure: Failure, failed: int) -> bool:
        """True, after the delay, where another attempt follows."""
        rule = self._step.get("retry")
        total = retry.attempts(rule)
        if rule is None or failed >= total or failure.details == _BY_IF or not self._retryable(rule, failure):
            return False
        seconds = retry.delay_seconds(rule, failed)
        self._engine.log(
            "warn",
            f"attempt {failed} of {total} failed, the next one follows in {seconds:g} s: {failure.message}",
            step=self._path,
        )
        until = self._engine.clock.monotonic() + seconds
        self._engine.interrupt.wait(min(until, self._frame.deadline))
        if self._frame.deadline <= until:
            raise Expired
        return True

    def _retryable(self, rule: dict[str, Any], failure: Failure) -> bool:
        if "when" not in rule:
            return True
        variables = {**self._frame.variables, "error": failure.as_value()}
        try:
            return self._engine.evaluator.condition(rule["when"], field="retry.when", variables=variables)
        except Failure as broken:
            self._engine.log("error", f"no further attempt: {broken.message}", step=self._path)
            return False

    def _failed(self, failure: Failure, view: dict[str, Any]) -> dict[str, Any]:
        """What `steps.<name>` is where the flow goes on all the same."""
        self._engine.count(self._path, failed=True)
        if self._step.get("onError", "fail") != "continue":
            details = failure.details if isinstance(failure.details, dict) else {}
            raise StepFailed(details.get("step", self._path), failure)
        return view


def _view(attempt: Attempt) -> dict[str, Any]:
    """What `steps.<name>` is after an attempt behind which no other comes."""
    failure = attempt.failure
    return {
        "output": attempt.output,
        "extracted": None if failure else attempt.extracted,
        "status": StepStatus.FAILED.value if failure else StepStatus.PASSED.value,
        "error": failure.as_value() if failure else None,
        "attempts": attempt.number,
    }
