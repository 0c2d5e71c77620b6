"""Stand-ins for the cluster and the store, for tests of the operator: they remember what was asked, and what is there."""

import copy
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fake_api import Change
from fake_cluster import FakeCluster, Told
from penstock_core.cluster import Key, Object, key_of
from penstock_core.kinds import WatchedKind
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror, RoleDsn
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.inventory import KINDS, Inventory

ENVIRONMENT = {
    "PENSTOCK_RELEASE": "penstock-system.penstock",
    "PENSTOCK_RELEASE_NAME": "penstock",
    "PENSTOCK_RELEASE_NAMESPACE": "penstock-system",
    "PENSTOCK_RUNNER_IMAGE": "runner:1",
    "PENSTOCK_PUBLIC_URL": "https://hooks.example/",
    "PENSTOCK_DSN": "postgresql://owner:secret@db/penstock",
    "PENSTOCK_DATABASE_ROLE_PREFIX": "penstock",
    "PENSTOCK_JOBS_ROLE": "jobs",
    "PENSTOCK_GATEWAY_SERVICE_ACCOUNT": "gateway",
}


def item(name: str, *, spec: Mapping[str, Any] | None = None, version: str = "1", **metadata: Any) -> Object:
    """An object of the namespace acme whose uid is its name."""
    return {
        "metadata": {"name": name, "namespace": "acme", "uid": name, "resourceVersion": version, **metadata},
        "spec": spec or {},
    }


def watched(inventory: Inventory) -> Told:
    """What brings each change of a fake cluster into an inventory, as Kopf does."""
    kinds = {kind.plural: kind for kind in KINDS}

    def told(change: Change) -> None:
        kind = kinds.get(change.plural)
        if kind is not None and change.after is not None:
            inventory.put(kind, copy.deepcopy(change.after))
        elif kind is not None and change.before is not None:
            inventory.remove(kind, key_of(change.before), uid=change.before["metadata"]["uid"])

    return told


class FakeCollection(Collection[Any]):
    """A Collection that sees the cluster's objects at once."""

    def __init__(self, cluster: FakeCluster, kind: WatchedKind[Any]) -> None:
        self._cluster = cluster
        self._kind = self._watched = kind

    def get(self, key: Key) -> Any:
        found = self._cluster.objects.get((self._kind.plural, *key))
        return self._watched.parse(found) if found else None


class FakeTenancy(Tenancy):
    """Remembers roles, mirrors, definitions and removed instances."""

    def __init__(self) -> None:
        self.roles: dict[str, str] = {}
        self.mirrored: list[InstanceMirror] = []
        self.removed: list[tuple[str, str, str]] = []
        self.kept_flows: list[str] = []
        self.definitions: set[tuple[str, str, str]] = set()

    async def ensure_runner_role(self, namespace: str, *, password: str | None = None) -> RoleDsn:
        self.roles[namespace] = password = password or "generated"
        return RoleDsn(
            role=f"role_{namespace}", password=password, dsn=f"postgresql://role_{namespace}:{password}@db/penstock"
        )

    async def ensure_gateway_role(self, *, password: str | None = None) -> RoleDsn:
        password = password or "generated"
        return RoleDsn(role="gateway", password=password, dsn=f"postgresql://gateway:{password}@db/penstock")

    async def drop_runner_role(self, namespace: str) -> None:
        self.roles.pop(namespace, None)

    async def mirror_instance(self, instance: InstanceMirror) -> bool:
        self.mirrored.append(instance)
        return True

    async def keep_definition(self, *, namespace: str, instance_uid: str, hash: str, packed: bytes) -> None:  # noqa: A002
        self.definitions.add((namespace, instance_uid, hash))

    async def delete_instance_data(
        self, *, namespace: str, instance: str, instance_uid: str, other_flows: Iterable[str], batch: int = 1000
    ) -> int:
        self.removed.append((namespace, instance, instance_uid))
        self.kept_flows = sorted(other_flows)
        return 0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, delta: timedelta) -> None:
        self.at += delta
