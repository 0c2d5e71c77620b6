"""The operator's side of live executions: start what waits, find what died, end what cannot end itself.

Only `live_executions` is read; slots are decided under the lock of the flow's row, as in `acceptance`.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from penstock_core.states import ExecutionState, StepStatus, may_follow
from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.model import Cancellation, Expired, Starting, WaitingFlow

_QUERIES = load("executions/live")
_SLOTS = load("executions/acceptance")

_STEP_STATUS: Final = {
    ExecutionState.CANCELLED: StepStatus.CANCELLED,
    ExecutionState.TIMED_OUT: StepStatus.TIMED_OUT,
}
"""What becomes of a step that was running when its execution was ended; failed for all other states."""

FlowKey = tuple[str, str]
"""Namespace and uid of a flow."""
FIRST: Final[FlowKey] = ("", "")
"""Comes before every flow."""

_NOT_BEGUN: Final = (ExecutionState.QUEUED, ExecutionState.STARTING)


class Dispatch(Database):
    """Run by the operator's leader; every method tells what it changed and may be repeated."""

    async def waiting(self, *, after: FlowKey = FIRST, limit: int) -> list[WaitingFlow]:
        """The flows that have something queued, by namespace and uid, the `limit` that come after the key `after`."""
        namespace, flow_uid = after
        found = await self.rows(_QUERIES["waiting"], namespace=namespace, flow_uid=flow_uid, limit=limit)
        return [WaitingFlow(**row) for row in found]

    async def queued_in(self, *, namespace: str, flow_uid: str, limit: int) -> list[UUID]:
        """What waits in a flow, due or not, oldest first."""
        found = await self.rows(_QUERIES["queued_in"], namespace=namespace, flow_uid=flow_uid, limit=limit)
        return [row["id"] for row in found]

    async def take_slots(self, *, namespace: str, flow_uid: str, limit: int | None, most: int = 1) -> list[UUID]:
        """Moves the oldest that wait in a flow to starting: what is due, `most` at most, up to the flow's `limit` (None: without).

        Raises StoreContended where somebody, a runner's role perhaps, keeps the flow's slots locked.
        """
        slot = {"namespaces": [namespace], "flow_uids": [flow_uid], "limits": [limit], "most": [most]}
        async with self.transaction() as connection:
            if limit is not None:
                await connection.execute(_QUERIES["wait_shortly"].encode())
                await connection.execute(_SLOTS["make_slots"].encode(), slot)
                await connection.execute(_SLOTS["lock_slots"].encode(), slot)
            moved = await rows(connection, _SLOTS["promote"], **slot)
        return sorted(row["id"] for row in moved)

    async def starting(self, *, older_than_s: float) -> list[Starting]:
        """What left the queue more than `older_than_s` ago and has no runner yet, oldest first."""
        return [Starting(**row) for row in await self.rows(_QUERIES["starting"], older=older_than_s)]

    async def requeue_unstarted(self, executions: Collection[UUID], *, older_than_s: float) -> list[UUID]:
        """Puts back those of `executions` that left the queue more than `older_than_s` ago and have no runner."""
        found = await self.rows(_QUERIES["requeue_unstarted"], ids=list(executions), older=older_than_s)
        return [row["id"] for row in found]

    async def expired(self, *, grace_s: float = 0.0, cancel_grace_s: float = 0.0) -> list[Expired]:
        """Running executions whose lease ran out more than `grace_s` ago, or that were to be cancelled more than
        `cancel_grace_s` ago, oldest first."""
        found = await self.rows(_QUERIES["expired"], grace=grace_s, cancel_grace=cancel_grace_s)
        return [Expired(**row) for row in found]

    async def replaced(self, execution: UUID, *, job_attempt: int, epoch: int | None = None) -> bool:
        """Counts the Job number `job_attempt` (the first is 1).

        False where another has counted it, it has ended or, with `epoch`, somebody has claimed it since that claim.
        """
        return await self.count(_QUERIES["replaced"], id=execution, job_attempt=job_attempt, epoch=epoch) == 1

    async def asked_again(self, execution: UUID, *, job_attempt: int, epoch: int) -> bool:
        """Notes that the Job number `job_attempt`, which is counted already, is asked for now; False as in `replaced`."""
        return await self.count(_QUERIES["asked_again"], id=execution, job_attempt=job_attempt, epoch=epoch) == 1

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
