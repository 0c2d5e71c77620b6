"""The runner's side: claims, leases, records, ends; as a tenant's own role under row-level security."""

import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from executions import DEFINITION_HASH, acceptance, flow_identity
from penstock_core import uuid7
from penstock_core.errors import LeaseLost, StoreError, StoreUnavailable
from penstock_core.executions.states import ExecutionState, StepStatus, Trigger
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.cancelling import Cancellation, Cancelling
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import (
    Acceptance,
    AlreadyEnded,
    Claim,
    HeldUntil,
    LeftQueued,
    LogRecord,
    Outcome,
    Renewal,
    Skipped,
    StepRecord,
    Tick,
)
from penstock_core.store.executions.reading import Reading
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn
from roles import drop_roles, uid

NOW = datetime.now(UTC)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""When ticks were due: long ago is no matter."""
PASSED = Outcome(state=ExecutionState.PASSED)


@pytest.fixture
async def role(pool: Pool, dsn: str) -> AsyncIterator[RoleDsn]:
    """The runner role of the namespace acme."""
    prefix = f"t{uuid4().hex[:8]}"
    tenancy = Tenancy(pool, dsn=dsn, prefix=prefix)
    await tenancy.ensure_access()
    yield await tenancy.ensure_runner_role("acme", uid=uid("acme"))
    await drop_roles(pool, dsn, prefix, "acme")


@pytest.fixture
def running(role: RoleDsn) -> Iterator[Running]:
    """A runner of the namespace acme."""
    with closing(Running(lambda: connect(role.dsn), "acme")) as made:
        yield made


async def accepted(pool: Pool, **changes: Any) -> Acceptance:
    """An execution with its definition, stored."""
    item = acceptance(**changes)
    await Acceptances(pool).ensure_definition(namespace="acme", hash=DEFINITION_HASH, packed=b"definition")
    await Acceptances(pool).accept([item])
    return item


async def claimed(pool: Pool, running: Running) -> Claim:
    """An execution that runs."""
    claim = running.claim((await accepted(pool)).id, holder="pod-1")
    assert isinstance(claim, Claim)
    return claim


async def expire_lease(pool: Pool, execution: UUID) -> None:
    await Database(pool).count(
        "update live_executions set lease_until = now() - interval '1 second' where id = %(id)s", id=execution
    )


def step(path: str = "one", **changes: Any) -> StepRecord:
    values: dict[str, Any] = {
        "path": path,
        "attempt": 1,
        "action": "set",
        "status": StepStatus.PASSED,
        "started_at": NOW,
        "ended_at": NOW + timedelta(milliseconds=5),
        "duration_ms": 5,
    }
    return StepRecord(**{**values, **changes})


def tick(minute: int = 0, **changes: Any) -> Tick:
    values: dict[str, Any] = {
        "id": uuid7.new(),
        "flow": flow_identity(flow="poll", flow_uid="uid-poll"),
        "scheduled_at": NOON + timedelta(minutes=minute),
        "skip_overlap": True,
        "limit": None,
        "payload": b"tick",
        "requested_by": "schedule",
    }
    return Tick(**{**values, **changes})


async def test_a_claim_brings_all_that_a_run_needs(pool: Pool, running: Running) -> None:
    """The first claim has epoch 1, the flow, definition and payload, and the execution is running then."""
    item = await accepted(pool, payload=b"trigger data")

    claim = running.claim(item.id, holder="pod-1")

    assert isinstance(claim, Claim)
    assert (claim.id, claim.epoch, claim.flow, claim.trigger) == (item.id, 1, item.flow, Trigger.WEBHOOK)
    assert (claim.definition, claim.payload, claim.steps, claim.cancel) == (b"definition", b"trigger data", (), False)
    stored = await Reading(pool).execution(item.id)
    assert stored is not None
    assert (stored.state, stored.started_at) == (ExecutionState.RUNNING, claim.started_at)


async def test_of_many_claims_one_wins(pool: Pool, role: RoleDsn) -> None:
    """Eight runners at once: one gets the execution, the others learn until when it is held."""
    item = await accepted(pool)
    runners = [Running(lambda: connect(role.dsn), "acme") for _ in range(8)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: runners[n].claim(item.id, holder=f"pod-{n}"), range(8)))

    for runner in runners:
        runner.close()
    assert sorted(type(answer).__name__ for answer in answers) == ["Claim"] + ["HeldUntil"] * 7


async def test_the_same_pod_may_claim_again(pool: Pool, running: Running) -> None:
    """A holder that did not hear the answer claims again and gets a later epoch."""
    claim = await claimed(pool, running)

    again = running.claim(claim.id, holder="pod-1")

    assert isinstance(again, Claim)
    assert (again.epoch, again.started_at) == (2, claim.started_at)


async def test_an_expired_lease_may_be_taken_with_the_recorded_steps(pool: Pool, running: Running) -> None:
    """The replacement gets what was recorded, in order, and the lost runner can write nothing any more."""
    claim = await claimed(pool, running)
    second = step("two", started_at=NOW + timedelta(seconds=1), status=StepStatus.FAILED, error_message="no")
    running.record(claim.id, epoch=1, steps=[second, step("one", output=b"out", extracted=b"ex")])
    await expire_lease(pool, claim.id)

    taken = running.claim(claim.id, holder="pod-2")

    assert isinstance(taken, Claim)
    assert taken.epoch == 2
    assert [(each.path, each.status, each.output, each.extracted) for each in taken.steps] == [
        ("one", "passed", b"out", b"ex"),
        ("two", "failed", None, None),
    ]
    assert running.renew(claim.id, epoch=1) == Renewal(lost=True, cancel=False)
    with pytest.raises(LeaseLost):
        running.record(claim.id, epoch=1, steps=[step("three")])
    with pytest.raises(LeaseLost):
        running.finish(claim.id, epoch=1, outcome=PASSED)
    assert [each.path for each in await Reading(pool).steps(claim.id, namespace="acme")] == ["one", "two"]


async def test_only_what_a_resumption_reads_is_loaded(pool: Pool, running: Running) -> None:
    """Values of earlier attempts and of steps in loops that have passed stay in the database; a stop's says how it ended."""
    claim = await claimed(pool, running)
    loop = {"action": "forEach", "output": b"list"}
    value = {"output": b"out", "extracted": b"ex"}
    steps = [
        step("retried", status=StepStatus.FAILED, **value),
        step("retried", attempt=2, **value),
        step("branch", action="branch", **value),
        step("branch/0/a", **value),
        step("passed", **loop),
        step("passed/0/a", **value),
        step("passed/0/branch/0/a", **value),
        step("passed/0/branch/0/end", action="stop", **value),
        step("going", status=StepStatus.RUNNING, action="forEach"),
        step("going/0/a", **value),
        step("going/0/inner", **loop),
        step("going/0/inner/7/a", **value),
        step("going/1/inner", **loop),
        step("going/1/inner", attempt=2, action="forEach", status=StepStatus.RUNNING),
        step("going/1/inner/7/a", **value),
        step("passed_not", **value),
    ]
    running.record(claim.id, epoch=1, steps=steps)

    again = running.claim(claim.id, holder="pod-1")

    assert isinstance(again, Claim)
    assert {(each.path, each.attempt) for each in again.steps if each.output is None and each.extracted is None} == {
        ("retried", 1),
        ("passed/0/a", 1),
        ("passed/0/branch/0/a", 1),
        ("going", 1),
        ("going/0/inner/7/a", 1),
        ("going/1/inner", 1),
        ("going/1/inner", 2),
    }
    assert len(again.steps) == len(steps)


