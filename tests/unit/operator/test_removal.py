"""The end of an Instance: what it waits for, for how long, and what goes with it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import job
from fake_cluster import FakeCluster
from operator_stand import Clock
from operator_world import HOOKS, INSTANCE, KEY, World
from penstock_core.cluster import FLOWS, INSTANCES, JOBS, NAMESPACES, ROLE_BINDINGS, SECRETS, Object
from penstock_operator.errors import NotYet
from penstock_operator.instances.removal import PATIENCE, QUIET, is_waited_for


async def test_deletion_waits_for_jobs_and_then_leaves_nothing(world: World) -> None:
    """An Instance goes when its Jobs are gone and its rows removed; the namespace's role goes with the last one."""
    await world.settle()
    world.delete_instance()
    world.workloads.jobs = [job()]
    with pytest.raises(NotYet):
        await world.instances.reconcile(KEY)
    assert world.tenancy.removed == []
    assert world.cluster.of(FLOWS) == {}

    world.workloads.jobs = []
    await world.instances.reconcile(KEY)

    assert world.tenancy.removed == [("acme", "acme-orders", "6f1c")]
    assert world.tenancy.roles == {}
    assert world.cluster.of(INSTANCES) == {}
    assert world.cluster.of(ROLE_BINDINGS) == {}
    assert world.cluster.of(SECRETS)[HOOKS]["data"] == {}
    assert "penstock-database-penstock" not in world.cluster.of(SECRETS)


async def test_a_terminating_namespace_is_not_held_up(world: World) -> None:
    """In a namespace that is going away the finalizer goes at once, and the rows are removed apart."""
    await world.settle()
    world.cluster.seed(
        NAMESPACES, {"metadata": {"name": "acme", "namespace": None, "deletionTimestamp": "2026-03-01T12:00:00Z"}}
    )
    world.delete_instance()
    world.workloads.jobs = [job()]
    await world.instances.reconcile(KEY)

    assert world.cluster.of(INSTANCES) == {}
    assert world.orphans == [("acme", "acme-orders", "6f1c")]
    await world.removal.remove_orphaned_data(("acme", "acme-orders", "6f1c"))
    assert world.tenancy.removed == [("acme", "acme-orders", "6f1c")]
    assert world.tenancy.roles == {}


async def test_the_role_of_a_terminating_namespace_goes_though_others_are_still_leaving(
    world: World, cluster: FakeCluster
) -> None:
    """Instances that are being deleted too do not keep the namespace's database role."""
    await world.settle()
    world.delete_instance()
    await world.removal.remove_orphaned_data(("acme", "another", "uid"))

    assert world.tenancy.roles == {}


def deleted_job(at: datetime, name: str = "pex-1") -> Object:
    """A Job that was deleted and cannot go, because its pod is on a node that does not answer."""
    return job(name, deleted=0, now=at)


async def test_a_job_that_cannot_go_holds_the_instance_for_five_minutes(world: World, clock: Clock) -> None:
    """A pod on a lost node keeps its Job; an Event says so after a while, and the Instance goes without it in the end."""
    await world.settle()
    world.delete_instance()
    world.workloads.jobs = [deleted_job(clock())]
    events = []
    for delta in (timedelta(), QUIET, PATIENCE - QUIET - timedelta(seconds=1)):
        clock.advance(delta)
        with pytest.raises(NotYet):
            await world.instances.reconcile(KEY)
        events.append([message for _, reason, message in world.cluster.events if reason == "WaitingForJobs"])
    clock.advance(timedelta(seconds=1))
    await world.instances.reconcile(KEY)

    assert [len(each) for each in events] == [0, 1, 1]
    assert "Waiting for the Jobs pex-1: their pods have not ended" in events[-1][0]
    assert world.tenancy.removed == [("acme", "acme-orders", "6f1c")]
    assert world.cluster.of(INSTANCES) == {}


