"""Executions whose runner is lost, late or cancelled, round after round, against stand-ins of store and cluster."""

from datetime import timedelta
from uuid import UUID

import pytest

import builders
from builders import controller, expired, flow, starting
from execution_queue import Dispatch, Starters
from fake_cluster import FakeCluster
from operator_stand import Clock
from penstock_core.cluster import FLOWS, JOBS, PODS
from penstock_core.errors import ClusterError, ClusterUnavailable
from penstock_core.executions.states import ExecutionState
from penstock_core.observed.workload import Job, Pod
from penstock_core.store.executions.model import Expired, Starting
from penstock_operator.executions.recovery import CASES_AT_ONCE, JOBS_AT_ONCE, RECOVERY_SECONDS, Recovery
from penstock_operator.executions.recovery_decision import UNSEEN
from penstock_operator.watch.inventory import Inventory
from penstock_operator.workloads import index
from penstock_operator.workloads.diagnosis import Cause
from penstock_operator.workloads.identity import Sought


class Workloads(index.Workloads):
    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.pods: list[Pod] = []
        self.alive = True

    def is_alive(self, namespace: str) -> bool:
        return self.alive

    def of(self, sought: Sought) -> tuple[list[Job], list[Pod]]:
        return self.jobs, self.pods

    def pods_of(self, job: Job) -> list[Pod]:
        return self.pods


class Ward:
    """Recovery with all that it needs."""

    def __init__(self, cluster: FakeCluster, inventory: Inventory, starter: Starters, clock: Clock) -> None:
        self.cluster, self.inventory, self.clock = cluster, inventory, clock
        self.dispatch, self.workloads = Dispatch(), Workloads()
        self.lost: list[str] = []
        self.blocked: list[str] = []
        self.recovery = Recovery(
            cluster,
            self.dispatch,
            self.workloads,
            starter(self.dispatch),
            clock=clock,
            lost=self.lost.append,
            blocked=self._tell_blocker,
        )

    async def _tell_blocker(self, row: Expired | Starting, cause: Cause) -> None:
        self.blocked.append(cause.code)

    async def step(self) -> None:
        """One round after runners had their time to renew."""
        await self.recovery.step()
        self.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
        await self.recovery.step()


@pytest.fixture
def ward(cluster: FakeCluster, inventory: Inventory, starter: Starters, clock: Clock) -> Ward:
    cluster.seed(FLOWS, flow())
    return Ward(cluster, inventory, starter, clock)


async def test_a_lost_execution_gets_a_second_job(ward: Ward) -> None:
    """An expired lease without a pod is answered by Job number 2, which resumes."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert list(ward.cluster.of(JOBS)) == [f"pex-{UUID(int=1)}-2"]
    assert ward.dispatch.replacements == [2]
    assert ward.lost == []


async def test_a_second_loss_ends_it_with_the_epoch_that_was_judged(ward: Ward) -> None:
    """The final state is written only if nobody has claimed since, and is counted by its cause."""
    ward.dispatch.expired_rows = [expired(ward.clock, job_attempt=2)]
    await ward.step()

    assert ward.dispatch.ended == [(UUID(int=1), ExecutionState.FAILED, "job_gone", 3)]
    assert ward.lost == ["job_gone"]


async def test_a_claim_meanwhile_wins(ward: Ward) -> None:
    """Where another claim came first nothing is counted and no Job is deleted."""
    ward.dispatch.expired_rows = [expired(ward.clock, job_attempt=2)]
    ward.dispatch.claimable = False
    await ward.step()

    assert ward.lost == []
    assert [verb for verb, *_ in ward.cluster.writes] == []


async def test_runners_get_time_to_renew_after_the_database_was_away(ward: Ward) -> None:
    """Nothing is decided right after an outage: every lease has run out then."""
    await ward.step()
    ward.recovery.database_was_away()
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.recovery.step()
    assert ward.dispatch.replacements == []

    ward.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
    await ward.recovery.step()

    assert ward.dispatch.replacements == [2]


async def test_nothing_is_judged_by_stale_watches(ward: Ward) -> None:
    """While the API server is away, the absence of a pod means nothing."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    ward.workloads.alive = False
    await ward.step()

    assert (ward.dispatch.replacements, ward.dispatch.ended) == ([], [])


async def test_an_execution_of_a_removed_flow_cannot_be_resumed(ward: Ward) -> None:
    """Without its Flow object a lost execution ends, and says both."""
    ward.cluster.remove(FLOWS, "acme", "acme-orders.hook")
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert [(state, code) for _, state, code, _ in ward.dispatch.ended] == [(ExecutionState.FAILED, "job_gone")]


async def test_what_was_never_started_is_queued_again_and_the_rest_stays(ward: Ward) -> None:
    """Rows without a Job go back to the queue, by name: those that are not meant stay, however long a round takes."""
    ward.dispatch.starting_rows = [starting(ward.clock, number=5), starting(ward.clock, number=6, seconds=-20)]
    await ward.step()

    assert ward.dispatch.requeued == [UUID(int=5)]


