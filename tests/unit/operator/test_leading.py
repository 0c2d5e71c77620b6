"""What the active replica does again and again, and what it makes sure of in namespaces with instances."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Never, cast

import pytest

from operator_stand import FakeCluster, FakeTenancy
from operator_world import INSTANCE
from penstock_core.cluster import INSTANCES, INTEGRATIONS, ROLE_BINDINGS, SECRETS, Kind, Object
from penstock_core.errors import ClusterError, StoreUnavailable
from penstock_core.store.connection.pool import Pool
from penstock_core.store.schema import maintenance
from penstock_operator.control.loops import Pulse
from penstock_operator.metrics import Metrics
from penstock_operator.namespaces import Namespaces
from penstock_operator.process.leader import MAINTENANCE_SECONDS, NAMESPACES_SECONDS, Leader
from penstock_operator.settings import Settings, from_environment

NO_POOL = cast("Pool", None)
"""Of a store that is never asked."""


@pytest.fixture
def namespaces(cluster: FakeCluster, tenancy: FakeTenancy, settings: Settings) -> Namespaces:
    return Namespaces(cluster, tenancy, settings)


@pytest.fixture
async def leader(cluster: FakeCluster, settings: Settings, namespaces: Namespaces) -> Leader:
    """A leader that has not started; its store is never asked."""
    found = Leader(cluster, NO_POOL, settings, metrics=Metrics(), pulse=Pulse(), predecessor_seen=None)
    found._namespaces = namespaces
    return found


def steps(leader: Leader, seconds: float) -> dict[str, Callable[[], Awaitable[object]]]:
    """The loops of that period, by name."""
    return {name: step for period, name, step in leader._loops() if period == seconds}


async def test_a_binding_that_was_deleted_comes_back(
    leader: Leader, cluster: FakeCluster, namespaces: Namespaces
) -> None:
    """Nothing watches RoleBindings: the loop looks again at every namespace that was prepared, and writes what is missing."""
    for namespace in ("acme", "beta"):
        await namespaces.prepare(namespace)
    cluster.remove(ROLE_BINDINGS, "acme", "jobs")
    cluster.writes.clear()
    await steps(leader, NAMESPACES_SECONDS)["namespaces"]()

    assert cluster.writes == [("apply", "rolebindings", "jobs")]
    assert ("rolebindings", "acme", "jobs") in cluster.objects


async def test_a_namespace_that_refuses_does_not_keep_the_others(
    namespaces: Namespaces, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written now is looked at again in the next round, with the others."""
    for namespace in ("acme", "beta"):
        await namespaces.prepare(namespace)
        cluster.remove(ROLE_BINDINGS, namespace, "jobs")
    apply, refused = cluster.apply, ["acme"]

    async def apply_but(kind: Kind, namespace: str | None, body: Mapping[str, Any], *, force: bool = True) -> Object:
        if namespace in refused:
            raise ClusterError("denied", status=403)
        return await apply(kind, namespace, body, force=force)

    monkeypatch.setattr(cluster, "apply", apply_but)
    await namespaces.recheck(namespaces.prepared())
    assert [key for key in cluster.objects if key[0] == "rolebindings"] == [("rolebindings", "beta", "jobs")]
    refused.clear()
    await namespaces.recheck(namespaces.prepared())

    assert ("rolebindings", "acme", "jobs") in cluster.objects


async def test_a_namespace_that_was_cleared_meanwhile_stays_so(namespaces: Namespaces, cluster: FakeCluster) -> None:
    """A round that began before the last Instance went makes nothing for nobody."""
    await namespaces.prepare("acme")
    seen = namespaces.prepared()
    released = asyncio.Event()

    async def release() -> None:
        released.set()

    await namespaces.leave("acme", is_last=lambda: True, release=release)
    await namespaces.recheck(seen)

    assert released.is_set()
    assert (seen, namespaces.prepared()) == (["acme"], [])
    assert cluster.of(SECRETS) == {}
    assert cluster.of(ROLE_BINDINGS) == {}


class Maintenance(maintenance.Maintenance):
    """Partitions cannot be touched: somebody reads the tables for hours."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def create_partitions(self, now: datetime, *, days: int = 2) -> Never:
        raise StoreUnavailable("canceling statement due to lock timeout")

    async def drop_partitions(self, now: datetime, *, days: int = 30) -> Never:
        raise StoreUnavailable("canceling statement due to lock timeout")

    async def delete_expired_keys(self, *, batch: int = 1000) -> int:
        self.done.append("keys")
        return 1

    async def sweep_default(self, now: datetime, *, days: int = 30, batch: int = 1000) -> int:
        self.done.append("rows")
        return 1


async def test_each_part_of_the_maintenance_stands_alone(leader: Leader) -> None:
    """A long reader of the tables does not keep expired keys and forgotten rows."""
    leader._maintenance = maintained = Maintenance()
    failed = []
    for name, step in steps(leader, MAINTENANCE_SECONDS).items():
        try:
            await step()
        except StoreUnavailable:
            failed.append(name)

    assert failed == ["partitions-ahead", "partitions-over"]
    assert maintained.done == ["keys", "rows"]


async def test_a_namespace_that_is_gone_ends_no_start(cluster: FakeCluster, environment: dict[str, str]) -> None:
    """A watched namespace that may not be read any more is left out, and what belongs to it is not taken for stale."""
    named = from_environment(environment | {"PENSTOCK_WATCH_NAMESPACES": "acme,gone"})
    leader = Leader(cluster, NO_POOL, named, metrics=Metrics(), pulse=Pulse(), predecessor_seen=None)
    cluster.seed(INSTANCES, INSTANCE, seen=False)
    cluster.failures[("list", INTEGRATIONS.plural, "gone")] = ClusterError("forbidden", status=403)
    await leader._list()

    assert list(leader._inventory.all(INSTANCES)) == [("acme", "acme-orders")]
    assert leader._knows_all is False
