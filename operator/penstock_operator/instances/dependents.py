"""Which Instances to reconcile when something changed that they depend on."""

from typing import Any

from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Key, Kind
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.watch.changes import asks_the_same, is_applied_anew, is_more_than_status, offer
from penstock_operator.watch.inventory import Inventory
from penstock_operator.watch.references import config_map_keys, integration_keys, namespaces_of, secret_keys


class Dependents:
    """Turns changes of the inventory, and of Secrets and ConfigMaps, into keys of Instances."""

    def __init__(self, inventory: Inventory, queue: WorkQueue[Key], *, release_name: str) -> None:
        self._inventory = inventory
        self._by_integration = inventory.index(INSTANCES, integration_keys)
        self._by_secret = inventory.index(INSTANCES, secret_keys)
        self._by_config_map = inventory.index(INSTANCES, config_map_keys)
        self._by_namespace = inventory.index(INSTANCES, namespaces_of)
        self._queue = queue
        self._release_name = release_name

    def everything(self) -> None:
        """All that are known, and those of which only Flows are left."""
        for key in self._inventory.all(INSTANCES):
            self._queue.add(key)
        for item in self._inventory.all(FLOWS).values():
            self._queue.add(item.owner)

    def changed(self, kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        """An object of Penstock's kinds changed, came or went; `ours`: its own reconciliation, which goes on with it."""
        if kind is INTEGRATIONS and offer(before) != offer(after):
            self._add_users(key)
        elif kind is INTEGRATION_VERSIONS and is_more_than_status(before, after):
            for version in filter(None, (before, after)):
                self._add_users(version.publisher)
        elif kind is INSTANCES:
            if not asks_the_same(before, after) or not (ours or before.status == after.status):
                self._queue.add(key)
        elif kind is FLOWS and not (ours and is_applied_anew(before, after)) and is_more_than_status(before, after):
            item = after or before
            if item is not None:
                self._queue.add(item.owner)

    def secret_changed(self, key: Key, _: Any) -> None:
        """A Secret that serves, or served, as a connection or holds webhook keys."""
        for instance in self._by_secret.of(key):
            self._queue.add(instance)

    def database_secret_changed(self, namespace: str) -> None:
        """The database address of a namespace changed or went."""
        for instance in self._by_namespace.of(namespace):
            self._queue.add(instance)

    def digests_gone(self, name: str) -> None:
        """A Secret of the release's own was deleted: those whose webhook digests lay in it, if any did, write them again."""
        for key, instance in self._inventory.all(INSTANCES).items():
            if names.webhook_digest_secret(self._release_name, instance.uid) == name:
                self._queue.add(key)

    def names_config_map(self, key: Key) -> bool:
        """Whether an Instance reads this ConfigMap."""
        return bool(self._by_config_map.of(key))

    def config_map_changed(self, key: Key, _: Any) -> None:
        """A ConfigMap changed."""
        for instance in self._by_config_map.of(key):
            self._queue.add(instance)

    def _add_users(self, integration: Key) -> None:
        for key in self._by_integration.of(integration):
            self._queue.add(key)
