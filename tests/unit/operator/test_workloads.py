"""Which Jobs and pods count for an execution, whatever others put beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

import builders
from builders import controller
from fake_cluster import FakeCluster
from penstock_core import names
from penstock_core.cluster import JOBS, PODS, Object
from penstock_core.observed.workload import Job, Pod
from penstock_operator.workloads.identity import NUMBERS, Sought, can_be_ours
from penstock_operator.workloads.index import MOST_PODS, Workloads

EXECUTION = UUID("01a206fa-3a2c-79fc-8706-da40151b20f9")
JOB = names.job(EXECUTION)
CRON_JOB = names.cron_job("acme-orders", "f1")
TICK = f"{CRON_JOB}-29538240"
SOUGHT = Sought(
    namespace="acme",
    execution=EXECUTION,
    instance="acme-orders",
    flow="hook",
    flow_uid="f1",
    attempt=1,
    holder="holder",
)
OF_FLOW = {names.LABEL_RELEASE: builders.RELEASE, names.LABEL_INSTANCE: "acme-orders", names.LABEL_FLOW: "hook"}
OF_EXECUTION = OF_FLOW | {names.LABEL_EXECUTION: str(EXECUTION)}


def job(name: str = JOB, uid: str = "j1", **metadata: Any) -> Object:
    """The execution's Job; `metadata` replaces members."""
    own = {"name": name, "namespace": "acme", "uid": uid, "labels": OF_EXECUTION}
    return {"metadata": own | metadata, "status": {}}


def pod(name: str = "p", job_name: str = JOB, job_uid: str = "j1", **metadata: Any) -> Object:
    """Its Job's pod; `metadata` replaces members."""
    own = {"name": name, "namespace": "acme", "labels": OF_EXECUTION}
    return {"metadata": own | {"ownerReferences": [controller(job_name, job_uid)]} | metadata, "status": {}}


def tick(name: str = TICK, *, cron: str = CRON_JOB, **metadata: Any) -> Object:
    """The Job of a schedule's tick."""
    own = {"labels": OF_FLOW, "ownerReferences": [controller(cron, "c1", kind="CronJob")]}
    return job(name, **own | metadata)


async def found(*objects: tuple[Any, Object], sought: Sought = SOUGHT) -> tuple[list[str], list[str]]:
    """Names of the Jobs and pods that count, of all that is there."""
    cluster = FakeCluster()
    for kind, item in objects:
        cluster.seed(kind, item)
    async with watching(cluster) as workloads:
        jobs, pods = workloads.of(sought)
    return [one.name for one in jobs], [one.name for one in pods]


@asynccontextmanager
async def watching(cluster: FakeCluster) -> AsyncIterator[Workloads]:
    """Workloads that have seen what is there."""
    workloads = Workloads(cluster, release=builders.RELEASE, namespaces=[None])
    task = asyncio.create_task(workloads.run())
    await workloads.synced(within=5)
    try:
        yield workloads
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_an_execution_has_its_jobs_and_their_pods() -> None:
    """By the names of its Jobs, and by their uids."""
    second = names.job(EXECUTION, 2)
    objects = [
        (JOBS, job()),
        (JOBS, job(second, "j2")),
        (PODS, pod("a")),
        (PODS, pod("b", second, "j2")),
    ]

    assert await found(*objects) == ([JOB, second], ["a", "b"])


async def test_a_tick_has_its_job_by_the_pod_that_held_the_lease() -> None:
    """A CronJob's Job carries no execution; that of the lease's holder counts, and with it its other pods."""
    objects = [
        (JOBS, tick()),
        (PODS, pod("holder", TICK, labels=OF_FLOW)),
        (PODS, pod("before", TICK, labels=OF_FLOW)),
    ]

    assert await found(*objects) == ([TICK], ["before", "holder"])


