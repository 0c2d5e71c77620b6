"""The queue of executions in memory, for tests of what the operator does with it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from penstock_core.executions.states import ExecutionState
from penstock_core.store.executions import live
from penstock_core.store.executions.live import FlowKey
from penstock_core.store.executions.model import Expired, Starting, WaitingFlow
from penstock_operator.executions.job_creation import Starter


class Dispatch(live.Dispatch):
    """The queue: ids by (flow's name, its uid), in the order of the uids; slots as numbers."""

    def __init__(
        self, waiting: Mapping[tuple[str, str], Iterable[int]] | None = None, *, busy: dict[str, int] | None = None
    ) -> None:
        self.queues = {key: [UUID(int=number) for number in numbers] for key, numbers in (waiting or {}).items()}
        self.busy = busy or {}
        self.started: list[UUID] = []
        self.ended: list[tuple[UUID, ExecutionState, str, int | None]] = []
        self.asked: list[FlowKey] = []
        self.replacements: list[int] = []
        self.expired_rows: list[Expired] = []
        self.starting_rows: list[Starting] = []
        self.requeued: list[UUID] = []
        self.claimable = True

    async def waiting(self, *, after: FlowKey = ("", ""), limit: int) -> list[WaitingFlow]:
        self.asked.append(after)
        found = sorted((uid, name) for (name, uid), queue in self.queues.items() if queue and ("acme", uid) > after)
        return [
            WaitingFlow(
                namespace="acme",
                flow_uid=uid,
                instance="acme-orders",
                flow=name,
                due=True,
                busy=self.busy.get(uid, 0),
            )
            for uid, name in found[:limit]
        ]

    async def queued_in(self, *, namespace: str, flow_uid: str, limit: int) -> list[UUID]:
        return list(self._queue(flow_uid)[:limit])

    async def take_slots(self, *, namespace: str, flow_uid: str, limit: int | None, most: int = 1) -> list[UUID]:
        room = most if limit is None else min(most, limit - self.busy.get(flow_uid, 0))
        taken = self._queue(flow_uid)[: max(room, 0)]
        self.busy[flow_uid] = self.busy.get(flow_uid, 0) + len(taken)
        self.started += taken
        self._forget(taken)
        return taken

    def _queue(self, flow_uid: str) -> list[UUID]:
        return next(queue for (_, uid), queue in self.queues.items() if uid == flow_uid)

    def _forget(self, executions: Collection[UUID]) -> None:
        for queue in self.queues.values():
            queue[:] = [one for one in queue if one not in executions]

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
        self.ended.append((execution, state, code, epoch))
        self._forget([execution])
        return self.claimable

    async def expired(self, *, grace_s: float = 0.0, cancel_grace_s: float = 0.0) -> list[Expired]:
        return self.expired_rows

    async def starting(self, *, older_than_s: float) -> list[Starting]:
        return self.starting_rows

    async def replaced(self, execution: UUID, *, namespace: str, job_attempt: int, epoch: int | None = None) -> bool:
        self.replacements.append(job_attempt)
        return self.claimable

    async def asked_again(self, execution: UUID, *, namespace: str, job_attempt: int, epoch: int) -> bool:
        return self.claimable

    async def requeue_unstarted(self, executions: Mapping[UUID, str], *, older_than_s: float) -> list[UUID]:
        self.requeued += executions
        return list(executions)


Starters = Callable[[live.Dispatch], Starter]
