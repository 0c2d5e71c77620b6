"""The operator's side: queue, slots, leases, ends, cancellation; and every pair of states."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest

from executions import DEFINITION_HASH, acceptance, flow_identity
from penstock_core import uuid7
from penstock_core.errors import LeaseLost, StoreUnavailable
from penstock_core.states import ExecutionState, StepStatus, may_follow
from penstock_core.store.acceptance import Acceptances
from penstock_core.store.database import Database
from penstock_core.store.dispatch import Dispatch
from penstock_core.store.model import Acceptance, Cancellation, Claim, Outcome, StepRecord
from penstock_core.store.pool import Pool
from penstock_core.store.reading import Reading
from penstock_core.store.running import Running, connect

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FINAL = [state for state in ExecutionState if state.final]


@pytest.fixture
def running(dsn: str) -> Iterator[Running]:
    """A runner, with the owner's rights."""
    with closing(Running(lambda: connect(dsn), "acme")) as made:
        yield made


async def accepted(pool: Pool, **changes: object) -> Acceptance:
    item = acceptance(**changes)  # type: ignore[arg-type]
    await Acceptances(pool).ensure_definition(namespace=item.flow.namespace, hash=DEFINITION_HASH, packed=b"d")
    await Acceptances(pool).accept([item])
    return item


async def in_state(pool: Pool, running: Running, state: ExecutionState) -> UUID:
    """An execution in a state, reached as executions reach it."""
    item = await accepted(pool, start=state is not ExecutionState.QUEUED)
    if state is ExecutionState.RUNNING or (state.final and state is not ExecutionState.SKIPPED):
        running.claim(item.id, holder="pod-1")
    if state.final:
        assert await Dispatch(pool).end(item.id, state, cause="made so", code="test")
    return item.id


async def live_state(pool: Pool, execution: UUID) -> str | None:
    row = await Database(pool).row("select state from live_executions where id = %(id)s", id=execution)
    return row["state"] if row else None


async def shown_state(pool: Pool, execution: UUID) -> ExecutionState:
    found = await Reading(pool).execution(execution)
    assert found is not None
    return found.state


@pytest.mark.parametrize("after", FINAL)
@pytest.mark.parametrize("before", list(ExecutionState))
async def test_ends_follow_the_table(
    pool: Pool, running: Running, before: ExecutionState, after: ExecutionState
) -> None:
    """A final state is written exactly where the table of transitions allows it, and changes nothing elsewhere."""
    execution = await in_state(pool, running, before)

    done = await Dispatch(pool).end(execution, after, cause="why", code="code")

    assert done is may_follow(before, after)
    expected = after if done else {ExecutionState.STARTING: ExecutionState.QUEUED}.get(before, before)
    assert await shown_state(pool, execution) is expected


@pytest.mark.parametrize("before", list(ExecutionState))
async def test_moves_follow_the_table(pool: Pool, running: Running, before: ExecutionState) -> None:
    """Queueing again, starting and claiming happen exactly from the states that the table names."""
    dispatch = Dispatch(pool)

    queued = await in_state(pool, running, before)
    assert (queued in await dispatch.requeue_unstarted(older_than_s=-1)) is may_follow(before, ExecutionState.QUEUED)
    starting = await in_state(pool, running, before)
    assert await dispatch.start(starting) is may_follow(before, ExecutionState.STARTING)
    claimed = await in_state(pool, running, before)
    taken = isinstance(running.claim(claimed, holder="pod-2"), Claim)
    assert taken is may_follow(before, ExecutionState.RUNNING)


async def test_no_end_is_no_final_state(pool: Pool) -> None:
    """Asking for an end that is none is a defect of the caller."""
    with pytest.raises(ValueError, match="queued is no final state"):
        await Dispatch(pool).end(uuid7.new(), ExecutionState.QUEUED, cause="", code="")


async def test_the_queue_is_oldest_first_and_due(pool: Pool) -> None:
    """What waits is listed by age; what is due later is not."""
    items = [await accepted(pool, start=False) for _ in range(3)]
    await Database(pool).count(
        "update live_executions set run_after = now() + interval '1 hour' where id = %(id)s", id=items[0].id
    )

    queued = await Dispatch(pool).queued()

    assert [(each.id, each.flow_uid, each.flow) for each in queued] == [
        (item.id, "uid-importorder", "importOrder") for item in items[1:]
    ]
    assert len(await Dispatch(pool).queued(limit=1)) == 1


async def test_parallel_dispatchers_keep_the_limit(pool: Pool) -> None:
    """Twenty calls for a slot at once move as many as the limit allows, each another execution."""
    for _ in range(5):
        await accepted(pool, start=False, limit=3)
    take = Dispatch(pool).take_slot

    moved = await asyncio.gather(*(take(namespace="acme", flow_uid="uid-importorder", limit=3) for _ in range(20)))

    taken = [each for each in moved if each is not None]
    assert len(taken) == len(set(taken)) == 3


