"""Which keys to reconcile when something changed: the only place that knows who depends on whom."""

from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Key, Kind
from penstock_core.observed.base import Observed
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import Integration
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.watch.inventory import Inventory

COUNT_SECONDS: Final = 1.0
"""Many Instances change together: their versions are counted once for all."""


class Router:
    """Turns changes of the inventory, and of Secrets and ConfigMaps, into keys on the two queues."""

    def __init__(self, inventory: Inventory, *, integrations: WorkQueue[Key], instances: WorkQueue[Key]) -> None:
        self._inventory = inventory
        self._integrations = integrations
        self._instances = instances

    def everything(self) -> None:
        """All that is known, once after a start."""
        for key in self._inventory.all(INTEGRATIONS):
            self._integrations.add(key)
        for item in self._inventory.all(INTEGRATION_VERSIONS).values():
            self._integrations.add(item.publisher)
        for key in self._inventory.all(INSTANCES):
            self._instances.add(key)
        for flow in self._inventory.all(FLOWS).values():
            self._instances.add(flow.owner)

    def changed(self, kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        """An object of Penstock's kinds changed, came or went; `ours`: its own reconciliation, which goes on with it."""
        if kind is INTEGRATIONS and _offer(before) != _offer(after):
            self._integrations.add(key)
            self._add_instances(key)
        elif kind is INTEGRATION_VERSIONS and _is_more_than_status(before, after):
            for item in (before, after):
                if item is not None:
                    self._integrations.add(item.publisher)
                    self._add_instances(item.publisher)
        elif kind is INSTANCES:
            if not _asks_the_same(before, after) or not (ours or before.status == after.status):
                self._instances.add(key)
            self._count_users(before, after)
        elif kind is FLOWS and not (ours and _is_applied_anew(before, after)) and _is_more_than_status(before, after):
            item = after or before
            if item is not None:
                self._instances.add(item.owner)

    def secret_changed(self, key: Key, _: Any) -> None:
        """A Secret that serves, or served, as a connection or holds webhook keys."""
        for instance in self._inventory.instances_with_secret(key):
            self._instances.add(instance)

    def digests_gone(self, name: str, *, release_name: str) -> None:
        """A Secret of the release's own was deleted: those whose webhook digests lay in it, if any did, write them again."""
        for key, instance in self._inventory.all(INSTANCES).items():
            if names.webhook_digest_secret(release_name, instance.uid) == name:
                self._instances.add(key)

    def config_map_changed(self, key: Key, _: Any) -> None:
        """A ConfigMap changed."""
        for instance in self._inventory.instances_with_config_map(key):
            self._instances.add(instance)

    def _add_instances(self, integration: Key) -> None:
        for key in self._inventory.instances_of(integration):
            self._instances.add(key)

    def _count_users(self, before: Instance | None, after: Instance | None) -> None:
        """Who names or runs which version shows in the versions' status, and decides when one may go."""
        old, new = _use(before), _use(after)
        if old != new:
            for integration, *_ in filter(None, (old, new)):
                self._integrations.add(integration, after=COUNT_SECONDS)


def _use(instance: Instance | None) -> tuple[Key, str | None, str | None] | None:
    return (instance.integration_key, instance.pin, instance.version) if instance else None


def _offer(integration: Integration | None) -> tuple[object, ...] | None:
    """What others see of an Integration: its generation, whether that was looked at, and what is published."""
    if integration is None:
        return None
    return integration.uid, integration.generation, integration.observed_generation, integration.published


def _is_more_than_status(before: Observed | None, after: Observed | None) -> bool:
    """The status of a Flow, or of a version, is written often and decides nothing."""
    if before is None or after is None:
        return True
    return _wish(before) != _wish(after)


def _asks_the_same(before: Instance | None, after: Instance | None) -> bool:
    """False where somebody else's change came with the answer to a write of ours, which adds a claim or a status alone."""
    if before is None or after is None:
        return False
    return (
        (before.uid, before.generation, before.deleted, before.labels)
        == (after.uid, after.generation, after.deleted, after.labels)
        and before.annotations.items() <= after.annotations.items()
        and set(before.finalizers) <= set(after.finalizers)
    )


def _is_applied_anew(before: Observed | None, after: Observed | None) -> bool:
    """Whether another manifest is what Penstock applied: what others change leaves its fingerprint as it was."""
    return after is not None and (before is None or before.fingerprint != after.fingerprint)


def _wish(item: Observed) -> tuple[object, ...]:
    return item.uid, item.generation, item.labels, item.annotations
