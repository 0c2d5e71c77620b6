"""What the active replica does again and again, and what it makes sure of in namespaces with instances."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Never

import pytest

from fake_cluster import FakeCluster
from operator_stand import Clock
from operator_world import INSTANCE
from penstock_core.cluster import INSTANCES, INTEGRATIONS, ROLE_BINDINGS, SECRETS, Kind, Object
from penstock_core.errors import ClusterError, StoreUnavailable
from penstock_core.store.schema import maintenance
from penstock_operator.control.loops import Pulse
from penstock_operator.instances import controller as instances
from penstock_operator.maintenance import Housekeeping
from penstock_operator.namespaces import Namespaces
from penstock_operator.process.leader import Leader
from penstock_operator.services import Services
from penstock_operator.settings import from_environment


@pytest.fixture
def namespaces(services: Services) -> Namespaces:
    return services.namespaces


async def test_a_binding_that_was_deleted_comes_back(
    services: Services, cluster: FakeCluster, namespaces: Namespaces
) -> None:
    """Nothing watches RoleBindings: the loop looks again at every namespace that was prepared, and writes what is missing."""
    for namespace in ("acme", "beta"):
        await namespaces.prepare(namespace)
    cluster.remove(ROLE_BINDINGS, "acme", "jobs")
    cluster.writes.clear()
    (recheck,) = [loop for loop in instances.build(services).loops if loop.name == "namespaces"]
    await recheck.step()

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


async def test_each_part_of_the_maintenance_stands_alone(clock: Clock) -> None:
    """A long reader of the tables does not keep expired keys and forgotten rows."""
    maintenance: Any = Maintenance()
    failed = []
    for loop in Housekeeping(maintenance, clock=clock, retention_days=30).loops():
        try:
            await loop.step()
        except StoreUnavailable:
            failed.append(loop.name)

    assert failed == ["partitions-ahead", "partitions-over"]
    assert maintenance.done == ["keys", "rows"]


async def test_a_namespace_that_is_gone_ends_no_start(
    services: Services, cluster: FakeCluster, environment: dict[str, str]
) -> None:
    """A watched namespace that may not be read any more is left out, and what belongs to it is not taken for stale."""
    named = replace(services, settings=from_environment(environment | {"PENSTOCK_WATCH_NAMESPACES": "acme,gone"}))
    leader = Leader(named, (), pulse=Pulse())
    cluster.seed(INSTANCES, INSTANCE, seen=False)
    cluster.failures[("list", INTEGRATIONS.plural, "gone")] = ClusterError("forbidden", status=403)
    await leader._list()

    assert list(named.inventory.all(INSTANCES)) == [("acme", "acme-orders")]
    assert named.inventory.began_whole is False
