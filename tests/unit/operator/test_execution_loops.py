"""The loops around executions: dispatcher, custody, last runs, against stand-ins of store and cluster."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from penstock_core import uuid7
from penstock_core.cluster import FLOWS, JOBS, PODS
from penstock_core.errors import ClusterError, ClusterUnavailable
from penstock_core.states import ExecutionState
from penstock_core.store.executions.model import Expired, Starting, WaitingFlow
from penstock_core.store.flows.model import FlowChange, LastExecution
from penstock_operator.executions.dispatcher import PAGE, STARTS, Dispatcher
from penstock_operator.executions.job_creation import Starter
from penstock_operator.executions.last_executions import LastRuns
from penstock_operator.executions.recovery import RECOVERY_SECONDS, Custody
from penstock_operator.executions.recovery_decision import UNSEEN
from penstock_operator.objects.reporter import Reporter


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


class Dispatch:
    """The queue: ids by (flow's name, its uid), in the order of the uids; slots as numbers."""

    def __init__(self, waiting=None, *, busy=None) -> None:
        self.queues = {key: [UUID(int=number) for number in numbers] for key, numbers in (waiting or {}).items()}
        self.busy = busy or {}
        self.started, self.ended, self.asked, self.replacements = [], [], [], []
        self.expired_rows, self.starting_rows, self.requeued = [], [], []
        self.claimable = True

    async def waiting(self, *, after=("", ""), limit):
        self.asked.append(after)
        found = sorted((uid, name) for (name, uid), queue in self.queues.items() if queue and ("acme", uid) > after)
        return [
            WaitingFlow(
                namespace="acme",
                flow_uid=uid,
                instance="acme-orders",
                flow=name,
                due=True,
                busy=self.busy.get(uid, 0),
            )
            for uid, name in found[:limit]
        ]

    async def queued_in(self, *, namespace, flow_uid, limit):
        return list(self._queue(flow_uid)[:limit])

    async def take_slots(self, *, namespace, flow_uid, limit, most):
        room = most if limit is None else min(most, limit - self.busy.get(flow_uid, 0))
        taken = self._queue(flow_uid)[: max(room, 0)]
        self.busy[flow_uid] = self.busy.get(flow_uid, 0) + len(taken)
        self.started += taken
        self._forget(taken)
        return taken

    def _queue(self, flow_uid):
        return next(queue for (_, uid), queue in self.queues.items() if uid == flow_uid)

    def _forget(self, executions) -> None:
        for queue in self.queues.values():
            queue[:] = [one for one in queue if one not in executions]

    async def end(self, execution, state, *, cause, code, epoch=None):
        self.ended.append((execution, state, code, epoch))
        self._forget([execution])
        return self.claimable

    async def expired(self, *, grace_s=0.0, cancel_grace_s=0.0):
        return self.expired_rows

    async def starting(self, *, older_than_s):
        return self.starting_rows

    async def replaced(self, execution, *, job_attempt, epoch=None):
        self.replacements.append(job_attempt)
        return self.claimable

    async def asked_again(self, execution, *, job_attempt, epoch):
        return self.claimable

    async def requeue_unstarted(self, executions, *, older_than_s):
        self.requeued += executions
        return executions


class Workloads:
    def __init__(self) -> None:
        self.jobs, self.pods, self.alive = [], [], True

    def is_alive(self, namespace):
        return self.alive

    def of(self, execution, *, namespace, holder=""):
        return self.jobs, self.pods


@pytest.fixture
def lost():
    """The codes of what was ended from outside."""
    return []


@pytest.fixture
def starter(cluster, inventory, settings, lost):
    """Starters in a namespace whose Flows were listed."""
    with inventory.listing(FLOWS, "acme") as listing:
        inventory.replace(listing, [])
    return lambda dispatch: Starter(cluster, inventory, dispatch, runner=settings.runner, lost=lost.append)


HOOK, OTHER = ("hook", "f1"), ("other", "f2")


def numbers(executions):
    return [execution.int for execution in executions]


async def test_queued_executions_start_oldest_first_up_to_the_room_there_is(cluster, starter) -> None:
    """The installation's limit bounds how many start, the oldest of a flow first."""
    cluster.seed(FLOWS, flow())
    dispatch = Dispatch({HOOK: [1, 2, 3]})

    assert await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=8) == 2
    assert numbers(dispatch.started) == [1, 2]
    assert len(cluster.of(JOBS)) == 2