async def test_a_resumption_knows_times_and_details(pool: Pool, running: Running) -> None:
    """An attempt comes back with its error's details and its times; what has not ended ends where it began."""
    claim = await claimed(pool, running)
    failed = step(status=StepStatus.FAILED, error_code="http_status", error_details=b"details")
    running.record(claim.id, epoch=1, steps=[failed, step("two", status=StepStatus.RUNNING, ended_at=None)])

    again = running.claim(claim.id, holder="pod-1")

    assert isinstance(again, Claim)
    one, two = again.steps
    assert (one.error_details, one.started_at, one.ended_at) == (b"details", failed.started_at, failed.ended_at)
    assert (two.error_details, two.ended_at) == (None, two.started_at)


async def test_a_claim_says_how_long_the_execution_has_run(pool: Pool, running: Running) -> None:
    """The first claim begins it; a later one counts from there, on the database's clock."""
    claim = await claimed(pool, running)
    await Database(pool).count(
        "update executions set started_at = started_at - interval '90 seconds' where id = %(id)s", id=claim.id
    )

    again = running.claim(claim.id, holder="pod-1")

    assert isinstance(again, Claim)
    assert claim.ran_ms == 0
    assert 90_000 <= again.ran_ms < 150_000


async def test_what_is_queued_is_nobodys_to_claim(pool: Pool, running: Running) -> None:
    """A Job whose execution went back to the queue is told to wait."""
    item = await accepted(pool, start=False)

    answer = running.claim(item.id, holder="pod-1")

    assert isinstance(answer, HeldUntil)
    assert answer.state is ExecutionState.QUEUED


