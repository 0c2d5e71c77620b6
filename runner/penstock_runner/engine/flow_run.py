"""Interprets a flow's definition: which step runs when, and how the execution ends.

Knows neither database nor environment, and no action: what is recorded goes to a Recorder, who stops it sets the
Interrupt, and the table of actions is handed to it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from penstock_core.executions.records import Outcome, RecordedStep
from penstock_core.executions.states import ExecutionState
from penstock_runner.engine.action import Actions
from penstock_runner.engine.connections import Connection
from penstock_runner.engine.context import Context
from penstock_runner.engine.history import History
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.engine.ports import Clock, Recorder
from penstock_runner.engine.steps.step_run import run_steps
from penstock_runner.engine.variables import Evaluator, Frame, TriggerData
from penstock_runner.errors import Expired, Interrupted, NotRecorded, Reason, StepFailed, Stopped


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
        actions: Actions,
        recorder: Recorder,
        clock: Clock,
        connections: Mapping[str, Connection],
        interrupt: Interrupt,
        recorded: Iterable[RecordedStep] = (),
    ) -> None:
        self._definition = definition
        self._execution = execution
        self._trigger = TriggerData(trigger)
        self._context = Context(
            execution=execution.id,
            actions=actions,
            connections=connections,
            evaluator=Evaluator(
                config=definition.get("config", {}),
                names=partial(actions.names, definition["steps"]),
                mask=lambda value: self._context.masker.mask(value),
            ),
            history=History(recorded),
            recorder=recorder,
            clock=clock,
            interrupt=interrupt,
        )

    def run(self) -> Outcome:
        """Run the flow to its end. Raises Interrupted where somebody else is to go on, or nobody may write any more."""
        steps: dict[str, Any] = {}
        frame = Frame(prefix="", variables=self._variables(steps), steps=steps, deadline=self._deadline())
        try:
            run_steps(self._context, self._definition["steps"], frame)
        except Stopped as exc:
            if not exc.passed:
                return self._outcome(ExecutionState.FAILED, "stopped", exc.message or "a stop step said so", exc.path)
        except StepFailed as exc:
            message = f"step {exc.path}: {exc.failure.shown}"
            return self._outcome(ExecutionState.FAILED, exc.failure.code, message, exc.path)
        except NotRecorded as exc:
            return self._outcome(ExecutionState.FAILED, exc.failure.code, exc.failure.message, exc.path)
        except Expired as exc:
            limit = self._definition["timeoutMs"]
            at = str(exc) or "its last step"
            message = f"the flow did not end within its timeout of {limit} ms: raise `timeout`, or see {at}"
            return self._outcome(ExecutionState.TIMED_OUT, "timeout", message)
        except Interrupted as exc:
            if exc.reason is not Reason.CANCELLED:
                raise
            return self._outcome(ExecutionState.CANCELLED, "cancelled", "the execution was cancelled")
        finally:
            self._context.close()
        return self._reached_the_end()

    def _reached_the_end(self) -> Outcome:
        failures = self._context.failures
        failed = [path for path, failed in failures.items() if failed]
        if not failed:
            return self._outcome(ExecutionState.PASSED)
        state = ExecutionState.COMPLETED_WITH_ERRORS
        message = f"{len(failed)} of {len(failures)} steps failed and the flow went on; the first was {failed[0]}"
        return self._outcome(state, state.value, message, failed[0])

    def _outcome(
        self, state: ExecutionState, code: str | None = None, message: str | None = None, step: str | None = None
    ) -> Outcome:
        return Outcome(
            state=state,
            error_code=code,
            error_message=self._context.records.message(message) if message is not None else None,
            failed_step=step,
            steps_total=len(self._context.failures),
            steps_failed=sum(self._context.failures.values()),
            warnings=self._context.warned.told(),
        )

    def _deadline(self) -> float:
        """On the monotonic clock; an execution that is resumed has the rest of its time."""
        seconds: float = self._definition["timeoutMs"] / 1000
        return self._context.clock.monotonic() + seconds - self._execution.ran_seconds

    def _variables(self, steps: Mapping[str, Any]) -> dict[str, Any]:
        definition = self._definition
        return {
            "trigger": self._trigger,
            "config": definition.get("config", {}),
            "steps": steps,
            "execution": {
                "id": str(self._execution.id),
                "attempt": 1,
                "startedAt": _rfc3339(self._execution.started_at),
            },
            "instance": definition["instance"],
            "flow": definition["flow"],
        }


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