def test_a_job_that_runs_is_waited_for_whatever_its_age(clock: Clock) -> None:
    """Only its own deletion starts the time; one that is over, or was deleted long ago, keeps nobody."""
    over = job(condition="Complete")

    assert is_waited_for(JOBS.parse(job()), now=clock())
    assert is_waited_for(JOBS.parse(deleted_job(clock())), now=clock())
    assert not is_waited_for(JOBS.parse(deleted_job(clock() - PATIENCE)), now=clock())
    assert not is_waited_for(JOBS.parse(over), now=clock())


async def test_a_job_is_deleted_once(world: World, clock: Clock) -> None:
    """What is on its way out is not deleted again while it is waited for."""
    await world.settle()
    world.delete_instance()
    world.workloads.jobs = [deleted_job(clock()), job("pex-2")]
    with pytest.raises(NotYet):
        await world.instances.reconcile(KEY)

    assert [name for verb, plural, name in world.cluster.writes if (verb, plural) == ("delete", JOBS.plural)] == [
        "pex-2"
    ]


@pytest.fixture
async def two(world: World) -> World:
    """Two Instances in the namespace, both deployed."""
    other = {**INSTANCE, "metadata": {**INSTANCE["metadata"], "name": "acme-more", "uid": "7a2d"}}
    world.cluster.seed(INSTANCES, other)
    await world.settle()
    await world.instances.reconcile(("acme", "acme-more"))
    return world


async def test_of_two_that_go_together_the_last_clears_the_namespace(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two Instances whose rows are removed at the same moment do not both leave the clearing to the other."""
    both, patch = asyncio.Barrier(2), two.cluster.patch

    async def delete_instance_data(**_: Any) -> int:
        await both.wait()
        return 0

    async def slow_patch(*arguments: Any) -> Object:
        await asyncio.sleep(0)
        return await patch(*arguments)

    monkeypatch.setattr(two.cluster, "patch", slow_patch)
    monkeypatch.setattr(two.tenancy, "delete_instance_data", delete_instance_data)
    two.delete_instance()
    two.delete_instance("acme-more")
    await asyncio.gather(two.instances.reconcile(KEY), two.instances.reconcile(("acme", "acme-more")))

    assert two.cluster.of(INSTANCES) == {}
    assert two.tenancy.roles == {}
    assert two.cluster.of(ROLE_BINDINGS) == {}
    assert "penstock-database-penstock" not in two.cluster.of(SECRETS)


async def test_one_that_stays_keeps_the_namespace(two: World) -> None:
    """The role, its Secret and the RoleBinding stay for the other Instance, and so does what belongs to its flows."""
    two.delete_instance()
    await two.instances.reconcile(KEY)

    assert two.tenancy.roles == {"acme": "generated"}
    assert list(two.cluster.of(ROLE_BINDINGS)) == ["jobs"]
    assert two.tenancy.kept_flows == sorted(flow["metadata"]["uid"] for flow in two.cluster.of(FLOWS).values())


async def test_one_that_waits_for_anothers_finalizer_does_not_keep_the_namespace(two: World) -> None:
    """What Penstock has let go already needs no database role, though its object is still there."""
    body = two.cluster.of(INSTANCES)["acme-more"]
    finalizers = [*body["metadata"]["finalizers"], "other/one"]
    two.cluster.seed(INSTANCES, {**body, "metadata": {**body["metadata"], "finalizers": finalizers}})
    for name in ("acme-more", "acme-orders"):
        two.delete_instance(name)
        await two.instances.reconcile(("acme", name))

    assert two.cluster.of(INSTANCES)["acme-more"]["metadata"]["finalizers"] == ["other/one"]
    assert two.tenancy.roles == {}


async def test_a_namespace_that_may_not_be_read_is_waited_for(world: World) -> None:
    """Nothing is removed for good while Flows and Jobs cannot be seen, unless the namespace is going away."""
    await world.settle()
    world.inventory.set_partial(["acme"])
    world.delete_instance()
    with pytest.raises(NotYet, match="may not be read"):
        await world.instances.reconcile(KEY)
    assert world.tenancy.removed == []

    world.cluster.remove(NAMESPACES, None, "acme")
    await world.instances.reconcile(KEY)

    assert world.cluster.of(INSTANCES) == {}
    assert world.orphans == [("acme", "acme-orders", "6f1c")]