async def test_nothing_is_asked_when_there_is_no_room(starter) -> None:
    """A full installation costs no query."""
    dispatch = Dispatch({HOOK: [1]})

    assert await Dispatcher(dispatch, starter(dispatch), max_running=5).step(live=5) == 0
    assert dispatch.asked == []


async def test_a_backlog_does_not_hold_up_others(cluster, starter) -> None:
    """However much waits for one flow's only slot, another flow starts in the same round."""
    cluster.seed(FLOWS, flow(concurrency={"limit": 1, "whenFull": "queue"}))
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({HOOK: range(1, 3001), OTHER: [9999]})
    await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=0)

    assert numbers(dispatch.started) == [1, 9999]


async def test_what_one_flow_does_not_need_another_gets(cluster, starter) -> None:
    """Room is shared evenly, and what a short queue leaves goes to the long one in the same round."""
    cluster.seed(FLOWS, flow())
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({HOOK: range(1, 3001), OTHER: [9998, 9999]})
    await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=0)

    assert len(dispatch.started) == 10
    assert {9998, 9999} < set(numbers(dispatch.started))


async def test_flows_take_turns_where_room_is_scarce(cluster, starter) -> None:
    """With room for one a round, no flow is served twice before the others were."""
    cluster.seed(FLOWS, flow())
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({HOOK: [1, 2, 3], OTHER: [4, 5, 6]})
    dispatcher = Dispatcher(dispatch, starter(dispatch), max_running=1)
    for _ in range(4):
        await dispatcher.step(live=0)

    assert numbers(dispatch.started) == [1, 4, 2, 5]


async def test_paused_and_full_flows_stay_queued_and_do_not_hide_others(cluster, starter) -> None:
    """However many flows may not start, the rounds come to the one that may; what is paused stays."""
    waiting = {}
    for number in range(PAGE):
        state = {"paused": True} if number % 2 else {"concurrency": {"limit": 1, "whenFull": "queue"}}
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"a{number:04}", **state))
        waiting[(f"f{number}", f"a{number:04}")] = [number]
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({**waiting, OTHER: [9999]}, busy={f"a{number:04}": 1 for number in range(PAGE)})
    dispatcher = Dispatcher(dispatch, starter(dispatch), max_running=10)

    assert [await dispatcher.step(live=0) for _ in range(3)] == [0, 1, 0]
    assert numbers(dispatch.started) == [9999]


async def test_executions_of_a_removed_flow_end(cluster, starter) -> None:
    """What waits for a flow that is gone, or was made anew, is cancelled with the reason, so much in a round."""
    cluster.seed(FLOWS, flow(uid="another"))
    dispatch = Dispatch({HOOK: range(STARTS + 1)})
    dispatcher = Dispatcher(dispatch, starter(dispatch), max_running=10)
    await dispatcher.step(live=0)
    in_one_round = len(dispatch.ended)
    await dispatcher.step(live=0)

    assert dispatch.ended[0] == (UUID(int=0), ExecutionState.CANCELLED, "flow_removed", None)
    assert (in_one_round, len(dispatch.ended)) == (STARTS, STARTS + 1)


async def test_a_flow_of_a_namespace_that_was_not_listed_may_exist(cluster, inventory, settings) -> None:
    """Where Flows could not be read, or are not watched any more, nothing is cancelled: nobody knows that they are gone."""
    dispatch = Dispatch({HOOK: [1]})
    starter = Starter(cluster, inventory, dispatch, runner=settings.runner, lost=print)
    await Dispatcher(dispatch, starter, max_running=10).step(live=0)

    assert (dispatch.started, dispatch.ended) == ([], [])


async def test_a_job_that_exists_and_lives_is_not_made_twice(cluster, starter) -> None:
    """A name that is taken by a live Job means that it was created before."""
    item = cluster.seed(FLOWS, flow())
    dispatch = Dispatch()
    assert await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))
    assert await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))

    assert len(cluster.of(JOBS)) == 1
    assert dispatch.replacements == []


