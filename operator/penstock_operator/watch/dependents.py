"""Which keys to reconcile when something changed: the only place that knows who depends on whom."""

from typing import Final

from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Key, Kind, Object
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.watch.inventory import Inventory
from penstock_operator.watch.references import integration_key, version_of

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
            self._integrations.add((item["metadata"]["namespace"], version_of(item)[0]))
        for key in self._inventory.all(INSTANCES):
            self._instances.add(key)
        for item in self._inventory.all(FLOWS).values():
            self._instances.add((item["metadata"]["namespace"], item["spec"]["instance"]))

    def changed(self, kind: Kind, key: Key, before: Object | None, after: Object | None) -> None:
        """An object of Penstock's kinds changed, came or went."""
        if kind is INTEGRATIONS and _offer(before) != _offer(after):
            self._integrations.add(key)
            self._add_instances(key)
        elif kind is INTEGRATION_VERSIONS and _is_more_than_status(before, after):
            for item in (before, after):
                if item is not None:
                    integration = (key[0], version_of(item)[0])
                    self._integrations.add(integration)
                    self._add_instances(integration)
        elif kind is INSTANCES:
            self._instances.add(key)
            self._count_users(before, after)
        elif kind is FLOWS and _is_more_than_status(before, after):
            item = after or before
            if item is not None:
                self._instances.add((key[0], item["spec"]["instance"]))

    def secret_changed(self, key: Key, _: Object | None) -> None:
        """A Secret that serves, or served, as a connection or holds webhook keys."""
        for instance in self._inventory.instances_with_secret(key):
            self._instances.add(instance)

    def digests_gone(self, name: str, *, release_name: str) -> None:
        """A Secret of the release's own was deleted: those whose webhook digests lay in it, if any did, write them again."""
        for key, instance in self._inventory.all(INSTANCES).items():
            if names.webhook_digest_secret(release_name, instance["metadata"]["uid"]) == name:
                self._instances.add(key)

    def config_map_changed(self, key: Key, _: Object | None) -> None:
        """A ConfigMap changed."""
        for instance in self._inventory.instances_with_config_map(key):
            self._instances.add(instance)

    def _add_instances(self, integration: Key) -> None:
        for key in self._inventory.instances_of(integration):
            self._instances.add(key)

    def _count_users(self, before: Object | None, after: Object | None) -> None:
        """Who names or runs which version shows in the versions' status, and decides when one may go."""
        old, new = _use(before), _use(after)
        if old != new:
            for integration, *_ in filter(None, (old, new)):
                self._integrations.add(integration, after=COUNT_SECONDS)


def _use(instance: Object | None) -> tuple[Key, str | None, str | None] | None:
    if instance is None:
        return None
    pinned = instance["spec"]["integration"].get("version")
    return integration_key(instance), pinned, instance.get("status", {}).get("version")


def _offer(integration: Object | None) -> tuple[object, ...] | None:
    """What others see of an Integration: its generation, whether that was looked at, and what is published."""
    if integration is None:
        return None
    metadata, status = integration["metadata"], integration.get("status", {})
    seen = status.get("observedGeneration"), status.get("publishedVersion")
    return metadata.get("uid"), metadata.get("generation"), *seen


def _is_more_than_status(before: Object | None, after: Object | None) -> bool:
    """The status of a Flow, or of a version, is written often and decides nothing."""
    if before is None or after is None:
        return True
    return bool(before["metadata"].get("generation") != after["metadata"].get("generation")) or any(
        before["metadata"].get(part) != after["metadata"].get(part) for part in ("labels", "annotations", "uid")
    )
