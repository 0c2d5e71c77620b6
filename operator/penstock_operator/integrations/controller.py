"""Runs the publication of Integrations, and says which ones a change brings."""

from typing import Any, Final

from penstock_core.cluster import INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Key, Kind
from penstock_core.observed.instance import Instance
from penstock_operator.control.controller import Controller
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.integrations.reconciler import Publication
from penstock_operator.services import Services
from penstock_operator.watch.changes import is_more_than_status, offer
from penstock_operator.watch.inventory import Inventory

WORKERS: Final = 8
COUNT_SECONDS: Final = 1.0
"""Many Instances change together: their versions are counted once for all."""


def build(services: Services) -> Controller:
    """One queue of Integrations."""
    publication = Publication(services.cluster, services.inventory, services.reporter, settings=services.settings)
    queue = services.queue("integrations", publication.reconcile, workers=WORKERS)
    dependents = Dependents(services.inventory, queue)
    return Controller(queues=(queue,), on_object=dependents.changed, on_start=dependents.everything)


class Dependents:
    """Turns changes into keys of the Integrations that they concern."""

    def __init__(self, inventory: Inventory, queue: WorkQueue[Key]) -> None:
        self._inventory = inventory
        self._queue = queue

    def everything(self) -> None:
        """All that are known, and those of which only versions are left."""
        for key in self._inventory.all(INTEGRATIONS):
            self._queue.add(key)
        for item in self._inventory.all(INTEGRATION_VERSIONS).values():
            self._queue.add(item.publisher)

    def changed(self, kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        """An object of Penstock's kinds changed, came or went."""
        if kind is INTEGRATIONS and offer(before) != offer(after):
            self._queue.add(key)
        elif kind is INTEGRATION_VERSIONS and is_more_than_status(before, after):
            for item in filter(None, (before, after)):
                self._queue.add(item.publisher)
        elif kind is INSTANCES:
            self._count_users(before, after)

    def _count_users(self, before: Instance | None, after: Instance | None) -> None:
        """Who names or runs which version shows in the versions' status, and decides when one may go."""
        old, new = _use(before), _use(after)
        if old != new:
            for integration, *_ in filter(None, (old, new)):
                self._queue.add(integration, after=COUNT_SECONDS)


def _use(instance: Instance | None) -> tuple[Key, str | None, str | None] | None:
    return (instance.integration_key, instance.pin, instance.version) if instance else None
