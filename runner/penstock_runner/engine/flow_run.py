"""Interprets a flow's definition: which step runs when, and how the execution ends.

Knows neither database nor environment: what is recorded goes to a Recorder, who stops it sets the Interrupt.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from penstock_core.masking import Masker
from penstock_core.records import Outcome, RecordedStep
from penstock_core.states import ExecutionState
from penstock_runner.engine.connections import Connection
from penstock_runner.engine.history import History
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.engine.ports import Clock, Recorder
from penstock_runner.engine.step_records import Records
from penstock_runner.engine.step_run import StepRun
from penstock_runner.engine.variables import Evaluator, Frame, TriggerData
from penstock_runner.errors import Expired, Interrupted, Reason, ResultCut, StepFailed, Stopped

if TYPE_CHECKING:
    from penstock_runner.actions.http.transport import Transport
    from penstock_runner.actions.python.workers import Workers


class Execution(NamedTuple):
    """The execution as expressions see it; `ran_seconds` is what is gone of its time, on the database's clock."""

    id: UUID
    started_at: datetime
    ran_seconds: float = 0.0


class Engine:
    """Runs one execution, once."""

    def __init__(
        self,
        *,
        definition: Mapping[str, Any],
        trigger: Mapping[str, Any],
        execution: Execution,
        recorder: Recorder,
        clock: Clock,
        connections: Mapping[str, Connection],
        interrupt: Interrupt,
        recorded: Iterable[RecordedStep] = (),
    ) -> None:
        self.execution = execution.id
        self.connections = connections
        self.clock = clock
        self.interrupt = interrupt
        self.recorder = recorder
        self.evaluator = Evaluator(definition)
        self.masker = Masker(secret for connection in connections.values() for secret in connection.secrets())
        self.records = Records(self.masker)
        self.history = History(recorded)
        self._definition = definition
        self._execution = execution
        self._trigger = TriggerData(trigger)
        self._failures: dict[str, bool] = {}
        """By the path of each step that ended: whether it failed, when it ran last."""

    @cached_property
    def transport(self) -> "Transport":
        """The HTTP connections of the flow."""
        from penstock_runner.actions.http.transport import Transport

        return Transport()

    @cached_property
    def workers(self) -> "Workers":
        """The processes that run the flow's Python code."""
        from penstock_runner.actions.python.workers import Workers

        return Workers()

    def run(self) -> Outcome:
        """Run the flow to its end. Raises Interrupted where somebody else is to go on, or nobody may write any more."""
        steps: dict[str, Any] = {}
        frame = Frame(prefix="", variables=self._variables(steps), steps=steps, deadline=self._deadline())
        try:
            self._run_steps(self._definition["steps"], frame)
        except Stopped as exc:
            if not exc.passed:
                return self._outcome(ExecutionState.FAILED, "stopped", exc.message or "a stop step said so", exc.path)
        except StepFailed as exc:
            message = f"step {exc.path}: {exc.failure.message}"
            return self._outcome(ExecutionState.FAILED, exc.failure.code, message, exc.path)
        except ResultCut as exc:
            return self._outcome(ExecutionState.FAILED, exc.failure.code, exc.failure.message, exc.path)
        except Expired:
            limit = self._definition["timeoutMs"]
            message = f"the flow did not end within its timeout of {limit} ms: raise `timeout`, or see its last step"
            return self._outcome(ExecutionState.TIMED_OUT, "timeout", message)
        except Interrupted as exc:
            if exc.reason is not Reason.CANCELLED:
                raise
            return self._outcome(ExecutionState.CANCELLED, "cancelled", "the execution was cancelled")
        finally:
            self._close()
        return self._reached_the_end()

    def _reached_the_end(self) -> Outcome:
        failed = [path for path, failed in self._failures.items() if failed]
        if not failed:
            return self._outcome(ExecutionState.PASSED)
        state = ExecutionState.COMPLETED_WITH_ERRORS
        message = f"{len(failed)} of {len(self._failures)} steps failed and the flow went on; the first was {failed[0]}"
        return self._outcome(state, state.value, message, failed[0])

    def run_steps(self, steps: list[Any], frame: Frame) -> Any:
        """Run steps in order; the output of the last one that was not skipped. Raises what ends them early."""
        last = self._run_steps(steps, frame)
        return last["output"] if last is not None else None

    def _run_steps(self, steps: list[Any], frame: Frame) -> dict[str, Any] | None:
        last = None
        for step in steps:
            self.interrupt.check()
            if self.clock.monotonic() >= frame.deadline:
                raise Expired
            view = StepRun(self, step, frame).run()
            frame.steps[step["name"]] = view
            if view["status"] != "skipped":
                last = view
        return last

    def log(self, severity: str, message: str, *, step: str, fields: Any = None) -> None:
        """Keep a log line, masked."""
        self.recorder.log(
            at=self.clock.now(),
            severity=severity,
            message=self.records.message(message),
            step=step,
            fields=self.masker.mask(fields),
        )

    def count(self, path: str, *, failed: bool = False) -> None:
        """Note that a step ended; of one that runs again, the last time counts."""
        self._failures[path] = failed

    def discount(self, path: str) -> None:
        """Note that a step is skipped, whatever became of it before."""
        self._failures.pop(path, None)

    def _outcome(
        self, state: ExecutionState, code: str | None = None, message: str | None = None, step: str | None = None
    ) -> Outcome:
        return Outcome(
            state=state,
            error_code=code,
            error_message=self.records.message(message) if message is not None else None,
            failed_step=step,
            steps_total=len(self._failures),
            steps_failed=sum(self._failures.values()),
        )

    def _deadline(self) -> float:
        """On the monotonic clock; an execution that is resumed has the rest of its time."""
        seconds: float = self._definition["timeoutMs"] / 1000
        return self.clock.monotonic() + seconds - self._execution.ran_seconds

    def _variables(self, steps: Mapping[str, Any]) -> dict[str, Any]:
        definition = self._definition
        return {
            "trigger": self._trigger,
            "config": definition.get("config", {}),
            "steps": steps,
            "execution": {"id": str(self.execution), "attempt": 1, "startedAt": _rfc3339(self._execution.started_at)},
            "instance": definition["instance"],
            "flow": definition["flow"],
        }

    def _close(self) -> None:
        # cached properties: only what was used is there
        if "workers" in self.__dict__:
            self.workers.close()
        if "transport" in self.__dict__:
            self.transport.close()


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
