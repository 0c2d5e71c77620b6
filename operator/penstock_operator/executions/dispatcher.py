"""Starts what is queued, within the limits of flow and installation, leaving paused flows alone.

1. Read which flows have something queued, a page of them: how long each one's queue is costs nothing.
2. Leave out what may not start now; end what waits for a flow that was removed.
3. Share the room that there is: in turn, so that no backlog holds up another flow; within a flow the oldest comes first.
4. Begin the next round behind the last flow that was looked at.

One cheap query a second when nothing waits. The gateway starts what it can start at once; this is for the rest.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from penstock_core.errors import StoreContended
from penstock_core.executions.states import ExecutionState
from penstock_core.observed.flow import Flow
from penstock_core.store.executions.live import FIRST, Dispatch, FlowKey
from penstock_core.store.executions.model import WaitingFlow
from penstock_operator.executions.job_creation import Starter

log = logging.getLogger(__name__)

PAGE: Final = 500
"""Flows that one round looks at."""
STARTS: Final = 200
"""Executions that one round starts or ends."""

_BEHIND: Final = "\x01"
"""Makes of a namespace's name one that comes next behind it: no name has this character."""

Ready = tuple[WaitingFlow, Flow]
"""A flow of which something may start, with its Flow object."""


class Dispatcher:
    """Moves queued executions to starting and creates their Jobs; `max_running` bounds the installation."""

    def __init__(self, dispatch: Dispatch, starter: Starter, *, max_running: int) -> None:
        self._dispatch = dispatch
        self._starter = starter
        self._max_running = max_running
        self._after = FIRST
        self._contended: set[str] = set()
        """Namespaces in which a lock was not to be had in this round: one wait each is enough."""

    async def step(self, *, live: int) -> int:
        """One round; `live` is how many start or run now; how many were started."""
        self._contended.clear()
        room = min(self._max_running - live, STARTS)
        if room <= 0:
            return 0
        page = await self._dispatch.waiting(after=self._after, limit=PAGE)
        found = [(one, self._flow_of(one)) for one in page]
        await self._end_orphans([one for one, flow in found if flow is None and self._starter.knows(one.namespace)])
        ready = [(one, flow) for one, flow in found if flow is not None and may_start(one, flow)]
        # before the start: what fails there is left to recovery, and must not keep the round at the same flows
        self._after = following(page, ready, room, unknown=[one for one, flow in found if flow is None])
        return await self._start(await self._take(ready[:room], room))

    def _flow_of(self, one: WaitingFlow) -> Flow | None:
        return self._starter.flow_of(
            namespace=one.namespace, instance=one.instance, flow=one.flow, flow_uid=one.flow_uid
        )

    async def _take(self, ready: Sequence[Ready], room: int) -> list[tuple[Flow, UUID]]:
        """Moves executions to starting: in each pass the same number of every flow that still has some."""
        taken: list[tuple[Flow, UUID]] = []
        while ready and len(taken) < room:
            # in turn: equal shares, again and again, until the room is used or nothing waits
            share = max((room - len(taken)) // len(ready), 1)
            more: list[Ready] = []
            for one, flow in ready[: room - len(taken)]:  # with less room than flows, a share is one
                moved = await self._take_of(one, flow, share)
                taken += [(flow, execution) for execution in moved]
                if len(moved) == share:  # it gave all that it was asked for, so it may have more
                    more.append((one, flow))
            ready = more
        return taken

    async def _take_of(self, one: WaitingFlow, flow: Flow, most: int) -> list[UUID]:
        if one.namespace in self._contended:
            return []
        try:
            return await self._dispatch.take_slots(
                namespace=one.namespace, flow_uid=one.flow_uid, limit=flow.limit, most=most
            )
        except StoreContended:
            # somebody holds what this flow needs: the others do not wait for it
            self._contended.add(one.namespace)
            log.warning("slots of a flow are locked", extra=_log_keys(one))
            return []

    async def _start(self, taken: Sequence[tuple[Flow, UUID]]) -> int:
        async with asyncio.TaskGroup() as group:
            for flow, execution in taken:
                group.create_task(self._starter.start(flow, execution))
        return len(taken)

    async def _end_orphans(self, removed: Sequence[WaitingFlow]) -> None:
        """Ends what waits for flows that were removed, so many in a round."""
        share = max(STARTS // max(len(removed), 1), 1)
        for one in removed[:STARTS]:
            try:
                for execution in await self._dispatch.queued_in(
                    namespace=one.namespace, flow_uid=one.flow_uid, limit=share
                ):
                    await self._end_orphan(one, execution)
            except StoreContended as error:
                log.warning("left to the next round", extra=_log_keys(one) | {"cause": str(error)})

    async def _end_orphan(self, one: WaitingFlow, execution: UUID) -> None:
        cause = f"the flow {one.flow} of the instance {one.instance} was removed before the execution began"
        cancelled = ExecutionState.CANCELLED
        if await self._dispatch.end(execution, cancelled, namespace=one.namespace, cause=cause, code="flow_removed"):
            log.info("execution of a removed flow ended", extra=_log_keys(one) | {"execution": str(execution)})


def _log_keys(one: WaitingFlow) -> dict[str, str]:
    return {"namespace": one.namespace, "instance": one.instance, "flow": one.flow}


def following(
    page: Sequence[WaitingFlow], ready: Sequence[Ready], room: int, *, unknown: Sequence[WaitingFlow] = ()
) -> FlowKey:
    """Behind which flow the next round begins: the last that was served where room ran out, else the last of a full page.

    Behind the whole namespace where most of the page was its, and `unknown`: what waits for flows that nobody has made is
    no crowd that others stand behind.
    """
    if len(ready) > room:
        return key_of(ready[room - 1][0])
    if len(page) < PAGE:
        return FIRST
    namespace = page[-1].namespace
    crowd = sum(one.namespace == namespace for one in unknown)
    return (namespace + _BEHIND, "") if crowd > PAGE // 2 else key_of(page[-1])


def key_of(one: WaitingFlow) -> FlowKey:
    """What tells one flow from another, and puts them in order."""
    return one.namespace, one.flow_uid


def may_start(one: WaitingFlow, flow: Flow) -> bool:
    """Whether something of a flow may start now: it has something due, is not paused and not at its limit."""
    return one.due and not flow.paused and (flow.limit is None or one.busy < flow.limit)
