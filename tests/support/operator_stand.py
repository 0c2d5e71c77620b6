"""Stand-ins for the cluster and the store, for tests of the operator: they remember what was asked, and what is there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from fake_api import Change
from fake_cluster import FakeCluster, Told
from penstock_core import names
from penstock_core.cluster import Key, Object, key_of
from penstock_core.cluster.kinds import WatchedKind
from penstock_core.observed.base import Observed
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror, RoleDsn, StoredDefinition
from penstock_operator.process.leader import Leader
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.inventory import Inventory

Value = TypeVar("Value", bound=Observed)

SECONDS: Final = 5.0
"""How long what takes milliseconds may take at most."""

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
    kinds = {kind.plural: kind for kind in inventory.kinds}

    def told(change: Change) -> None:
        kind = kinds.get(change.plural)
        if kind is not None and change.after is not None:
            inventory.keep(kind, kind.parse(change.after))
        elif kind is not None and change.before is not None:
            inventory.remove(kind, key_of(change.before), uid=change.before["metadata"]["uid"])

    return told


class FakeCollection(Collection[Value]):
    """A Collection that sees the cluster's objects at once."""

    def __init__(self, cluster: FakeCluster, kind: WatchedKind[Value]) -> None:
        self._cluster = cluster
        self._kind = kind

    def get(self, key: Key) -> Value | None:
        found = self._cluster.objects.get((self._kind.plural, *key))
        return self._kind.parse(found) if found else None


Collections = Callable[[WatchedKind[Any]], FakeCollection[Any]]
"""The fixture that makes a collection of a kind."""


class FakeTenancy(Tenancy):
    """Remembers roles, mirrors, definitions and removed instances."""

    def __init__(self) -> None:
        self.roles: dict[str, str] = {}
        self.given: list[str | None] = []
        self.mirrored: list[InstanceMirror] = []
        self.removed: list[tuple[str, str, str]] = []
        self.kept_flows: list[str] = []
        self.definitions: set[tuple[str, str, str]] = set()

    async def ensure_runner_role(self, namespace: str, *, uid: str, password: str | None = None) -> RoleDsn:
        self.given.append(password)
        self.roles[namespace] = password = password or "generated"
        role = names.database_role(ENVIRONMENT["PENSTOCK_DATABASE_ROLE_PREFIX"], namespace, uid=uid)
        return RoleDsn(role=role, password=password, dsn=f"postgresql://{role}:{password}@db/penstock")

    async def ensure_gateway_role(self, *, password: str | None = None) -> RoleDsn:
        password = password or "generated"
        return RoleDsn(role="gateway", password=password, dsn=f"postgresql://gateway:{password}@db/penstock")

    async def untie(self, namespace: str) -> None:
        self.roles.pop(namespace, None)

    async def mirror_instances(self, instances: Sequence[InstanceMirror]) -> int:
        self.mirrored += instances
        return len(instances)

    async def keep_definitions(self, namespace: str, definitions: Sequence[StoredDefinition]) -> None:
        self.definitions |= {(namespace, one.instance_uid, one.hash) for one in definitions}

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


@asynccontextmanager
async def leading(leader: Leader) -> AsyncIterator[None]:
    """Around what happens while it leads."""
    task = asyncio.create_task(leader.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