async def test_what_has_ended_or_never_was_cannot_be_claimed(pool: Pool, running: Running) -> None:
    """An ended execution answers with its state, an unknown one without."""
    claim = await claimed(pool, running)
    running.finish(claim.id, epoch=1, outcome=PASSED)
    nobody = uuid7.new()

    assert running.claim(claim.id, holder="pod-2") == AlreadyEnded(id=claim.id, state=ExecutionState.PASSED)
    assert running.claim(nobody, holder="pod-2") == AlreadyEnded(id=nobody, state=None)


async def test_a_missing_definition_is_said(pool: Pool, running: Running) -> None:
    """An execution whose definition is not there cannot run, and the error says what is missing."""
    item = acceptance(flow_identity(definition_hash="unknown"))
    await Acceptances(pool).accept([item])

    with pytest.raises(StoreError, match="its definition is not in the database"):
        running.claim(item.id, holder="pod-1")


async def test_a_renewal_moves_the_lease_and_sees_the_mark(pool: Pool, running: Running) -> None:
    """A renewal puts the lease's end off; a cancel mark shows there and at the next record."""
    claim = await claimed(pool, running)
    await expire_lease(pool, claim.id)

    assert running.renew(claim.id, epoch=1) == Renewal(lost=False, cancel=False)
    assert await Dispatch(pool).expired() == []
    assert await Cancelling(pool).cancel(claim.id, namespace="acme", requester="anna") is Cancellation.MARKED
    assert running.renew(claim.id, epoch=1).cancel
    assert running.record(claim.id, epoch=1).cancel


async def test_a_step_is_recorded_with_all_it_has(pool: Pool, running: Running) -> None:
    """Every field of a record comes back, values only one by one."""
    claim = await claimed(pool, running)
    record = step(
        "each/3/push",
        attempt=2,
        action="http",
        status=StepStatus.FAILED,
        input=b"in\x00\xff",
        output=b"",
        assertions=b"as",
        input_size=5,
        output_size=70_000_000,
        truncated=True,
        error_code="status",
        error_message="expected 200, got 500",
        items_total=7,
        items_failed=1,
        warnings=("cut", "odd"),
    )

    running.record(claim.id, epoch=1, steps=[record])

    (stored,) = await Reading(pool).steps(claim.id, namespace="acme")
    assert {name: getattr(stored, name) for name in stored.__slots__} == {
        name: getattr(record, name) for name in stored.__slots__
    }
    value = Reading(pool).step_value
    assert await value(claim.id, namespace="acme", path="each/3/push", attempt=2, side="input") == b"in\x00\xff"
    assert await value(claim.id, namespace="acme", path="each/3/push", attempt=2, side="output") == b""
    assert await value(claim.id, namespace="acme", path="each/3/push", attempt=1, side="output") is None


