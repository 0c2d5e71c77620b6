"""What the operator makes sure of in namespaces with instances, again and again."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from fake_cluster import FakeCluster
from penstock_core.cluster import ROLE_BINDINGS, SECRETS, Kind, Object
from penstock_core.errors import ClusterError
from penstock_operator.instances import controller as instances
from penstock_operator.namespaces import Namespaces
from penstock_operator.services import Services


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
