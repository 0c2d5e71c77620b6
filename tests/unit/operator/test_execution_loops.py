"""The loops around executions: dispatcher, custody, last runs, against stand-ins of store and cluster."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from penstock_core import uuid7
from penstock_core.cluster import FLOWS, JOBS
from penstock_core.errors import ClusterUnavailable
from penstock_core.states import ExecutionState
from penstock_core.store.model import Expired, FlowChange, LastExecution, Queued, Starting
from penstock_operator.custody import RECOVERY_SECONDS, Custody
from penstock_operator.dispatcher import PAGE, Dispatcher
from penstock_operator.last_runs import LastRuns
from penstock_operator.reporting import Reporter
from penstock_operator.starting import Starter


def flow(name="hook", *, uid="f1", **spec):
    base = {
        "instance": "acme-orders",
        "instanceUid": "u1",
        "flow": name,
        "integration": {"name": "orders", "version": "1.0.0"},
        "customer": {"id": "acme"},
        "trigger": "webhook",
        "paused": False,
        "timeoutSeconds": 60,
        "connections": [],
        "definitionHash": "9" * 64,
        "definition": {},
    }
    labels = {"penstock.dev/release": "penstock-system.penstock"}
    metadata = {"name": f"acme-orders.{name}", "namespace": "acme", "uid": uid, "labels": labels}
    return {"apiVersion": "penstock.dev/v1alpha1", "kind": "Flow", "metadata": metadata, "spec": base | spec}


def queued(number, *, name="hook", uid="f1"):
    return Queued(
        id=UUID(int=number),
        namespace="acme",
        instance="acme-orders",
        instance_uid="u1",
        flow=name,
        flow_uid=uid,
        run_after=None,
    )


class Dispatch:
    """The queue as a list, slots as numbers."""

    def __init__(self, waiting=(), *, slots=None):
        self.waiting = list(waiting)
        self.slots = slots or {}
        self.started, self.ended, self.asked, self.replacements = [], [], [], []
        self.expired_rows, self.starting_rows, self.requeued = [], [], []
        self.claimable = True

    async def queued(self, *, limit):
        self.asked.append(limit)
        return self.waiting[:limit]

    async def start(self, execution):
        self.started.append(execution)
        self.waiting = [one for one in self.waiting if one.id != execution]
        return True

    async def take_slot(self, *, namespace, flow_uid, limit):
        found = next((one for one in self.waiting if one.flow_uid == flow_uid), None)
        if found is None or self.slots.get(flow_uid, 0) >= limit:
            return None
        self.slots[flow_uid] = self.slots.get(flow_uid, 0) + 1
        await self.start(found.id)
        return found.id

    async def end(self, execution, state, *, cause, code, epoch=None):
        self.ended.append((execution, state, code, epoch))
        self.waiting = [one for one in self.waiting if one.id != execution]
        return self.claimable

    async def expired(self, *, grace_s=0.0):
        return self.expired_rows

    async def starting(self, *, older_than_s):
        return self.starting_rows

    async def replaced(self, execution, *, job_attempt):
        self.replacements.append(job_attempt)
        return self.claimable

    async def requeue_unstarted(self, *, older_than_s, with_job=()):
        self.requeued.append(sorted(with_job))
        return []


class Workloads:
    def __init__(self):
        self.jobs, self.pods, self.alive = [], [], True

    def is_alive(self, namespace):
        return self.alive

    def of(self, execution, *, namespace, holder=""):
        return self.jobs, self.pods


@pytest.fixture
def starter(cluster, inventory, settings):
    return lambda dispatch: Starter(cluster, inventory, dispatch, runner=settings.runner)


async def test_queued_executions_start_oldest_first_up_to_the_room_there_is(cluster, starter):
    """The installation's limit bounds how many start, the oldest first."""
    cluster.seed(FLOWS, flow())
    dispatch = Dispatch([queued(1), queued(2), queued(3)])

    assert await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=8) == 2
    assert dispatch.started == [UUID(int=1), UUID(int=2)]
    assert len(cluster.of(JOBS)) == 2


async def test_nothing_is_asked_when_there_is_no_room(starter):
    """A full installation costs no query."""
    dispatch = Dispatch([queued(1)])

    assert await Dispatcher(dispatch, starter(dispatch), max_running=5).step(live=5) == 0
    assert dispatch.asked == []


async def test_a_flow_at_its_limit_does_not_hold_up_others(cluster, starter):
    """What waits for a slot is passed over, once a round, and other flows start."""
    cluster.seed(FLOWS, flow(concurrency={"limit": 1, "whenFull": "queue"}))
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch([queued(1), queued(2), queued(3, name="other", uid="f2")], slots={"f1": 0})
    await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=0)

    assert dispatch.started == [UUID(int=1), UUID(int=3)]