async def test_a_step_that_ends_replaces_its_start(pool: Pool, running: Running) -> None:
    """The row of a running attempt becomes its result, also where both come in one write."""
    claim = await claimed(pool, running)
    start = step("one", status=StepStatus.RUNNING, ended_at=None, duration_ms=None)
    running.record(claim.id, epoch=1, steps=[start])

    running.record(claim.id, epoch=1, steps=[step("one"), step("two", status=StepStatus.RUNNING), step("two")])

    assert [(each.path, each.status) for each in await Reading(pool).steps(claim.id, namespace="acme")] == [
        ("one", "passed"),
        ("two", "passed"),
    ]


async def test_closing_an_interrupted_attempt_keeps_its_input(pool: Pool, running: Running) -> None:
    """What an attempt was given stays readable when its replacement closes it without knowing it; a new input wins."""
    claim = await claimed(pool, running)
    start = step(status=StepStatus.RUNNING, ended_at=None, input=b"given", input_size=5, truncated=True)
    running.record(claim.id, epoch=1, steps=[start])

    running.record(claim.id, epoch=1, steps=[step(status=StepStatus.FAILED, error_code="interrupted")])

    reading = Reading(pool)
    [closed] = await reading.steps(claim.id, namespace="acme")
    assert (closed.status, closed.error_code, closed.input_size, closed.truncated) == ("failed", "interrupted", 5, True)
    assert await reading.step_value(claim.id, namespace="acme", path="one", attempt=1, side="input") == b"given"
    running.record(claim.id, epoch=1, steps=[step(input=b"new", input_size=3)])
    [again] = await reading.steps(claim.id, namespace="acme")
    assert (again.input_size, again.truncated) == (3, False)
    assert await reading.step_value(claim.id, namespace="acme", path="one", attempt=1, side="input") == b"new"


async def test_logs_come_back_in_order_and_once(pool: Pool, running: Running) -> None:
    """A log line written again by a repeated call is there once; a cursor continues behind a line."""
    claim = await claimed(pool, running)
    lines = [LogRecord(sequence=n, at=NOW, severity="info", message=f"line {n}", fields=b"f") for n in range(3)]

    running.record(claim.id, epoch=1, logs=lines[:2])
    running.record(claim.id, epoch=1, logs=lines)

    stored = await Reading(pool).logs(claim.id, namespace="acme")
    assert [line.message for line in stored] == ["line 0", "line 1", "line 2"]
    rest = await Reading(pool).logs(claim.id, namespace="acme", cursor=stored[0].cursor)
    assert [line.message for line in rest] == ["line 1", "line 2"]


async def test_text_that_postgres_refuses_is_replaced(pool: Pool, running: Running) -> None:
    """NUL and lone surrogates in messages do not fail a record."""
    claim = await claimed(pool, running)
    log = LogRecord(sequence=0, at=NOW, severity="info", message="a\x00b\ud800c")

    running.record(claim.id, epoch=1, steps=[step(error_message="x\x00")], logs=[log])

    assert [line.message for line in await Reading(pool).logs(claim.id, namespace="acme")] == ["a\ufffdb?c"]


