"""What the operator makes sure of in namespaces with instances, again and again."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from fake_cluster import FakeCluster
from penstock_core import names
from penstock_core.cluster import NAMESPACES, NETWORK_POLICIES, ROLE_BINDINGS, SECRETS, Kind, Object
from penstock_core.errors import ClusterError
from penstock_operator.instances import controller as instances
from penstock_operator.namespaces import Namespaces
from penstock_operator.services import Services
from penstock_operator.settings import Settings


@pytest.fixture
def namespaces(services: Services, cluster: FakeCluster) -> Namespaces:
    for name in ("acme", "beta"):
        cluster.seed(NAMESPACES, {"metadata": {"name": name, "namespace": None, "uid": f"uid-of-{name}"}})
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


def dsn(cluster: FakeCluster) -> dict[str, Any]:
    """The runners' address of the database, in its parts."""
    data = cluster.of(SECRETS)["penstock-database-penstock"]["data"]
    return conninfo_to_dict(base64.b64decode(data["dsn"]).decode())


async def test_a_namespace_that_is_made_again_gets_another_role_and_password(
    services: Services, cluster: FakeCluster, namespaces: Namespaces
) -> None:
    """A Secret of the namespace before, which somebody kept and put back, opens nothing of the new one."""
    await namespaces.prepare("acme")
    first = dsn(cluster)
    store: Any = services.tenancy
    store.roles.clear()
    cluster.seed(NAMESPACES, {"metadata": {"name": "acme", "namespace": None, "uid": "another"}})
    namespaces.forget("acme")
    await namespaces.prepare("acme")

    assert dsn(cluster)["user"] == names.database_role("penstock", "acme", uid="another") != first["user"]
    assert store.roles == {"acme": "generated"}
    assert store.given == [None, None]


async def test_a_policy_bounds_runners_where_the_release_says_so(
    cluster: FakeCluster, services: Services, settings: Settings, namespaces: Namespaces
) -> None:
    """It is there before anything can start, comes back when somebody changed it, and goes when the release bounds no more."""
    rules = ({"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]},)
    bounded = Namespaces(services.cluster, services.tenancy, replace(settings, runner_egress=rules))
    await bounded.prepare("acme")
    first = cluster.writes[0]
    made = cluster.of(NETWORK_POLICIES)["penstock-runners-penstock"]
    cluster.seed(NETWORK_POLICIES, {**made, "spec": {**made["spec"], "egress": [{}]}})
    await bounded.recheck(["acme"])
    restored = cluster.of(NETWORK_POLICIES)["penstock-runners-penstock"]["spec"]
    await namespaces.prepare("acme")

    assert first == ("apply", "networkpolicies", "penstock-runners-penstock")
    assert restored == {
        "podSelector": {"matchLabels": {names.LABEL_RELEASE: "penstock-system.penstock"}},
        "policyTypes": ["Egress"],
        "egress": list(rules),
    }
    assert cluster.of(NETWORK_POLICIES) == {}