async def test_a_name_taken_by_a_finished_job_is_passed_over(cluster, starter) -> None:
    """A finished Job of the same name does not count: the next name is used, and counted."""
    item = cluster.seed(FLOWS, flow())
    dispatch = Dispatch()
    await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))
    job = cluster.of(JOBS)[f"pex-{UUID(int=1)}"]
    cluster.seed(JOBS, {**job, "status": {"conditions": [{"type": "Complete", "status": "True"}]}})
    await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))

    assert sorted(cluster.of(JOBS)) == [f"pex-{UUID(int=1)}", f"pex-{UUID(int=1)}-2"]
    assert dispatch.replacements == [2]


async def test_an_api_server_that_refuses_is_no_failure_of_the_round(cluster, starter) -> None:
    """A Job that cannot be created now is left to the requeue."""
    cluster.failures[("create", "jobs")] = ClusterUnavailable("quota")
    dispatch = Dispatch()

    assert not await starter(dispatch).start(FLOWS.parse(flow()), UUID(int=1))


async def test_a_job_that_is_invalid_ends_its_execution(cluster, starter, lost) -> None:
    """What the API server will never take is not tried for ever: it fails with the server's words."""
    cluster.failures[("create", "jobs")] = ClusterError("memory: must be less than the limit", status=422)
    dispatch = Dispatch()

    assert not await starter(dispatch).start(FLOWS.parse(flow()), UUID(int=1), epoch=2)
    assert dispatch.ended == [(UUID(int=1), ExecutionState.FAILED, "job_refused", 2)]
    assert lost == ["job_refused"]


async def test_a_job_that_is_refused_for_now_stays(cluster, starter) -> None:
    """A quota or an admission policy may let it pass later."""
    cluster.failures[("create", "jobs")] = ClusterError("exceeded quota", status=403)
    dispatch = Dispatch()

    assert not await starter(dispatch).start(FLOWS.parse(flow()), UUID(int=1))
    assert dispatch.ended == []


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
        "replaced_at": None,
        "cancel_at": None,
    }
    return Expired(**values | changes)


def starting(clock, *, number=5, seconds=60):
    return Starting(
        id=UUID(int=number),
        namespace="acme",
        instance="acme-orders",
        instance_uid="u1",
        flow="hook",
        flow_uid="f1",
        since=clock() - timedelta(seconds=seconds),
        job_attempt=1,
        replaced_at=None,
    )


class Ward:
    """Custody with all that it needs."""

    def __init__(self, cluster, inventory, starter, clock) -> None:
        self.cluster, self.inventory, self.clock = cluster, inventory, clock
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

    async def _held_up(self, row, cause) -> None:
        self.held_up.append(cause.code)

    async def step(self) -> None:
        """One round after runners had their time to renew."""
        await self.custody.step()
        self.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
        await self.custody.step()


@pytest.fixture
def ward(cluster, inventory, starter, clock):
    cluster.seed(FLOWS, flow())
    return Ward(cluster, inventory, starter, clock)


async def test_a_lost_execution_gets_a_second_job(ward) -> None:
    """An expired lease without a pod is answered by Job number 2, which resumes."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert list(ward.cluster.of(JOBS)) == [f"pex-{UUID(int=1)}-2"]
    assert ward.dispatch.replacements == [2]
    assert ward.lost == []


async def test_a_second_loss_ends_it_with_the_epoch_that_was_judged(ward) -> None:
    """The final state is written only if nobody has claimed since, and is counted by its cause."""
    ward.dispatch.expired_rows = [expired(ward.clock, job_attempt=2)]
    await ward.step()

    assert ward.dispatch.ended == [(UUID(int=1), ExecutionState.FAILED, "job_gone", 3)]
    assert ward.lost == ["job_gone"]


async def test_a_claim_meanwhile_wins(ward) -> None:
    """Where another claim came first nothing is counted and no Job is deleted."""
    ward.dispatch.expired_rows = [expired(ward.clock, job_attempt=2)]
    ward.dispatch.claimable = False
    await ward.step()

    assert ward.lost == []
    assert [verb for verb, *_ in ward.cluster.writes] == []


async def test_runners_get_time_to_renew_after_the_database_was_away(ward) -> None:
    """Nothing is judged right after an outage: every lease has run out then."""
    await ward.step()
    ward.custody.database_was_away()
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.custody.step()
    assert ward.dispatch.replacements == []

    ward.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
    await ward.custody.step()

    assert ward.dispatch.replacements == [2]


async def test_nothing_is_judged_by_stale_watches(ward) -> None:
    """While the API server is away, the absence of a pod means nothing."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    ward.workloads.alive = False
    await ward.step()

    assert (ward.dispatch.replacements, ward.dispatch.ended) == ([], [])


