"""Starts what is queued: oldest first, within the limits of flow and installation, leaving paused flows alone.

One cheap query a second when nothing waits. The gateway starts what it can start at once; this is for the rest.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from penstock_core.states import ExecutionState
from penstock_core.store.dispatch import Dispatch
from penstock_core.store.model import Queued
from penstock_operator.starting import Starter

log = logging.getLogger(__name__)

PAGE: Final = 200
LARGEST_PAGE: Final = 20_000
"""Pages grow while they hold nothing but flows that may not start, so that these do not hide the others."""


class Dispatcher:
    """Moves queued executions to starting and creates their Jobs; `max_running` bounds the installation."""

    def __init__(self, dispatch: Dispatch, starter: Starter, *, max_running: int) -> None:
        self._dispatch = dispatch
        self._starter = starter
        self._max_running = max_running
        self._page = PAGE

    async def step(self, *, live: int) -> int:
        """One round; `live` is how many start or run now; how many were started."""
        room = self._max_running - live
        if room <= 0:
            return 0
        waiting = await self._dispatch.queued(limit=self._page)
        started = await self._start_all(waiting, room) if waiting else 0
        crowded = started == 0 and len(waiting) >= self._page
        self._page = min(self._page * 4, LARGEST_PAGE) if crowded else PAGE
        return started

    async def _start_all(self, waiting: Sequence[Queued], room: int) -> int:
        full: set[str] = set()
        jobs: list[asyncio.Task[bool]] = []
        async with asyncio.TaskGroup() as group:
            for one in waiting:
                if len(jobs) >= room:
                    break
                if one.flow_uid not in full and not await self._start_one(one, group, jobs):
                    full.add(one.flow_uid)
        return len(jobs)

    async def _start_one(self, one: Queued, group: asyncio.TaskGroup, jobs: list[asyncio.Task[bool]]) -> bool:
        """False where nothing more of this flow can start in this round."""
        flow = self._starter.flow_of(
            namespace=one.namespace, instance=one.instance, flow=one.flow, flow_uid=one.flow_uid
        )
        if flow is None:
            await self._end_orphan(one)
            return True
        if flow["spec"].get("paused"):
            return False
        limit = flow["spec"].get("concurrency", {}).get("limit")
        if limit is None:
            execution = one.id if await self._dispatch.start(one.id) else None
        else:
            execution = await self._dispatch.take_slot(namespace=one.namespace, flow_uid=one.flow_uid, limit=limit)
            if execution is None:
                return False
        if execution is not None:
            jobs.append(group.create_task(self._starter.start(flow, execution)))
        return True

    async def _end_orphan(self, one: Queued) -> None:
        cause = f"the flow {one.flow} of the instance {one.instance} was removed before the execution began"
        await self._dispatch.end(one.id, ExecutionState.CANCELLED, cause=cause, code="flow_removed")
        log.info("execution of a removed flow ended", extra={"namespace": one.namespace, "execution": str(one.id)})
