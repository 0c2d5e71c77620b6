"""The operator's loops on a real Postgres, with a cluster that only remembers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import builders
from fake_cluster import FakeCluster
from neighbours import Workloads
from operator_stand import ENVIRONMENT, Clock, watched
from penstock_core import codec, uuid7
from penstock_core.cluster import FLOWS, JOBS, NAMESPACES, SECRETS, Object
from penstock_core.errors import ClusterError, ClusterUnavailable
from penstock_core.executions.flow_identity import flow_identity
from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.observed.flow import Flow
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.cancelling import Cancelling
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Execution, Full
from penstock_core.store.executions.reading import Reading
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.flows.statistics import Statistics
from penstock_operator.executions.dispatcher import Dispatcher
from penstock_operator.executions.job_creation import Starter
from penstock_operator.executions.last_executions import LastRuns
from penstock_operator.executions.recovery import RECOVERY_SECONDS, Recovery
from penstock_operator.namespaces import Namespaces, password_in
from penstock_operator.objects.reporter import Reporter
from penstock_operator.schedules.missed_ticks import Ticks
from penstock_operator.services import tenancy_of
from penstock_operator.settings import from_environment
from penstock_operator.watch.inventory import Inventory
from roles import drop_roles


class Stand:
    """The loops over one database."""

    def __init__(self, pool: Pool, dsn: str) -> None:
        self.pool, self.clock, self.inventory = pool, Clock(), Inventory()
        self.clock.at = datetime.now(UTC)
        self.cluster = FakeCluster(told=watched(self.inventory))
        self.settings = from_environment({**ENVIRONMENT, "PENSTOCK_DSN": dsn})
        self.dispatch, self.reading = Dispatch(pool), Reading(pool)
        self.lost: list[str] = []
        self.starter = Starter(
            self.cluster, self.inventory, self.dispatch, runner=self.settings.runner, lost=self.lost.append
        )
        self.reporter = Reporter(self.cluster, self.inventory, clock=self.clock)

    def flow(self, *, name: str = "hook", uid: str = "f1", **spec: Any) -> Object:
        created = {"creationTimestamp": (self.clock() - timedelta(days=7)).isoformat()}
        return self.cluster.seed(FLOWS, builders.flow(name, uid=uid, metadata=created, **spec))

    async def accept(self, flow: Object, *, start: bool = False) -> UUID:
        acceptances = Acceptances(self.pool)
        await acceptances.ensure_definition(namespace="acme", hash="9" * 64, packed=codec.pack({}).data)
        one = Acceptance(
            id=uuid7.new(),
            flow=flow_identity(Flow.parse(flow)),
            trigger=Trigger.WEBHOOK,
            payload=codec.pack({}).data,
            requested_by="test",
            start=start,
        )
        [outcome] = (await acceptances.accept([one])).outcomes
        assert not isinstance(outcome, Full)
        return outcome.id

    async def found(self, execution: UUID) -> Execution:
        """What is recorded of an execution that is there."""
        found = await self.reading.execution(execution)
        assert found is not None
        return found

    async def state(self, execution: UUID) -> ExecutionState:
        return (await self.found(execution)).state

    async def recover(self) -> None:
        async def blocked(*_: Any) -> None:
            pass

        recovery = Recovery(
            self.cluster,
            self.dispatch,
            Workloads(),
            self.starter,
            clock=self.clock,
            lost=self.lost.append,
            blocked=blocked,
        )
        await recovery.step()
        self.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
        await recovery.step()

    async def execute(self, statement: str) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(statement.encode())


@pytest.fixture
def stand(pool: Pool, dsn: str) -> Stand:
    return Stand(pool, dsn)


async def test_what_waits_is_started_within_the_flows_limit(stand: Stand) -> None:
    """Of three that wait in a flow with one slot, the oldest starts and gets the one Job."""
    flow = stand.flow(concurrency={"limit": 1, "whenFull": "queue"})
    waiting = [await stand.accept(flow) for _ in range(3)]
    started = await Dispatcher(stand.dispatch, stand.starter, max_running=10).step(live=0)

    assert started == 1
    assert list(stand.cluster.of(JOBS)) == [f"pex-{waiting[0]}"]
    assert await stand.dispatch.queued_in(namespace="acme", flow_uid="f1", limit=10) == waiting[1:]


async def test_a_start_without_a_job_goes_back_to_the_queue(stand: Stand) -> None:
    """An execution whose gateway died between row and Job is queued again, and started by the dispatcher."""
    flow = stand.flow()
    execution = await stand.accept(flow, start=True)
    await stand.execute("update live_executions set state_since = now() - interval '31 seconds'")
    stand.clock.advance(timedelta(seconds=60))
    await stand.recover()
    started = await Dispatcher(stand.dispatch, stand.starter, max_running=10).step(live=0)

    assert started == 1
    assert list(stand.cluster.of(JOBS)) == [f"pex-{execution}"]


async def running_without_a_runner(stand: Stand) -> UUID:
    """An execution that a runner had claimed which is gone, pod and Job."""
    execution = await stand.accept(stand.flow(), start=True)
    await stand.execute("update executions set state = 'running', started_at = now()")
    await stand.execute(
        "update live_executions set state = 'running', epoch = 1, holder = 'gone', lease_until = now() - interval '1 minute'"
    )
    return execution


async def test_a_lost_execution_is_replaced_once_and_then_ends_with_its_cause(stand: Stand) -> None:
    """A runner that vanished is replaced; when its replacement has claimed and vanishes too, the execution ends in words."""
    execution = await running_without_a_runner(stand)
    await stand.recover()
    second = list(stand.cluster.of(JOBS))
    await stand.execute(
        "update live_executions set epoch = 2, lease_until = now() - interval '1 minute', replaced_at = now() - interval '2 minutes'"
    )
    await stand.recover()
    found = await stand.found(execution)

    assert second == [f"pex-{execution}-2"]
    assert found.state is ExecutionState.FAILED
    assert (found.error_code, found.error_message) == ("job_gone", "the Job was deleted before the execution ended")
    assert stand.lost == ["job_gone"]


async def test_a_replacement_that_was_not_made_is_made_again(stand: Stand) -> None:
    """A Job that the API server did not take is created in a later round, under the number that was counted."""
    execution = await running_without_a_runner(stand)
    stand.cluster.failures[("create", "jobs")] = ClusterUnavailable("away")
    await stand.recover()
    stand.cluster.failures.clear()
    await stand.execute(
        "update live_executions set replaced_at = now() - interval '1 minute', lease_until = lease_until - interval '2 minutes'"
    )
    await stand.recover()

    assert list(stand.cluster.of(JOBS)) == [f"pex-{execution}-2"]
    assert await stand.state(execution) is ExecutionState.RUNNING


async def test_a_cancellation_before_the_pod_began_is_carried_out(stand: Stand) -> None:
    """A pod that cannot start would never see the mark."""
    execution = await stand.accept(stand.flow())
    await Dispatcher(stand.dispatch, stand.starter, max_running=10).step(live=0)
    jobs = list(stand.cluster.of(JOBS))
    await Cancelling(stand.pool).cancel(execution, namespace="acme", requester="anna")
    await stand.execute("update live_executions set state_since = now() - interval '6 seconds'")
    await stand.recover()
    found = await stand.found(execution)

    assert jobs == [f"pex-{execution}"]
    assert (found.state, found.error_code, found.cancelled_by) == (ExecutionState.CANCELLED, "cancelled", "anna")


async def test_a_cancellation_that_is_not_heeded_is_carried_out(stand: Stand) -> None:
    """A minute after the mark a running execution ends as cancelled, though its runner keeps the lease."""
    execution = await running_without_a_runner(stand)
    await stand.execute("update live_executions set lease_until = now() + interval '15 seconds'")
    await Cancelling(stand.pool).cancel(execution, namespace="acme", requester="anna")
    await stand.recover()
    before = await stand.state(execution)
    await stand.execute("update live_executions set cancel_at = now() - interval '61 seconds'")
    await stand.recover()
    found = await stand.found(execution)

    assert before is ExecutionState.RUNNING
    assert (found.state, found.error_code) == (ExecutionState.CANCELLED, "cancelled")


async def test_a_job_that_is_refused_as_invalid_ends_its_execution(stand: Stand) -> None:
    """The dispatcher meets a Job that can never be: the execution fails with the API server's words, once."""
    execution = await stand.accept(stand.flow())
    stand.cluster.failures[("create", "jobs")] = ClusterError("Job is invalid: memory", status=422)
    await Dispatcher(stand.dispatch, stand.starter, max_running=10).step(live=0)
    found = await stand.found(execution)

    assert found.state is ExecutionState.FAILED
    assert (found.error_code, found.error_message) == (
        "job_refused",
        "the API server refuses the Job: Job is invalid: memory",
    )
    assert stand.lost == ["job_refused"]


