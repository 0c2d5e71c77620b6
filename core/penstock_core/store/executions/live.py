"""The operator's side of live executions: start what waits, find what died, end what cannot end itself.

Slots are decided under the lock of the flow's row, as in `acceptance`.
A live row counts only beside an execution of its own namespace that has not ended: one that names another is put aside.
No method waits for a row that somebody holds: what is not to be had is left to the next round, and the others go on.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg.rows import DictRow

from penstock_core.executions.states import ExecutionState, StepStatus, may_follow
from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.model import Expired, Starting, WaitingFlow

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

MOST: Final = 5_000
"""Executions of one look at what seems abandoned."""


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

        Nothing where somebody holds the flow's slots just now; StoreContended where they cannot even be made.
        """
        slot = {"namespaces": [namespace], "flow_uids": [flow_uid], "limits": [limit], "most": [most]}
        async with self.transaction() as connection:
            if limit is not None:
                await connection.execute(_SLOTS["make_slots"].encode(), slot)
                held = await rows(connection, _QUERIES["take_slot"], namespace=namespace, flow_uid=flow_uid)
                if not held:
                    return []
            moved = await rows(connection, _SLOTS["promote"], **slot)
        return sorted(row["id"] for row in self._pool.aside.values("queue", moved, own))

    async def starting(self, *, older_than_s: float) -> list[Starting]:
        """What left the queue more than `older_than_s` ago and has no runner yet, oldest first in each namespace."""
        return await self.values("starting", _QUERIES["starting"], _starting, older=older_than_s, limit=MOST)

    async def requeue_unstarted(self, executions: Mapping[UUID, str], *, older_than_s: float) -> list[UUID]:
        """Puts back those of `executions` (with their namespaces) that left the queue more than `older_than_s` ago and have
        no runner."""
        ids, namespaces = list(executions), list(executions.values())
        found = await self.rows(_QUERIES["requeue_unstarted"], ids=ids, namespaces=namespaces, older=older_than_s)
        return [row["id"] for row in found]

    async def expired(self, *, grace_s: float = 0.0, cancel_grace_s: float = 0.0) -> list[Expired]:
        """Running executions whose lease ran out more than `grace_s` ago, or that were to be cancelled more than
        `cancel_grace_s` ago, oldest first in each namespace."""
        graces = {"grace": grace_s, "cancel_grace": cancel_grace_s}
        return await self.values("expired", _QUERIES["expired"], _expired, **graces, limit=MOST)

    async def replaced(self, execution: UUID, *, namespace: str, job_attempt: int, epoch: int | None = None) -> bool:
        """Counts the Job number `job_attempt` (the first is 1).

        False where another has counted it, somebody holds its row, it has ended or, with `epoch`, somebody has claimed it
        since that claim.
        """
        job = {"id": execution, "namespace": namespace, "job_attempt": job_attempt, "epoch": epoch}
        return await self.count(_QUERIES["replaced"], **job) == 1

    async def asked_again(self, execution: UUID, *, namespace: str, job_attempt: int, epoch: int) -> bool:
        """Notes that the Job number `job_attempt`, which is counted already, is asked for now; False as in `replaced`."""
        job = {"id": execution, "namespace": namespace, "job_attempt": job_attempt, "epoch": epoch}
        return await self.count(_QUERIES["asked_again"], **job) == 1

    async def end(
        self,
        execution: UUID,
        state: ExecutionState,
        *,
        namespace: str,
        cause: str,
        code: str,
        epoch: int | None = None,
    ) -> bool:
        """Writes a final state with its cause in words; steps that were running get it too.

        With `epoch`, only if nobody has claimed the execution since that claim.
        False where it has ended already, may not become `state`, was claimed since, or somebody holds one of its rows.
        """
        before = [str(each) for each in ExecutionState if may_follow(each, state)]
        if not state.final:
            raise ValueError(f"{state} is no final state")
        return await self._end(
            execution, state, namespace=namespace, before=before, cause=cause, code=code, epoch=epoch
        )

    async def _end(self, execution: UUID, state: ExecutionState, **known: Any) -> bool:
        step_status = str(_STEP_STATUS.get(state, StepStatus.FAILED))
        return await self.count(_QUERIES["end"], id=execution, state=str(state), step_status=step_status, **known) == 1


def own(row: DictRow) -> DictRow:
    """A live row that stands for an execution of its namespace; ValueError for one that names something else."""
    if not row.pop("is_own"):
        raise ValueError("it names no execution of its namespace that has not ended")
    return row


def _starting(row: DictRow) -> Starting:
    return Starting(**own(row))


def _expired(row: DictRow) -> Expired:
    return Expired(**own(row))
