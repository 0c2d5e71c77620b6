"""What the active replica does: it lists and watches, then runs the controllers together, whatever their topics are.

A part that ends or fails ends all of them, and with them the process: Kubernetes starts a fresh one, and the spare goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from penstock_core.cluster import Cluster, Key, Kind
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.control.loops import Pulse, every
from penstock_operator.services import Services
from penstock_operator.watch.inventory import Inventory
from penstock_operator.watch.kopf_events import Namespaces, list_readable, resync, watch

log = logging.getLogger(__name__)
PULSE_SECONDS: Final = 5.0
SYNC_SECONDS: Final = 15.0
Watcher = Callable[[Cluster, Inventory, Namespaces], Awaitable[None]]
"""Keeps the inventory current until cancelled."""


class Leader:
    """The active replica, until cancelled."""

    def __init__(
        self,
        services: Services,
        controllers: Sequence[Controller],
        *,
        pulse: Pulse,
        watchers: Sequence[Watcher] = (watch, resync),
    ) -> None:
        self._services = services
        self._controllers = controllers
        self._pulse = pulse
        self._watchers = watchers
        self._queues = [queue for controller in controllers for queue in controller.queues]
        services.inventory.on_change = self._tell

    async def run(self) -> None:
        """Lists everything, then watches and works until cancelled; raises when a part cannot go on."""
        collections = [self._services.workloads, *(one for each in self._controllers for one in each.collections)]
        async with asyncio.TaskGroup() as group:
            for collection in collections:
                group.create_task(collection.run())
            await asyncio.gather(*(collection.synced(within=SYNC_SECONDS) for collection in collections))
            await self._list()
            for watcher in self._watchers:
                group.create_task(_run(watcher, self._services))
            for queue in self._queues:
                group.create_task(queue.run())
            self._begin()
            for loop in self._loops():
                step = every(loop.seconds, loop.name, loop.step, pulse=self._pulse, store_away=self._store_away)
                group.create_task(step)

    async def _list(self) -> None:
        inventory, watched = self._services.inventory, self._services.settings.watched
        inventory.began_whole = await list_readable(self._services.cluster, inventory, watched) == watched
        log.info("objects listed", extra={kind.plural: len(inventory.all(kind)) for kind in inventory.kinds})

    def _loops(self) -> list[Loop]:
        own = Loop(name="queues", seconds=PULSE_SECONDS, step=self._measure_queues)
        return [*(loop for controller in self._controllers for loop in controller.loops), own]

    def _tell(self, kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        for controller in self._controllers:
            if controller.on_object is not None:
                controller.on_object(kind, key, before, after, ours=ours)

    def _begin(self) -> None:
        for controller in self._controllers:
            if controller.on_start is not None:
                controller.on_start()

    def _store_away(self) -> None:
        for controller in self._controllers:
            if controller.on_store_away is not None:
                controller.on_store_away()

    async def _measure_queues(self) -> None:
        self._services.metrics.waiting({queue.name: len(queue) for queue in self._queues})


async def _run(watcher: Watcher, services: Services) -> None:
    await watcher(services.cluster, services.inventory, services.settings.watched)