async def test_a_backlog_of_thousands_holds_up_nobody(stand: Stand) -> None:
    """Behind 3,000 executions of a flow with one slot another flow starts in the first round."""
    first = await stand.accept(stand.flow(concurrency={"limit": 1, "whenFull": "queue"}))
    await stand.execute(
        "insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state) "
        f"select (left('{first}', 24) || to_hex(281474976706560 + n))::uuid, 'acme', 'acme-orders', 'u1', 'hook', 'f1', 'queued'"
        " from generate_series(1, 3000) n"
    )
    other = stand.flow(name="other", uid="f2")
    execution = await stand.accept(other)

    assert await Dispatcher(stand.dispatch, stand.starter, max_running=10).step(live=0) == 2
    assert f"pex-{execution}" in stand.cluster.of(JOBS)


async def test_missed_ticks_are_recorded_once(stand: Stand) -> None:
    """Two replicas that look at the same minutes, those of the hour before included, record each tick once."""
    schedule = {"cron": "* * * * *", "timeZone": "Etc/UTC", "overlap": "skip"}
    stand.flow(trigger="schedule", schedule=schedule)
    counts: list[int] = []
    for _ in range(2):
        ticks = Ticks(
            stand.cluster,
            stand.inventory,
            Workloads(),
            Schedules(stand.pool),
            reporter=stand.reporter,
            clock=stand.clock,
            missed=counts.append,
            since=stand.clock() - timedelta(minutes=10),
            release="penstock-system.penstock",
        )
        await ticks.step()

    assert len(counts) == 1
    assert counts[0] in {70, 71}


