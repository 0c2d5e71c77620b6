"""Interprets a flow's definition: which step runs when, and how the execution ends.

Knows neither database nor environment: what is recorded goes to a Recorder, who stops it sets the Interrupt.
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from penstock_core.masking import Masker
from penstock_core.states import ExecutionState
from penstock_core.store.records import Outcome, RecordedStep
from penstock_runner.attempt import Records
from penstock_runner.connections import Connection
from penstock_runner.errors import Expired, Interrupted, Reason, StepFailed, Stopped
from penstock_runner.history import History
from penstock_runner.interrupt import Interrupt
from penstock_runner.recording import Clock, Recorder
from penstock_runner.step import StepRun
from penstock_runner.variables import Evaluator, Frame, TriggerData

if TYPE_CHECKING:
    from penstock_runner.actions.http import Transport
    from penstock_runner.actions.python import Workers


class Execution(NamedTuple):
    """The execution as expressions see it."""

    id: UUID
    started_at: datetime


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
        self._started_at = execution.started_at
        self._trigger = TriggerData(trigger)
        self._lock = threading.Lock()
        self._total = 0
        self._failed = 0
        self._first_failed: str | None = None

    @cached_property
    def transport(self) -> "Transport":
        """The HTTP connections of the flow."""
        from penstock_runner.actions.http import Transport

        return Transport()

    @cached_property
    def workers(self) -> "Workers":
        """The processes that run the flow's Python code."""
        from penstock_runner.actions.python import Workers

        return Workers()

    def run(self) -> Outcome:
        """Run the flow to its end. Raises Interrupted where somebody else is to go on, or nobody may write any more."""
        steps: dict[str, Any] = {}
        frame = Frame(prefix="", variables=self._variables(steps), steps=steps, deadline=self._deadline())
        try:
            self.run_steps(self._definition["steps"], frame)
        except Stopped as exc:
            if not exc.passed:
                return self._outcome(ExecutionState.FAILED, "stopped", exc.message or "a stop step said so", exc.path)
        except StepFailed as exc:
            message = f"step {exc.path}: {exc.failure.message}"
            return self._outcome(ExecutionState.FAILED, exc.failure.code, message, exc.path)
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
        if self._failed:
            code = ExecutionState.COMPLETED_WITH_ERRORS.value
            message = (
                f"{self._failed} of {self._total} steps failed and the flow went on; the first was {self._first_failed}"
            )
            return self._outcome(ExecutionState.COMPLETED_WITH_ERRORS, code, message, self._first_failed)
        return self._outcome(ExecutionState.PASSED)

    def run_steps(self, steps: list[Any], frame: Frame) -> Any:
        """Run steps in order; the output of the last one that was not skipped. Raises what ends them early."""
        output = None
        for step in steps:
            self.interrupt.check()
            if self.clock.monotonic() >= frame.deadline:
                raise Expired
            view = StepRun(self, step, frame).run()
            frame.steps[step["name"]] = view
            if view["status"] != "skipped":
                output = view["output"]
        return output

    def log(self, severity: str, message: str, *, step: str, fields: Any = None) -> None:
        """Keep a log line, masked."""
        self.recorder.log(
            at=self.clock.now(),
            severity=severity,
            message=self.records.message(message),
            step=step,
            fields=self.masker.mask(fields),
        )

    def count(self, *, failed: str | None = None) -> None:
        """Note that a step ended; `failed` is the path of one that failed."""
        with self._lock:
            self._total += 1
            if failed is not None:
                self._failed += 1
                self._first_failed = self._first_failed or failed

    def _outcome(
        self, state: ExecutionState, code: str | None = None, message: str | None = None, step: str | None = None
    ) -> Outcome:
        return Outcome(
            state=state,
            error_code=code,
            error_message=self.records.message(message) if message is not None else None,
            failed_step=step,
            steps_total=self._total,
            steps_failed=self._failed,
        )

    def _deadline(self) -> float:
        """On the monotonic clock; an execution that is resumed has the rest of its time."""
        gone = max(0.0, (self.clock.now() - self._started_at).total_seconds())
        seconds: float = self._definition["timeoutMs"] / 1000
        return self.clock.monotonic() + seconds - gone

    def _variables(self, steps: Mapping[str, Any]) -> dict[str, Any]:
        definition = self._definition
        return {
            "trigger": self._trigger,
            "config": definition.get("config", {}),
            "steps": steps,
            "execution": {"id": str(self.execution), "attempt": 1, "startedAt": _rfc3339(self._started_at)},
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
