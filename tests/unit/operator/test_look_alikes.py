"""Recovery among Jobs and pods that somebody else has labelled as an execution's."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import builders
from builders import controller, expired, flow
from execution_queue import Dispatch, Starters
from fake_cluster import FakeCluster
from operator_stand import Clock
from penstock_core import names
from penstock_core.cluster import FLOWS, JOBS, PODS, Object
from penstock_operator.executions.recovery import RECOVERY_SECONDS, Recovery
from penstock_operator.workloads.index import Workloads

EXECUTION = UUID(int=1)
JOB = names.job(EXECUTION)
LABELS = {
    names.LABEL_RELEASE: builders.RELEASE,
    names.LABEL_INSTANCE: "acme-orders",
    names.LABEL_FLOW: "hook",
    names.LABEL_EXECUTION: str(EXECUTION),
}


def labelled(name: str, *, namespace: str = "acme", status: Any = None, **metadata: Any) -> Object:
    """Something that carries all labels of the execution."""
    own = {"name": name, "namespace": namespace, "labels": LABELS, "creationTimestamp": builders.ago(60)}
    return {"metadata": own | metadata, "status": status or {}}


RUNNING = {"phase": "Running"}
FAILED = {
    "phase": "Failed",
    "containerStatuses": [{"name": "runner", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}],
}


class Place:
    """A cluster with what others put there, and a recovery that sees all of it."""

    def __init__(self, cluster: FakeCluster, starter: Starters, clock: Clock) -> None:
        self.cluster, self.clock, self.dispatch = cluster, clock, Dispatch()
        self._workloads = Workloads(cluster, release=builders.RELEASE, namespaces=[None])
        self._recovery = Recovery(
            cluster,
            self.dispatch,
            self._workloads,
            starter(self.dispatch),
            clock=clock,
            lost=lambda _: None,
            blocked=lambda *_: asyncio.sleep(0),
        )

    async def round(self) -> None:
        """One round after runners had their time, with watches that are current."""
        await self._recovery.step()
        self.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
        self.dispatch.expired_rows = [expired(self.clock)]
        task = asyncio.create_task(self._workloads.run())
        await self._workloads.synced(within=5)
        await self._recovery.step()
        task.cancel()
        await asyncio.wait({task})

    def deleted(self) -> list[str]:
        """Names of the Jobs that were to be deleted."""
        return [name for verb, plural, name in self.cluster.writes if (verb, plural) == ("delete", JOBS.plural)]


@pytest.fixture
def place(cluster: FakeCluster, starter: Starters, clock: Clock) -> Place:
    """With the execution's Job, an unrelated one beside it, and a neighbour's look-alikes."""
    cluster.seed(FLOWS, flow())
    cluster.seed(JOBS, labelled(JOB, uid="j1"))
    cluster.seed(JOBS, {"metadata": {"name": "backup", "namespace": "acme"}, "status": {}})
    for name in ("backup", JOB):
        cluster.seed(JOBS, labelled(name, namespace="evil"))
    mine = [controller(JOB, "j1")]
    cluster.seed(PODS, labelled("fails", namespace="evil", status=FAILED, ownerReferences=mine))
    cluster.seed(PODS, labelled("lives", namespace="evil", status=RUNNING, ownerReferences=mine))
    return Place(cluster, starter, clock)


async def test_a_neighbours_failed_pod_ends_nobody(place: Place) -> None:
    """While its own pod runs, an execution is waited for, whatever lies elsewhere under its labels."""
    place.cluster.seed(PODS, labelled("pex-1-x", status=RUNNING, ownerReferences=[controller(JOB, "j1")]))
    await place.round()

    assert (place.dispatch.ended, place.dispatch.replacements, place.deleted()) == ([], [], [])


@pytest.mark.parametrize("uid", ["j0", ""], ids=["another Job", "no Job"])
async def test_a_living_look_alike_hides_no_death(place: Place, uid: str) -> None:
    """A lost execution gets its second Job, and of the first ones its own is deleted alone."""
    killed = {"phase": "Failed", "containerStatuses": [{"name": "runner", "state": {"terminated": {"exitCode": 137}}}]}
    place.cluster.seed(PODS, labelled("pex-1-x", status=killed, ownerReferences=[controller(JOB, "j1")]))
    place.cluster.seed(PODS, labelled("lives", status=RUNNING, ownerReferences=[controller(JOB, uid)]))
    await place.round()

    assert place.dispatch.replacements == [2]
    assert place.deleted() == [JOB]
    assert {(namespace, name) for plural, namespace, name in place.cluster.objects if plural == JOBS.plural} == {
        ("acme", names.job(EXECUTION, 2)),
        ("acme", "backup"),
        ("evil", "backup"),
        ("evil", JOB),
    }