STRANGERS: dict[str, tuple[Any, Object]] = {
    "the same Job in another namespace": (JOBS, job(namespace="evil")),
    "a Job of another name": (JOBS, job("postgres-backup")),
    "a Job of another execution's name": (JOBS, job(names.job(UUID(int=7)))),
    "a Job of a number that was never given": (JOBS, job(names.job(EXECUTION, NUMBERS + 1))),
    "a Job of another Instance": (JOBS, job(labels=OF_EXECUTION | {names.LABEL_INSTANCE: "other"})),
    "a Job of another flow": (JOBS, job(labels=OF_EXECUTION | {names.LABEL_FLOW: "other"})),
    "a Job without the execution's label": (JOBS, job(labels=OF_FLOW)),
    "the same pod in another namespace": (PODS, pod("evil", namespace="evil")),
    "a pod without a Job": (PODS, pod("evil", ownerReferences=[])),
    "a pod of another Job of that name": (PODS, pod("evil", job_uid="j0")),
    "a pod of another Job": (PODS, pod("evil", names.job(UUID(int=7)))),
    "a pod whose Job does not control it": (
        PODS,
        pod("evil", ownerReferences=[controller(JOB, "j1") | {"controller": False}]),
    ),
    "a pod that something else controls": (PODS, pod("evil", ownerReferences=[controller(JOB, "j1", kind="CronJob")])),
    "a pod of a kind that is only called Job": (
        PODS,
        pod("evil", ownerReferences=[controller(JOB, "j1") | {"apiVersion": "batch.evil.example/v1"}]),
    ),
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_look_alike_does_not_count(stranger: str) -> None:
    """Labels alone make nothing the execution's, and take nothing away from it."""
    kind, item = STRANGERS[stranger]
    own = [(JOBS, job()), (PODS, pod())] if kind is PODS else [(PODS, pod())]

    assert await found(*own, (kind, item)) == ([JOB] if kind is PODS else [], ["p"] if kind is PODS else [])


@pytest.mark.parametrize(
    "stranger",
    [
        tick(ownerReferences=[]),
        tick(cron="other"),
        tick(f"{CRON_JOB}-now"),
        tick(ownerReferences=[controller(CRON_JOB, "c1")]),
    ],
    ids=["no owner", "another CronJob", "no minute", "no CronJob"],
)
async def test_a_look_alike_of_a_tick_does_not_count(stranger: Object) -> None:
    """A Job that no CronJob of the flow made is not its tick's."""
    holder = pod("holder", stranger["metadata"]["name"], labels=OF_FLOW)

    assert (await found((JOBS, stranger), (PODS, holder)))[0] == []


async def test_the_holder_counts_after_its_job_is_gone() -> None:
    """A pod that held the lease may still be ending where its Job was deleted; one that never held it does not count."""
    objects = [(PODS, pod("holder")), (PODS, pod("other"))]

    assert await found(*objects) == ([], ["holder"])


async def test_a_holder_of_another_job_does_not_count() -> None:
    """The name in the lease makes no pod the execution's, and no pod of a Job that has come since."""
    assert await found((PODS, pod("holder", names.job(UUID(int=7))))) == ([], [])
    assert await found((JOBS, job(uid="j2")), (PODS, pod("holder", job_uid="j1"))) == ([JOB], [])


async def test_of_pods_that_name_a_job_the_newest_are_looked_at() -> None:
    """However many pods say that a Job controls them, each round's work has an end."""
    crowd = [
        (PODS, pod(f"p{number:03}", creationTimestamp=builders.ago(900 - number))) for number in range(3 * MOST_PODS)
    ]
    _, pods = await found((JOBS, job()), *crowd)

    assert sorted(pods) == [f"p{number:03}" for number in range(2 * MOST_PODS, 3 * MOST_PODS)]


async def test_jobs_of_an_instance_are_those_of_its_namespace() -> None:
    """What another namespace labels with an Instance's name stays there."""
    cluster = FakeCluster()
    for namespace in ("acme", "evil"):
        cluster.seed(JOBS, job(namespace=namespace))
    async with watching(cluster) as workloads:
        jobs = workloads.in_namespace("acme", instance="acme-orders")

    assert [one.namespace for one in jobs] == ["acme"]


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        (Job.parse(job()), True),
        (Job.parse(job(names.job(EXECUTION, 12))), True),
        (Job.parse(tick()), True),
        (Pod.parse(pod()), True),
        (Pod.parse(pod(job_name=TICK, labels=OF_FLOW)), True),
        (Job.parse(job("postgres-backup")), False),
        (Job.parse(job(f"{JOB}-x")), False),
        (Job.parse(job("pex-1", labels=OF_FLOW | {names.LABEL_EXECUTION: "1"})), False),
        (Job.parse(tick(ownerReferences=[])), False),
        (Pod.parse(pod(ownerReferences=[])), False),
        (Pod.parse(pod(labels=OF_FLOW)), False),
    ],
)
def test_only_what_can_be_ours_is_kept(item: Job | Pod, kept: bool) -> None:
    """What labels, name and owner contradict is not remembered at all."""
    assert can_be_ours(item) is kept


def test_what_is_kept_of_a_pod_is_small() -> None:
    """Labels of others, annotations, finalizers and long texts are not remembered."""
    huge = "x" * 100_000
    metadata: dict[str, Any] = {
        "labels": OF_EXECUTION | {f"evil/{number}": huge for number in range(10)},
        "annotations": {"penstock.dev/applied": huge},
        "finalizers": [huge],
    }
    status = {
        "message": huge,
        "conditions": [{"type": "DisruptionTarget", "status": "True", "message": huge}],
        "containerStatuses": [{"name": "runner", "state": {"terminated": {"exitCode": 1, "message": huge}}}],
    }
    kept = Pod.parse({**pod(**metadata), "spec": {"containers": [{"image": huge}]}, "status": status})

    assert len(repr(kept)) < 5_000