async def test_the_end_is_written_once_with_the_last_steps(pool: Pool, running: Running) -> None:
    """The final state, its error and the last steps arrive together; the live row goes; a repeat is harmless."""
    claim = await claimed(pool, running)
    outcome = Outcome(
        state=ExecutionState.FAILED,
        error_code="assertion",
        error_message="expected 1",
        failed_step="one",
        steps_total=3,
        steps_failed=1,
        warnings=("w",),
    )

    for _ in range(2):
        running.finish(claim.id, epoch=1, outcome=outcome, steps=[step()])

    stored = await Reading(pool).execution(claim.id)
    assert stored is not None
    assert (stored.state, stored.error_code, stored.error_message) == ("failed", "assertion", "expected 1")
    assert (stored.failed_step, stored.steps_total, stored.steps_failed, stored.warnings) == ("one", 3, 1, ("w",))
    assert stored.ended_at is not None
    assert stored.duration_ms is not None
    assert [each.path for each in await Reading(pool).steps(claim.id, namespace="acme")] == ["one"]
    assert await Database(pool).rows("select from live_executions") == []
    assert running.finished(claim.id) is ExecutionState.FAILED
    with pytest.raises(LeaseLost):
        running.finish(claim.id, epoch=1, outcome=PASSED)


async def test_a_running_execution_cannot_become_what_may_not_follow(pool: Pool, running: Running) -> None:
    """Skipped or queued is no end of a run."""
    claim = await claimed(pool, running)

    with pytest.raises(ValueError, match="cannot become skipped"):
        running.finish(claim.id, epoch=1, outcome=Outcome(state=ExecutionState.SKIPPED))


async def test_a_broken_connection_is_unavailable_and_then_replaced(pool: Pool, running: Running) -> None:
    """A connection that the server ended raises StoreUnavailable once; the same call then succeeds."""
    claim = await claimed(pool, running)
    await Database(pool).rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user and datname = current_database()"
    )

    with pytest.raises(StoreUnavailable):
        running.record(claim.id, epoch=1, steps=[step()])
    running.record(claim.id, epoch=1, steps=[step()])

    assert len(await Reading(pool).steps(claim.id, namespace="acme")) == 1


async def test_a_tick_is_accepted_and_claimed(pool: Pool, running: Running) -> None:
    """A schedule's first Job for a minute gets the claim."""
    await accepted(pool)

    claim = running.accept_tick(asked := tick(), holder="pod-1")

    assert isinstance(claim, Claim)
    assert (claim.id, claim.epoch, claim.trigger, claim.payload) == (asked.id, 1, Trigger.SCHEDULE, b"tick")


async def test_a_tick_runs_once(pool: Pool, running: Running) -> None:
    """A second Job of the minute finds the first one's execution: held, resumable when the lease is over, then ended."""
    await accepted(pool)
    first = running.accept_tick(tick(), holder="pod-1")
    assert isinstance(first, Claim)

    held = running.accept_tick(tick(), holder="pod-2")
    await expire_lease(pool, first.id)
    resumed = running.accept_tick(tick(), holder="pod-2")
    running.finish(first.id, epoch=2, outcome=PASSED)
    ended = running.accept_tick(tick(), holder="pod-3")

    assert isinstance(held, HeldUntil)
    assert isinstance(resumed, Claim)
    assert (held.id, resumed.id, resumed.epoch) == (first.id, first.id, 2)
    assert ended == AlreadyEnded(id=first.id, state=ExecutionState.PASSED)


@pytest.mark.parametrize("scheduled_at", [NOON, None])
async def test_a_tick_that_is_asked_again_is_the_same(
    pool: Pool, running: Running, scheduled_at: datetime | None
) -> None:
    """A runner that did not hear the answer repeats its tick, scheduled or manual, and goes on with its execution."""
    await accepted(pool)
    asked = tick(scheduled_at=scheduled_at)
    running.accept_tick(asked, holder="pod-1")

    again = running.accept_tick(asked, holder="pod-1")

    assert isinstance(again, Claim)
    assert (again.id, again.epoch) == (asked.id, 2)


async def test_parallel_jobs_of_a_tick_give_one_execution(pool: Pool, role: RoleDsn) -> None:
    """Six Jobs of one minute at once leave one row and one claim."""
    await accepted(pool)
    runners = [Running(lambda: connect(role.dsn), "acme") for _ in range(6)]

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: runners[n].accept_tick(tick(), holder=f"pod-{n}"), range(6)))

    for runner in runners:
        runner.close()
    assert len({answer.id for answer in answers}) == 1
    assert sum(isinstance(answer, Claim) for answer in answers) == 1