async def test_a_limit_counts_its_own_namespace_and_flow(pool: Pool) -> None:
    """Executions of other flows and namespaces take no slot."""
    await accepted(pool)
    await accepted(pool, flow=flow_identity(namespace="other"))
    item = await accepted(pool, start=False, flow=flow_identity(namespace="third"), limit=1)

    assert await Dispatch(pool).take_slot(namespace="third", flow_uid="uid-importorder", limit=1) == item.id


async def test_what_has_a_job_is_not_queued_again(pool: Pool) -> None:
    """Only what started long enough ago and has no Job goes back to the queue."""
    with_job, without = await accepted(pool), await accepted(pool)
    dispatch = Dispatch(pool)

    assert await dispatch.requeue_unstarted(older_than_s=30) == []
    assert await dispatch.requeue_unstarted(older_than_s=-1, with_job={with_job.id}) == [without.id]
    assert [each.id for each in await dispatch.starting(older_than_s=-1)] == [with_job.id]


async def test_an_expired_lease_is_found_after_its_grace(pool: Pool, running: Running) -> None:
    """A running execution whose lease is over is listed with its holder and epoch."""
    item = await accepted(pool)
    running.claim(item.id, holder="pod-1")
    dispatch = Dispatch(pool)
    assert await dispatch.expired() == []
    await Database(pool).count("update live_executions set lease_until = now() - interval '10 seconds'")

    (expired,) = await dispatch.expired(grace_s=5)

    assert (expired.id, expired.holder, expired.epoch, expired.job_attempt) == (item.id, "pod-1", 1, 1)
    assert await dispatch.expired(grace_s=20) == []


async def test_a_replacement_is_counted_once(pool: Pool) -> None:
    """Of two who count the same Job, one wins; numbers cannot be left out."""
    item = await accepted(pool)
    replaced = Dispatch(pool).replaced

    assert await replaced(item.id, job_attempt=3) is False
    assert await replaced(item.id, job_attempt=2) is True
    assert await replaced(item.id, job_attempt=2) is False
    assert await replaced(item.id, job_attempt=3) is True


async def test_an_end_closes_running_steps_and_fences_the_runner(pool: Pool, running: Running) -> None:
    """The cause lands in the execution and in the step that ran; the runner can write no more; the slot is free."""
    item = await accepted(pool, limit=1)
    running.claim(item.id, holder="pod-1")
    steps = [
        StepRecord(path="one", attempt=1, action="set", status=StepStatus.PASSED, started_at=NOW),
        StepRecord(path="each/0/push", attempt=1, action="http", status=StepStatus.RUNNING, started_at=NOW),
    ]
    running.record(item.id, epoch=1, steps=steps)

    assert await Dispatch(pool).end(item.id, ExecutionState.FAILED, cause="killed: limit 128Mi", code="out_of_memory")

    stored = await Reading(pool).execution(item.id)
    assert stored is not None
    assert (stored.error_message, stored.failed_step) == ("killed: limit 128Mi", "each/0/push")
    assert [(each.path, each.status, each.error_code) for each in await Reading(pool).steps(item.id)] == [
        ("each/0/push", "failed", "out_of_memory"),
        ("one", "passed", None),
    ]
    with pytest.raises(LeaseLost):
        running.record(item.id, epoch=1)
    with pytest.raises(LeaseLost):
        running.finish(item.id, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))
    batch = await Acceptances(pool).accept([acceptance(limit=1)])
    assert len(batch.started) == 1


async def test_an_end_for_an_old_epoch_does_nothing(pool: Pool, running: Running) -> None:
    """Who saw a lease expire cannot end an execution that a replacement has claimed since."""
    item = await accepted(pool)
    running.claim(item.id, holder="pod-1")
    running.claim(item.id, holder="pod-1")
    end = Dispatch(pool).end

    assert not await end(item.id, ExecutionState.FAILED, cause="lost", code="lost", epoch=1)
    assert await end(item.id, ExecutionState.FAILED, cause="lost", code="lost", epoch=2)


async def test_cancelling_ends_what_has_not_begun_and_marks_what_runs(pool: Pool, running: Running) -> None:
    """Queued and starting are cancelled at once, running is marked, ended and unknown are not live."""
    cancel = Dispatch(pool).cancel
    queued = await in_state(pool, running, ExecutionState.QUEUED)
    starting = await in_state(pool, running, ExecutionState.STARTING)
    runs = await in_state(pool, running, ExecutionState.RUNNING)

    assert await cancel(queued) is Cancellation.ENDED
    assert await cancel(starting) is Cancellation.ENDED
    assert await cancel(runs) is Cancellation.MARKED
    assert await live_state(pool, runs) == "running"
    assert await cancel(queued) is Cancellation.NOT_LIVE
    assert await cancel(uuid7.new()) is Cancellation.NOT_LIVE


async def test_a_lock_that_is_not_to_be_had_is_unavailable(pool: Pool) -> None:
    """A statement that the server gives up on is worth another try."""
    item = await accepted(pool)
    async with Database(pool).transaction() as holder:
        await holder.execute("select from live_executions where id = %s for update", [item.id])
        with pytest.raises(StoreUnavailable):
            async with Database(pool).transaction() as other:
                await other.execute("set local lock_timeout = '10ms'")
                await other.execute("select from live_executions where id = %s for update", [item.id])