async def test_an_execution_of_a_removed_flow_cannot_be_resumed(ward) -> None:
    """Without its Flow object a lost execution ends, and says both."""
    ward.cluster.remove(FLOWS, "acme", "acme-orders.hook")
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert [(state, code) for _, state, code, _ in ward.dispatch.ended] == [(ExecutionState.FAILED, "job_gone")]


async def test_what_was_never_started_is_queued_again_and_the_rest_stays(ward) -> None:
    """Rows without a Job go back to the queue, by name: those that are not meant stay, however long a round takes."""
    ward.dispatch.starting_rows = [starting(ward.clock, number=5), starting(ward.clock, number=6, seconds=-20)]
    await ward.step()

    assert ward.dispatch.requeued == [UUID(int=5)]


async def test_a_replacement_that_could_not_be_made_is_made_later(ward) -> None:
    """A Job that the API server did not take, or the one before that could not be deleted, costs no second attempt."""
    ward.dispatch.expired_rows = [expired(ward.clock)]
    ward.cluster.failures[("create", "jobs")] = ClusterUnavailable("away")
    await ward.step()
    row = expired(ward.clock, job_attempt=2, replaced_at=ward.clock())
    ward.dispatch.expired_rows = [row]
    ward.cluster.failures.clear()
    await ward.custody.step()
    at_once = list(ward.cluster.of(JOBS))
    ward.clock.advance(UNSEEN + timedelta(seconds=1))
    await ward.custody.step()

    assert (at_once, list(ward.cluster.of(JOBS))) == ([], [f"pex-{UUID(int=1)}-2"])
    assert (ward.dispatch.replacements, ward.dispatch.ended) == ([2], [])


async def test_one_that_fails_keeps_no_other(ward) -> None:
    """A Job that cannot be deleted leaves its execution to the next round; the others are looked after in this one."""
    ward.workloads.jobs = [JOBS.parse({"metadata": {"name": "pex-stuck", "creationTimestamp": "2026-03-01T11:00:00Z"}})]
    metadata = {"name": "p", "labels": {"batch.kubernetes.io/job-name": "pex-stuck"}}
    ward.workloads.pods = [PODS.parse({"metadata": metadata, "spec": {}, "status": {"phase": "Failed"}})]
    ward.cluster.failures[("delete", "jobs", "pex-stuck")] = ClusterError("denied", status=403)
    ward.dispatch.expired_rows = [expired(ward.clock), expired(ward.clock, id=UUID(int=2))]
    await ward.step()

    assert ward.dispatch.replacements == [2, 2]


async def test_a_runner_that_does_not_heed_a_cancellation_is_stopped(ward) -> None:
    """A minute after the mark the execution is cancelled under its runner's epoch, and the Job deleted."""
    name = f"pex-{UUID(int=1)}"
    job = {"metadata": {"name": name, "namespace": "acme", "creationTimestamp": "2026-03-01T11:00:00Z"}}
    ward.cluster.seed(JOBS, job)
    ward.workloads.jobs = [JOBS.parse(job)]
    ward.workloads.pods = [PODS.parse({"metadata": {"name": "pex-1-x"}, "status": {"phase": "Running"}})]
    renewed = ward.clock() + timedelta(seconds=40)
    ward.dispatch.expired_rows = [
        expired(ward.clock, lease_until=renewed, cancel_at=ward.clock() - timedelta(seconds=61))
    ]
    await ward.step()

    assert ward.dispatch.ended == [(UUID(int=1), ExecutionState.CANCELLED, "cancelled", 3)]
    assert ward.cluster.of(JOBS) == {}


