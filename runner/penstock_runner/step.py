"""One step: condition, attempts, deadline, extraction, assertions, record, and what happens when it fails."""

import time
from typing import TYPE_CHECKING, Any

from penstock_core.durations import milliseconds
from penstock_core.states import StepStatus
from penstock_runner import actions, retry
from penstock_runner.attempt import Attempt
from penstock_runner.call import Call
from penstock_runner.errors import Expired, Failure, Interrupted, Reason, StepFailed, Stopped
from penstock_runner.history import Past
from penstock_runner.variables import NOT_RUN, Frame

if TYPE_CHECKING:
    from penstock_runner.engine import Engine


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

    def run(self) -> dict[str, Any]:
        """What `steps.<name>` is from now on. Raises StepFailed, Stopped, Expired, Interrupted."""
        past = self._engine.history.take(self._path)
        if past and past.ended:
            return self._resumed(past)
        if past is None and not self._wanted():
            return self._skip()
        failed = past.failed if past else 0
        if past and past.last.status is StepStatus.RUNNING:
            self._take_over(past)
        elif past and (failure := self._past_failure(past)) and not self._goes_on(failure, failed):
            return self._failed(failure, past.attempts)
        return self._attempts(failed)

    def _take_over(self, past: Past) -> None:
        """Close what an earlier runner began; a step that holds steps just goes on."""
        engine = self._engine
        if self._kind in ("forEach", "branch"):
            engine.history.reopen(self._path)
            return
        self._unfinished = past
        record = engine.records.interrupted(self._path, number=past.attempts, action=self._kind, at=engine.clock.now())
        engine.recorder.behind(record)

    def _attempts(self, failed: int) -> dict[str, Any]:
        while True:
            attempt = self._attempt()
            if attempt.failure is None:
                self._engine.count()
                return _view(attempt)
            failed += 1
            if not self._goes_on(attempt.failure, failed):
                return self._failed(attempt.failure, attempt.number, attempt.output)

    def _resumed(self, past: Past) -> dict[str, Any]:
        if past.last.status is not StepStatus.SKIPPED:
            self._engine.count()
        if self._kind == "stop":
            said = past.view()["output"] or {"status": "passed", "message": ""}
            raise Stopped(self._path, passed=said["status"] == "passed", message=said["message"])
        return past.view()

    def _wanted(self) -> bool:
        """The answer of `if`; a condition that cannot be evaluated fails the step."""
        if "if" not in self._step:
            return True
        try:
            return self._engine.evaluator.condition(self._step["if"], field="if", variables=self._frame.variables)
        except Failure as failure:
            attempt = self._begun()
            self._end(attempt, StepStatus.FAILED, failure)
            self._failed(failure, attempt.number)
            return False

    def _skip(self) -> dict[str, Any]:
        attempt = self._begun()
        attempt.status = StepStatus.SKIPPED
        self._record_end(attempt)
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
        except Stopped as exc:
            self._end(attempt, StepStatus.PASSED, None)
            self._engine.count()
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
            deadline=self._deadline(),
            memory=self._memory,
        )
        if action.evaluates:
            call.input = attempt.input = self._filled(fields)
        action.prepare(call)
        if action.has_effect(fields):
            self._engine.recorder.durable(self._engine.records.running(attempt, mode=self._mode))
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

    def _deadline(self) -> float:
        if "timeout" not in self._step:
            return self._frame.deadline
        return min(self._frame.deadline, time.monotonic() + milliseconds(self._step["timeout"]) / 1000)

    def _extract(self, attempt: Attempt) -> None:
        if "extract" in self._step:
            from penstock_runner.extraction import extract

            attempt.extracted = extract(self._step["extract"], attempt.output)

    def _assert(self, attempt: Attempt) -> None:
        if "assert" not in self._step:
            return
        from penstock_runner.actions.pure import failed_message

        variables = {**self._frame.variables, "output": attempt.output}
        report = self._engine.evaluator.report
        attempt.assertions = [report(text, variables=variables) for text in self._step["assert"]]
        if failed := [each for each in attempt.assertions if not each["passed"]]:
            raise Failure("assertion_failed", failed_message(failed, len(attempt.assertions)), details=failed)

    def _expired(self, attempt: Attempt) -> None:
        """The step's own timeout is a failure like others; an outer one ends everything inside."""
        outer = self._engine.clock.monotonic() >= self._frame.deadline
        limit = (
            "what is around it had no time left"
            if outer
            else f"no result within its timeout of {self._step['timeout']}"
        )
        self._end(attempt, StepStatus.TIMED_OUT, Failure("timeout", limit))
        if outer:
            self._engine.count(failed=self._path)
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
        if rule is None or failed >= total or not self._retryable(rule, failure):
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

    def _past_failure(self, past: Past) -> Failure | None:
        error = past.error()
        if past.last.status not in (StepStatus.FAILED, StepStatus.TIMED_OUT) or error is None:
            return None
        return Failure(error["code"], error["message"])

    def _failed(self, failure: Failure, attempts: int, output: Any = None) -> dict[str, Any]:
        self._engine.count(failed=self._path)
        if self._step.get("onError", "fail") != "continue":
            details = failure.details if isinstance(failure.details, dict) else {}
            raise StepFailed(details.get("step", self._path), failure)
        return {
            "output": output,
            "extracted": None,
            "status": StepStatus.FAILED.value,
            "error": failure.as_value(),
            "attempts": attempts,
        }


def _view(attempt: Attempt) -> dict[str, Any]:
    return {
        "output": attempt.output,
        "extracted": attempt.extracted,
        "status": StepStatus.PASSED.value,
        "error": None,
        "attempts": attempt.number,
    }