async def test_a_replacement_that_could_not_be_made_is_made_later(ward: Ward) -> None:
    """A Job that the API server did not take, or the one before that could not be deleted, costs no second attempt."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    ward.cluster.failures[("create", "jobs")] = ClusterUnavailable("away")
    await ward.step()
    row = expired(ward.clock, job_attempt=2, replaced_at=ward.clock())
    ward.dispatch.expired_rows = [row]
    ward.cluster.failures.clear()
    await ward.recovery.step()
    at_once = list(ward.cluster.of(JOBS))
    ward.clock.advance(UNSEEN + timedelta(seconds=1))
    await ward.recovery.step()

    assert (at_once, list(ward.cluster.of(JOBS))) == ([], [f"pex-{UUID(int=1)}-2"])
    assert (ward.dispatch.replacements, ward.dispatch.ended) == ([2], [])


async def test_one_that_fails_keeps_no_other(ward: Ward) -> None:
    """A Job that cannot be deleted leaves its execution to the next round; the others are looked after in this one."""
    ward.workloads.jobs = [JOBS.parse({"metadata": {"name": "pex-stuck", "creationTimestamp": "2026-03-01T11:00:00Z"}})]
    metadata = {"name": "p", "ownerReferences": [controller("pex-stuck", "")]}
    ward.workloads.pods = [PODS.parse({"metadata": metadata, "spec": {}, "status": {"phase": "Failed"}})]
    ward.cluster.failures[("delete", "jobs", "pex-stuck")] = ClusterError("denied", status=403)
    ward.dispatch.expired_rows = [expired(ward.clock), expired(ward.clock, id=UUID(int=2))]
    await ward.step()

    assert ward.dispatch.replacements == [2, 2]


async def test_a_runner_that_does_not_heed_a_cancellation_is_stopped(ward: Ward) -> None:
    """A minute after the mark the execution is cancelled under its runner's epoch, and the Job deleted."""
    name = f"pex-{UUID(int=1)}"
    job = {"metadata": {"name": name, "namespace": "acme", "creationTimestamp": "2026-03-01T11:00:00Z"}}
    ward.workloads.jobs = [JOBS.parse(ward.cluster.seed(JOBS, job))]
    ward.workloads.pods = [PODS.parse({"metadata": {"name": "pex-1-x"}, "status": {"phase": "Running"}})]
    renewed = ward.clock() + timedelta(seconds=40)
    ward.dispatch.expired_rows = [
        expired(ward.clock, lease_until=renewed, cancel_at=ward.clock() - timedelta(seconds=61))
    ]
    await ward.step()

    assert ward.dispatch.ended == [(UUID(int=1), ExecutionState.CANCELLED, "cancelled", 3)]
    assert ward.cluster.of(JOBS) == {}


async def test_a_cancelled_execution_whose_pod_cannot_start_leaves_no_job(ward: Ward) -> None:
    """It would hold its quota until the flow's time is over."""
    name = f"pex-{UUID(int=1)}"
    ward.workloads.jobs = [JOBS.parse(ward.cluster.seed(JOBS, builders.job(name) | {"spec": {}}))]
    ward.workloads.pods = [PODS.parse(builders.pod(phase="Pending", job_name=name))]
    ward.dispatch.starting_rows = [starting(ward.clock, cancel_at=ward.clock())]
    await ward.step()

    assert ward.dispatch.ended == [(UUID(int=1), ExecutionState.CANCELLED, "cancelled", 0)]
    assert ward.cluster.of(JOBS) == {}


@pytest.mark.parametrize("refused", [False, True])
async def test_the_pod_of_an_execution_that_we_end_stays_for_a_look(ward: Ward, refused: bool) -> None:
    """A Job whose pod ended is given a deadline that has passed, and goes by its time; where nobody may change it, it is deleted."""
    name = f"pex-{UUID(int=1)}"
    ward.workloads.jobs = [JOBS.parse(ward.cluster.seed(JOBS, builders.job(name) | {"spec": {}}))]
    ward.workloads.pods = [PODS.parse(builders.pod(phase="Failed", exit_code=137, reason="OOMKilled", job_name=name))]
    ward.dispatch.expired_rows = [expired(ward.clock)]
    if refused:
        ward.cluster.failures[("patch", "jobs")] = ClusterError("denied by policy", status=403)
    await ward.step()
    jobs = ward.cluster.of(JOBS)

    assert ward.lost == ["out_of_memory"]
    assert {key: job["spec"] for key, job in jobs.items()} == ({} if refused else {name: {"activeDeadlineSeconds": 1}})


async def test_a_namespace_of_lost_executions_holds_up_no_other(ward: Ward) -> None:
    """Of each namespace so many are looked after in a round; the rest has its turn in the next ones."""
    lost = [expired(ward.clock, id=UUID(int=number), job_attempt=2) for number in range(1, CASES_AT_ONCE + 11)]
    other = expired(ward.clock, id=UUID(int=1000), namespace="globex", job_attempt=2)
    ward.dispatch.expired_rows = [*lost, other]
    await ward.step()

    assert len(ward.dispatch.ended) == CASES_AT_ONCE + 1
    assert ward.dispatch.ended[-1][0] == other.id


async def test_jobs_that_somebody_made_up_are_deleted_a_few_at_a_time(ward: Ward) -> None:
    """Under an execution's names there may be more Jobs than Penstock made: they take no longer than two would."""
    made_up = [builders.job(f"pex-{UUID(int=1)}-{number}") for number in range(2, 20)]
    ward.workloads.jobs = [JOBS.parse(ward.cluster.seed(JOBS, one)) for one in made_up]
    ward.dispatch.expired_rows = [expired(ward.clock, job_attempt=2, cancel_at=ward.clock())]
    await ward.step()

    assert len(ward.cluster.of(JOBS)) == len(made_up) - JOBS_AT_ONCE


async def test_an_execution_whose_flow_may_exist_is_not_ended(ward: Ward) -> None:
    """Where Flows could not be read, a lost execution waits: its flow may be there."""
    ward.cluster.remove(FLOWS, "acme", "acme-orders.hook")
    ward.inventory.set_partial(["acme"])
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert (ward.dispatch.ended, ward.dispatch.replacements) == ([], [])