async def test_an_execution_whose_flow_may_exist_is_not_ended(ward) -> None:
    """Where Flows could not be read, a lost execution waits: its flow may be there."""
    ward.cluster.remove(FLOWS, "acme", "acme-orders.hook")
    ward.inventory.set_partial(["acme"])
    ward.dispatch.expired_rows = [expired(ward.clock)]
    await ward.step()

    assert (ward.dispatch.ended, ward.dispatch.replacements) == ([], [])


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
    """What ended, by mark; what began or is named without a mark comes each time."""

    def __init__(self, *ended) -> None:
        self.last, self.ended = (), dict(enumerate(ended, 1))

    async def changes(self, *, kept=()):
        read = {mark: one for mark, one in self.ended.items() if one.id not in kept}
        newest = {one.flow_uid: one for one in sorted([*read.values(), *self.last], key=lambda one: one.id)}
        return FlowChange(last=tuple(newest.values()), marks=tuple(read))

    async def settle(self, marks, *, kept=()) -> None:
        self.ended = {mark: one for mark, one in self.ended.items() if mark not in marks or one.id in kept}


@pytest.fixture
def seconds():
    """The time in seconds, in a list, for a test to move."""
    return [1000.0]


@pytest.fixture
def runs(cluster, inventory, clock, seconds):
    """LastRuns over given statistics; each is a process of its own."""
    reporter = Reporter(cluster, inventory, clock=clock)
    return lambda statistics: LastRuns(statistics, inventory, reporter, monotonic=lambda: seconds[0])


async def test_last_runs_are_written_seldom_and_only_when_changed(cluster, runs, seconds) -> None:
    """A flow's status follows its executions at most every 30 s, and an unchanged one is not written."""
    cluster.seed(FLOWS, flow())
    statistics = Statistics(last(1))
    published = runs(statistics)
    written = [await published.step()]
    statistics.ended[2] = last(2, ExecutionState.FAILED)
    written.append(await published.step())
    seconds[0] += 31
    written += [await published.step(), await published.step()]

    assert written == [1, 0, 1, 0]
    assert cluster.of(FLOWS)["acme-orders.hook"]["status"]["lastExecution"]["state"] == "failed"
    assert statistics.ended == {}


async def test_what_ended_is_settled_though_flows_wait_for_their_turn(cluster, runs) -> None:
    """However many executions end, what is kept of each flow is the newest, and for one round the one before."""
    for number in range(40):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics()
    published = runs(statistics)
    kept = []
    for second in range(20):
        ended = [last(1 + second, name=f"f{number}", uid=f"f{number}") for number in range(40)]
        statistics.ended |= {second * 40 + number: one for number, one in enumerate(ended)}
        await published.step()
        kept.append(len(statistics.ended))

    await published.step()

    assert max(kept) <= 2 * 40
    assert len(statistics.ended) <= 40


async def test_what_waits_to_be_published_outlives_a_restart(cluster, runs) -> None:
    """A process that goes on in another's place publishes what that one had read."""
    for number in range(8):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics(*(last(1, name=f"f{number}", uid=f"f{number}") for number in range(8)))
    await runs(statistics).step()
    await runs(statistics).step()

    assert [name for name, item in cluster.of(FLOWS).items() if "status" not in item] == []


async def test_a_burst_of_flows_is_spread(cluster, runs) -> None:
    """No more than five Flows are written in one step."""
    for number in range(12):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics()
    statistics.last = [last(1, name=f"f{number}", uid=f"f{number}") for number in range(12)]
    published = runs(statistics)

    assert [await published.step() for _ in range(4)] == [5, 5, 2, 0]


async def test_an_older_execution_does_not_replace_a_newer_one(cluster, runs) -> None:
    """What is shown never goes back in time."""
    newer = last(10)
    cluster.seed(FLOWS, flow() | {"status": {"lastExecution": {"id": str(newer.id), "state": "passed"}}})

    assert await runs(Statistics(last(5, ExecutionState.FAILED))).step() == 0