async def test_a_flows_status_shows_what_ended_last(stand: Stand) -> None:
    """The end of an execution reaches its Flow's status, and is settled."""
    flow = stand.flow()
    execution = await stand.accept(flow)
    await stand.dispatch.end(execution, ExecutionState.CANCELLED, namespace="acme", cause="c", code="c")
    statistics = Statistics(stand.pool)
    runs = LastRuns(statistics, stand.inventory, stand.reporter, monotonic=lambda: 1000.0)
    written = [await runs.step(), await runs.step()]

    assert written == [1, 0]
    assert stand.cluster.of(FLOWS)["acme-orders.hook"]["status"]["lastExecution"]["id"] == str(execution)
    assert (await statistics.changes()).marks == ()


async def test_a_namespaces_role_keeps_its_password_over_restarts(stand: Stand, pool: Pool, dsn: str) -> None:
    """A second operator process finds the password of the Secret, so that running Jobs are not locked out."""
    settings = replace(stand.settings, database_role_prefix=f"p{uuid7.new().hex[:20]}")
    tenancy = tenancy_of(pool, settings)
    await tenancy.ensure_access()
    passwords = []
    stand.cluster.seed(NAMESPACES, {"metadata": {"name": "acme", "namespace": None, "uid": "n1"}})

    async def released() -> None:
        pass

    for _ in range(2):
        await Namespaces(stand.cluster, tenancy, settings).prepare("acme")
        passwords.append(password_in(stand.cluster.of(SECRETS)["penstock-database-penstock"]))
    await Namespaces(stand.cluster, tenancy, settings).leave("acme", is_last=lambda: True, release=released)
    await drop_roles(pool, dsn, settings.database_role_prefix)

    assert passwords[0] is not None
    assert passwords[0] == passwords[1]
    assert stand.cluster.of(SECRETS) == {}