async def test_paused_flows_stay_queued_and_do_not_hide_others(cluster, starter):
    """However much a paused flow has queued, the next rounds look far enough to find what may start."""
    cluster.seed(FLOWS, flow(paused=True))
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch([*(queued(n) for n in range(PAGE)), queued(9999, name="other", uid="f2")])
    dispatcher = Dispatcher(dispatch, starter(dispatch), max_running=10)

    assert [await dispatcher.step(live=0), await dispatcher.step(live=0)] == [0, 1]
    assert dispatch.started == [UUID(int=9999)]


async def test_executions_of_a_removed_flow_end(cluster, starter):
    """What waits for a flow that is gone, or was made anew, is cancelled with the reason."""
    cluster.seed(FLOWS, flow(uid="another"))
    dispatch = Dispatch([queued(1)])
    await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=0)

    assert dispatch.ended == [(UUID(int=1), ExecutionState.CANCELLED, "flow_removed", None)]


async def test_a_job_that_exists_and_lives_is_not_made_twice(cluster, starter):
    """A name that is taken by a live Job means that it was created before."""
    item = cluster.seed(FLOWS, flow())
    dispatch = Dispatch()
    assert await starter(dispatch).start(item, UUID(int=1))
    assert await starter(dispatch).start(item, UUID(int=1))

    assert len(cluster.of(JOBS)) == 1
    assert dispatch.replacements == []


async def test_a_name_taken_by_a_finished_job_is_passed_over(cluster, starter):
    """A finished Job of the same name does not count: the next name is used, and counted."""
    item = cluster.seed(FLOWS, flow())
    dispatch = Dispatch()
    await starter(dispatch).start(item, UUID(int=1))
    job = cluster.of(JOBS)[f"pex-{UUID(int=1)}"]
    cluster.seed(JOBS, {**job, "status": {"conditions": [{"type": "Complete", "status": "True"}]}})
    await starter(dispatch).start(item, UUID(int=1))

    assert sorted(cluster.of(JOBS)) == [f"pex-{UUID(int=1)}", f"pex-{UUID(int=1)}-2"]
    assert dispatch.replacements == [2]


async def test_an_api_server_that_refuses_is_no_failure_of_the_round(cluster, starter):
    """A Job that cannot be created now is left to the requeue."""
    cluster.failures[("create", "jobs")] = ClusterUnavailable("quota")
    dispatch = Dispatch()

    assert not await starter(dispatch).start(flow(), UUID(int=1))


def expired(clock, **changes):
    values = {
        "id": UUID(int=1),
        "namespace": "acme",
        "instance": "acme-orders",
        "instance_uid": "u1",
        "flow": "hook",
        "flow_uid": "f1",
        "epoch": 3,
        "holder": "pex-1-x",
        "lease_until": clock() - timedelta(seconds=10),
        "job_attempt": 1,
        "cancel": False,
    }
    return Expired(**values | changes)


class Ward:
    """Custody with all that it needs."""

    def __init__(self, cluster, starter, clock):
        self.cluster, self.clock = cluster, clock
        self.dispatch, self.workloads = Dispatch(), Workloads()
        self.lost, self.held_up = [], []
        self.custody = Custody(
            cluster,
            self.dispatch,
            self.workloads,
            starter(self.dispatch),
            clock=clock,
            lost=self.lost.append,
            held_up=self._held_up,
        )

    async def _held_up(self, row, cause):
        self.held_up.append(cause.code)

    async def step(self):
        """One round after runners had their time to renew."""
        await self.custody.step()
        self.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
        await self.custody.step()


@pytest.fixture
def ward(cluster, starter, clock):
    cluster.seed(FLOWS, flow())
    return Ward(cluster, starter, clock)