async def test_an_overlapping_tick_is_skipped_or_runs(pool: Pool, running: Running) -> None:
    """While an execution of the flow lives, a tick with overlap skip is skipped, one with allow runs."""
    await accepted(pool)
    running.accept_tick(tick(0), holder="pod-1")

    skipped = running.accept_tick(tick(1), holder="pod-2")
    allowed = running.accept_tick(tick(2, skip_overlap=False), holder="pod-3")

    assert isinstance(skipped, Skipped)
    assert skipped.reason == "overlap"
    assert isinstance(allowed, Claim)
    stored = await Reading(pool).execution(skipped.id)
    assert stored is not None
    assert (stored.state, stored.error_code) == ("skipped", "overlap")


async def test_a_tick_at_the_limit_waits(pool: Pool, running: Running) -> None:
    """A tick of a full flow is left queued, and the dispatcher starts it when there is room."""
    await accepted(pool)
    first = running.accept_tick(tick(0, limit=1, skip_overlap=False), holder="pod-1")
    assert isinstance(first, Claim)

    waiting = running.accept_tick(tick(1, limit=1, skip_overlap=False), holder="pod-2")

    assert isinstance(waiting, LeftQueued)
    take = Dispatch(pool).take_slots
    assert await take(namespace="acme", flow_uid="uid-poll", limit=1) == []
    running.finish(first.id, epoch=1, outcome=PASSED)
    assert await take(namespace="acme", flow_uid="uid-poll", limit=1) == [waiting.id]


async def test_a_tick_in_a_pause_is_skipped(pool: Pool, running: Running) -> None:
    """A tick whose minute lies in a pause is recorded as skipped, even after the pause; others run."""
    await accepted(pool)
    schedules = Schedules(pool)
    where = {"namespace": "acme", "flow_uid": "uid-poll"}
    await schedules.pause(**where, at=NOON)
    await schedules.pause(**where, at=NOON + timedelta(minutes=1))
    await schedules.unpause(**where, at=NOON + timedelta(minutes=2))

    paused = running.accept_tick(tick(1), holder="pod-1")
    after = running.accept_tick(tick(2), holder="pod-2")

    assert isinstance(paused, Skipped)
    assert paused.reason == "paused"
    assert isinstance(after, Claim)


async def test_a_manual_run_is_never_a_repeat(pool: Pool, running: Running) -> None:
    """Runs without a scheduled minute are executions of their own, also in a pause."""
    await accepted(pool)
    await Schedules(pool).pause(namespace="acme", flow_uid="uid-poll", at=NOON)

    answers = [running.accept_tick(tick(scheduled_at=None, skip_overlap=False), holder=f"p{n}") for n in range(2)]

    assert [type(answer) for answer in answers] == [Claim, Claim]
    assert len({answer.id for answer in answers}) == 2


async def test_missed_ticks_are_recorded_once(pool: Pool, running: Running) -> None:
    """Only due ticks without a row become missed, and a Job that comes later does not run them."""
    await accepted(pool)
    ran = running.accept_tick(tick(0), holder="pod-1")
    assert isinstance(ran, Claim)
    flow = tick().flow
    due = [NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]

    first = await Schedules(pool).record_missed(flow, due)
    second = await Schedules(pool).record_missed(flow, due)
    late = running.accept_tick(tick(1), holder="pod-2")

    assert (first, second) == (due[1:], [])
    assert isinstance(late, AlreadyEnded)
    stored = await Reading(pool).execution(late.id)
    assert stored is not None
    assert (stored.state, stored.error_code) == ("skipped", "missed")
    assert re.search("2026-03-01T12:01:00Z", stored.error_message or "")
