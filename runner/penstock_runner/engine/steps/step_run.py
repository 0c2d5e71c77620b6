"""One step: condition, attempts, what an earlier runner left of it, and what happens when it fails."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final

from penstock_core.executions.states import StepStatus
from penstock_runner.engine.action import Step
from penstock_runner.engine.context import Context
from penstock_runner.engine.history import Past
from penstock_runner.engine.step_records import Attempt
from penstock_runner.engine.steps import resumption
from penstock_runner.engine.steps.attempt import AttemptRun, begun, end
from penstock_runner.engine.steps.resumption import Decision
from penstock_runner.engine.unrecorded import Guarded, output_of
from penstock_runner.engine.variables import NOT_RUN, Frame
from penstock_runner.errors import Expired, Failure, NotRecorded, StepFailed, Stopped

View = Mapping[str, Any]
"""What `steps.<name>` is."""
_BY_IF: Final = {"field": "if"}
"""Details of the failure of a step whose `if` has no answer: nothing of it may run, so there is no other attempt."""


def run_steps(context: Context, steps: list[Step], frame: Frame) -> View | None:
    """Run steps in order; the last one that was not skipped. Raises what ends them early."""
    last = None
    for step in steps:
        context.interrupt.check()
        if context.clock.monotonic() >= frame.deadline:
            raise Expired
        view = StepRun(context, step, frame).run()
        frame.steps[step["name"]] = view
        if view["status"] != StepStatus.SKIPPED:
            last = view
    return last


def _last_output(context: Context, steps: list[Step], frame: Frame) -> Any:
    last = run_steps(context, steps, frame)
    return output_of(last) if last is not None else None


class StepRun:
    """Runs one step in one frame."""

    def __init__(self, context: Context, step: Step, frame: Frame) -> None:
        self._context = context
        self._placed = context.place(step, frame)
        self._step = step
        self._frame = frame
        self._path = self._placed.path
        self._memory: dict[Any, Any] = {}
        self._kept: Any = None
        """What the action had kept in an attempt that was taken over."""

    def run(self) -> View:
        """What `steps.<name>` is from now on. Raises StepFailed, Stopped, Expired, Interrupted, NotRecorded."""
        past = self._context.history.take(self._path)
        if past is None:
            return self._first()
        match resumption.decide(past):
            case Decision.STANDS:
                return self._resumed(past)
            case Decision.TAKEN_OVER:
                self._take_over(past)
            case Decision.FAILED if (failure := past.failure()) and not self._goes_on(failure, past.failed):
                return self._stands(past, failure)
        if past.failed:
            self._forget_failures(until=past.failed_until)
        return self._attempts(past.failed)

    def restore(self) -> None:
        """Take over what was recorded of a step inside of one that has its result: nothing runs. Raises Stopped."""
        past = self._context.history.take(self._path)
        with suppress(StepFailed):  # the step around has failed by it, and what became of that is recorded
            if past is not None and past.ended:
                self._frame.steps[self._step["name"]] = self._resumed(past)
            elif past is not None and (failure := past.failure()):
                self._frame.steps[self._step["name"]] = self._stands(past, failure)
            else:
                self._restore_inside()

    def _first(self) -> View:
        try:
            wanted = self._wanted()
        except Failure as failure:
            failure.details = _BY_IF
            attempt = begun(self._context, self._placed)
            end(self._context, attempt, StepStatus.FAILED, failure=failure, mode=self._placed.mode)
            return self._failed(failure, _view(attempt))
        return self._attempts(0) if wanted else self._skip()

    def _wanted(self) -> bool:
        """The answer of `if`. Raises Failure where it has none."""
        if "if" not in self._step:
            return True
        return self._context.evaluator.condition(self._step["if"], field="if", variables=self._frame.variables)

    def _skip(self) -> View:
        attempt = begun(self._context, self._placed)
        end(self._context, attempt, StepStatus.SKIPPED, mode=self._placed.mode)
        self._context.discount(self._path)
        return dict(NOT_RUN)

    def _resumed(self, past: Past) -> View:
        """The result that stands, with what is inside of it."""
        view = past.view(self._remade if self._placed.action.repeatable else None)
        if past.last.status is StepStatus.SKIPPED:
            return view
        self._context.count(self._path)
        self._restore_inside()
        if self._placed.action.ends_flow:
            raise resumption.stopped(self._placed, past.output)
        return view

    def _remade(self, member: str) -> Any:
        """A member of a result that was not recorded as it was, of an action that may run again."""
        attempt = Attempt(
            path=self._path,
            number=0,
            action=self._placed.kind,
            started_at=self._context.clock.now(),
            started=self._context.clock.monotonic(),
        )
        nothing = partial(_last_output, self._context)
        made = AttemptRun(self._context, self._placed, memory={}, run_steps=nothing, attempt=attempt)
        return made.remade()[member]

    def _stands(self, past: Past, failure: Failure) -> View:
        """A recorded failure after which no other attempt is made."""
        self._restore_inside()
        return self._failed(failure, past.view())

    def _restore_inside(self) -> None:
        """What lies inside of a result counts, is seen where a branch shows it, and a stop in it stops again."""
        stopped: Stopped | None = None
        for step, frame in resumption.within(self._placed, self._context.history):
            try:
                StepRun(self._context, step, frame).restore()
            except Stopped as exc:
                # what ran at the side of a stop counts too: all of it is restored before the first stop ends the flow
                stopped = stopped or exc
        if stopped is not None:
            raise stopped

    def _take_over(self, past: Past) -> None:
        """Close what an earlier runner began; a step that holds steps just goes on."""
        context, placed = self._context, self._placed
        if placed.action.holds_steps:
            context.history.reopen(self._path)
            return
        record = context.records.interrupted(
            self._path, number=past.attempts, action=placed.kind, at=context.clock.now()
        )
        context.recorder.behind(record)
        if placed.action.keeps_output:
            self._kept = past.output

    def _forget_failures(self, *, until: datetime | None) -> None:
        """Let what failed inside run anew in the present attempt; what began after `until` belongs to it already."""
        placed, history = self._placed, self._context.history
        if not placed.action.holds_steps:
            return

        def done(prefix: str) -> bool:
            return resumption.is_behind(placed, prefix, history)

        for path in history.forget_failures(self._path, until=until, done=done):
            # it failed until it runs again: an attempt may end before it comes to it
            self._context.count(path, failed=True)

    def _attempts(self, failed: int) -> View:
        while True:
            attempt = self._attempt()
            if attempt.failure is None:
                self._context.count(self._path)
                return _view(attempt)
            failed += 1
            if not self._goes_on(attempt.failure, failed):
                self._restore_inside()  # of iterations that this runner did not come to
                return self._failed(attempt.failure, _view(attempt))
            self._forget_failures(until=None)

    def _attempt(self) -> Attempt:
        """One attempt; what ends more than it is counted on its way out."""
        context = self._context
        made = AttemptRun(context, self._placed, memory=self._memory, run_steps=partial(_last_output, context))
        kept, self._kept = self._kept, None
        try:
            return made.run(kept=kept)
        except Stopped:
            context.count(self._path)
            with suppress(Stopped):
                self._restore_inside()
            raise
        except (Expired, NotRecorded):
            context.count(self._path, failed=True)
            raise

    def _goes_on(self, failure: Failure, failed: int) -> bool:
        """True, after the delay, where another attempt follows."""
        from penstock_core.executions.retry_policy import RetryPolicy  # nothing fails in most flows

        policy = RetryPolicy.of(self._step.get("retry"))
        if failed >= policy.attempts or failure.details == _BY_IF or not self._retryable(policy.when, failure):
            return False
        asked = failure.asked_seconds
        seconds = policy.delay_seconds(failed, asked=asked)
        self._context.log(
            "warn",
            f"attempt {failed} of {policy.attempts} failed, the next one follows in {seconds:g} s{_because(asked, seconds)}: {failure.shown}",
            step=self._path,
        )
        until = self._context.clock.monotonic() + seconds
        self._context.interrupt.wait(min(until, self._frame.deadline))
        if self._frame.deadline <= until:
            raise Expired
        return True

    def _retryable(self, when: str | None, failure: Failure) -> bool:
        if when is None:
            return True
        variables = {**self._frame.variables, "error": failure.as_value()}
        try:
            return self._context.evaluator.condition(when, field="retry.when", variables=variables)
        except Failure as broken:
            message = f"no further attempt: {broken.message}"
            self._context.log("error", message, step=self._path, mode=self._placed.mode)
            return False

    def _failed(self, failure: Failure, view: View) -> View:
        """What `steps.<name>` is where the flow goes on all the same."""
        self._context.count(self._path, failed=True)
        if self._step.get("onError", "fail") != "continue":
            details = failure.details if isinstance(failure.details, dict) else {}
            raise StepFailed(details.get("step", self._path), failure)
        return view


def _because(asked: int | None, seconds: float) -> str:
    """Why the pause is another one than `delay` and `backoff` make it."""
    if asked is None:
        return ""
    if asked > seconds:
        return f" (`maxDelay`; Retry-After asked for {asked} s)"
    return ", as Retry-After asked"


def _view(attempt: Attempt) -> View:
    """What `steps.<name>` is after an attempt behind which no other comes."""
    failure = attempt.failure
    view = {
        "output": attempt.output,
        "extracted": None if failure else attempt.extracted,
        "status": StepStatus.FAILED.value if failure else StepStatus.PASSED.value,
        "error": failure.as_value() if failure else None,
        "attempts": attempt.number,
    }
    return Guarded(view, {"output": attempt.unread.give}) if attempt.unread is not None else view