async def test_a_lost_execution_gets_a_second_job(ward):
    """An expired lease without a pod is answered by Job number 2, which resumes."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert list(ward.cluster.of(JOBS)) == [f"pex-{UUID(int=1)}-2"]
    assert ward.dispatch.replacements == [2]
    assert ward.lost == []


async def test_a_second_loss_ends_it_with_the_epoch_that_was_judged(ward):
    """The final state is written only if nobody has claimed since, and is counted by its cause."""
    ward.dispatch.expired_rows = [expired(ward.clock, job_attempt=2)]
    await ward.step()

    assert ward.dispatch.ended == [(UUID(int=1), ExecutionState.FAILED, "job_gone", 3)]
    assert ward.lost == ["job_gone"]


async def test_a_claim_meanwhile_wins(ward):
    """Where another claim came first nothing is counted and no Job is deleted."""
    ward.dispatch.expired_rows = [expired(ward.clock, job_attempt=2)]
    ward.dispatch.claimable = False
    await ward.step()

    assert ward.lost == []
    assert [verb for verb, *_ in ward.cluster.writes] == []


async def test_runners_get_time_to_renew_after_the_database_was_away(ward):
    """Nothing is judged right after an outage: every lease has run out then."""
    await ward.step()
    ward.custody.database_was_away()
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.custody.step()
    assert ward.dispatch.replacements == []

    ward.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
    await ward.custody.step()

    assert ward.dispatch.replacements == [2]


async def test_nothing_is_judged_by_stale_watches(ward):
    """While the API server is away, the absence of a pod means nothing."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    ward.workloads.alive = False
    await ward.step()

    assert (ward.dispatch.replacements, ward.dispatch.ended) == ([], [])


async def test_an_execution_of_a_removed_flow_cannot_be_resumed(ward):
    """Without its Flow object a lost execution ends, and says both."""
    ward.cluster.remove(FLOWS, "acme", "acme-orders.hook")
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert [(state, code) for _, state, code, _ in ward.dispatch.ended] == [(ExecutionState.FAILED, "job_gone")]


async def test_what_was_never_started_is_queued_again_and_the_rest_stays(ward):
    """Rows without a Job go back to the queue; those whose pod is on its way are named as exceptions."""
    base = {"namespace": "acme", "instance": "acme-orders", "instance_uid": "u1", "flow": "hook", "flow_uid": "f1"}
    old = Starting(id=UUID(int=5), since=ward.clock() - timedelta(seconds=60), job_attempt=1, **base)
    young = Starting(id=UUID(int=6), since=ward.clock(), job_attempt=1, **base)
    ward.dispatch.starting_rows = [old, young]
    await ward.step()

    assert ward.dispatch.requeued == [[UUID(int=6)]]


NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def last(number, state=ExecutionState.PASSED, *, name="hook", uid="f1"):
    return LastExecution(
        id=uuid7.new(number),
        namespace="acme",
        instance="acme-orders",
        flow=name,
        flow_uid=uid,
        state=state,
        started_at=NOON,
        ended_at=None,
    )


class Statistics:
    def __init__(self):
        self.last, self.marks, self.settled = (), (), []

    async def changes(self):
        return FlowChange(last=tuple(self.last), marks=tuple(self.marks))

    async def settle(self, marks):
        self.settled.append(list(marks))


async def test_last_runs_are_written_seldom_and_only_when_changed(cluster, inventory, clock):
    """A flow's status follows its executions at most every 30 s, and an unchanged one is not written."""
    cluster.seed(FLOWS, flow())
    statistics, seconds = Statistics(), [1000.0]
    runs = LastRuns(statistics, inventory, Reporter(cluster, inventory, clock=clock), monotonic=lambda: seconds[0])
    statistics.last, statistics.marks = [last(1)], (1,)
    written = [await runs.step()]
    statistics.last, statistics.marks = [last(2, ExecutionState.FAILED)], (2,)
    written.append(await runs.step())
    seconds[0] += 31
    written += [await runs.step(), await runs.step()]

    assert written == [1, 0, 1, 0]
    assert cluster.of(FLOWS)["acme-orders.hook"]["status"]["lastExecution"]["state"] == "failed"
    assert statistics.settled[0] == [1]


async def test_a_burst_of_flows_is_spread(cluster, inventory, clock):
    """No more than five Flows are written in one step."""
    for number in range(12):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics()
    statistics.last = [last(1, name=f"f{number}", uid=f"f{number}") for number in range(12)]
    runs = LastRuns(statistics, inventory, Reporter(cluster, inventory, clock=clock), monotonic=lambda: 1000.0)

    assert [await runs.step() for _ in range(4)] == [5, 5, 2, 0]


async def test_an_older_execution_does_not_replace_a_newer_one(cluster, inventory, clock):
    """What is shown never goes back in time."""
    newer = last(10)
    cluster.seed(FLOWS, flow() | {"status": {"lastExecution": {"id": str(newer.id), "state": "passed"}}})
    statistics = Statistics()
    statistics.last = [last(5, ExecutionState.FAILED)]
    runs = LastRuns(statistics, inventory, Reporter(cluster, inventory, clock=clock), monotonic=lambda: 1000.0)

    assert await runs.step() == 0
