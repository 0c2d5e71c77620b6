"""The operator's side of live executions: start what waits, find what died, end what cannot end itself.

Only `live_executions` is read; slots are decided under the lock of the flow's row, as in `acceptance`.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from penstock_core.states import ExecutionState, StepStatus, may_follow
from penstock_core.store.database import Database, rows
from penstock_core.store.model import Cancellation, Expired, Queued, Starting
from penstock_core.store.queries import load

_QUERIES = load("dispatch")
_SLOTS = load("acceptance")

_STEP_STATUS: Final = {
    ExecutionState.CANCELLED: StepStatus.CANCELLED,
    ExecutionState.TIMED_OUT: StepStatus.TIMED_OUT,
}
"""What becomes of a step that was running when its execution was ended; failed for all other states."""

_NOT_BEGUN: Final = (ExecutionState.QUEUED, ExecutionState.STARTING)


class Dispatch(Database):
    """Run by the operator's leader; every method tells what it changed and may be repeated."""

    async def queued(self, *, limit: int = 500) -> list[Queued]:
        """What waits and is due, oldest first; the caller leaves out paused flows."""
        return [Queued(**row) for row in await self.rows(_QUERIES["queued"], limit=limit)]

    async def take_slot(self, *, namespace: str, flow_uid: str, limit: int) -> UUID | None:
        """Moves the oldest that waits in a flow to starting; None where its `limit` is reached or nothing is due."""
        slot = {"namespaces": [namespace], "flow_uids": [flow_uid], "limits": [limit], "most": [1]}
        async with self.transaction() as connection:
            await connection.execute(_SLOTS["make_slots"].encode(), slot)
            await connection.execute(_SLOTS["lock_slots"].encode(), slot)
            moved = await rows(connection, _SLOTS["promote"], **slot)
        return moved[0]["id"] if moved else None

    async def start(self, execution: UUID) -> bool:
        """Queued to starting, for a flow without a limit; False where it was not queued."""
        return await self.count(_QUERIES["start"], id=execution) == 1

    async def starting(self, *, older_than_s: float) -> list[Starting]:
        """What left the queue more than `older_than_s` ago and has no runner yet, oldest first."""
        return [Starting(**row) for row in await self.rows(_QUERIES["starting"], older=older_than_s)]

    async def requeue_unstarted(self, *, older_than_s: float, with_job: Collection[UUID] = ()) -> list[UUID]:
        """Puts back what left the queue more than `older_than_s` ago without a runner; what is `with_job` stays."""
        found = await self.rows(_QUERIES["requeue_unstarted"], older=older_than_s, with_job=list(with_job))
        return [row["id"] for row in found]

    async def expired(self, *, grace_s: float = 0.0) -> list[Expired]:
        """Running executions whose lease ran out more than `grace_s` ago, oldest first."""
        return [Expired(**row) for row in await self.rows(_QUERIES["expired"], grace=grace_s)]

    async def replaced(self, execution: UUID, *, job_attempt: int) -> bool:
        """Counts the Job number `job_attempt` (the first is 1); False where another has counted it or it has ended."""
        return await self.count(_QUERIES["replaced"], id=execution, job_attempt=job_attempt) == 1

    async def end(
        self, execution: UUID, state: ExecutionState, *, cause: str, code: str, epoch: int | None = None
    ) -> bool:
        """Writes a final state with its cause in words; steps that were running get it too.

        With `epoch`, only if nobody has claimed the execution since that claim.
        False where it has ended already, may not become `state`, or was claimed since.
        """
        before = [str(each) for each in ExecutionState if may_follow(each, state)]
        if not state.final:
            raise ValueError(f"{state} is no final state")
        return await self._end(execution, state, before=before, cause=cause, code=code, epoch=epoch)

    async def cancel(self, execution: UUID, *, cause: str = "cancelled on request") -> Cancellation:
        """Ends what has not begun, marks what runs."""
        cancelled = ExecutionState.CANCELLED
        not_begun = [str(state) for state in _NOT_BEGUN]
        # Twice, because a runner may claim it between the two looks, and a dead one's go back.
        for _ in range(2):
            if await self._end(execution, cancelled, before=not_begun, cause=cause, code="cancelled", epoch=None):
                return Cancellation.ENDED
            if await self.count(_QUERIES["mark_cancelled"], id=execution) == 1:
                return Cancellation.MARKED
        return Cancellation.NOT_LIVE

    async def _end(
        self, execution: UUID, state: ExecutionState, *, before: list[str], cause: str, code: str, epoch: int | None
    ) -> bool:
        count = await self.count(
            _QUERIES["end"],
            id=execution,
            state=str(state),
            before=before,
            cause=cause,
            code=code,
            epoch=epoch,
            step_status=str(_STEP_STATUS.get(state, StepStatus.FAILED)),
        )
        return count == 1
