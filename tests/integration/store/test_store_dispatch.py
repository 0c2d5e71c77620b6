"""The operator's side: queue, slots, leases, ends, cancellation; and every pair of states."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from executions import DEFINITION_HASH, acceptance, flow_identity
from penstock_core import uuid7
from penstock_core.errors import LeaseLost, StoreUnavailable
from penstock_core.executions.states import ExecutionState, StepStatus, may_follow
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions import live
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.cancelling import Cancellation, Cancelling
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Claim, Outcome, StepRecord
from penstock_core.store.executions.reading import Reading
from penstock_core.store.executions.running import Running, connect

FINAL = [state for state in ExecutionState if state.final]


@pytest.fixture
def running(dsn: str) -> Iterator[Running]:
    """A runner, with the owner's rights."""
    with closing(Running(lambda: connect(dsn), "acme")) as made:
        yield made


async def accepted(pool: Pool, **changes: Any) -> Acceptance:
    item = acceptance(**changes)
    await Acceptances(pool).ensure_definition(namespace=item.flow.namespace, hash=DEFINITION_HASH, packed=b"d")
    await Acceptances(pool).accept([item])
    return item


async def in_state(pool: Pool, running: Running, state: ExecutionState) -> UUID:
    """An execution in a state, reached as executions reach it."""
    item = await accepted(pool, start=state is not ExecutionState.QUEUED)
    if state is ExecutionState.RUNNING or (state.final and state is not ExecutionState.SKIPPED):
        running.claim(item.id, holder="pod-1")
    if state.final:
        assert await Dispatch(pool).end(item.id, state, namespace="acme", cause="made so", code="test")
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

    done = await Dispatch(pool).end(execution, after, namespace="acme", cause="why", code="code")

    assert done is may_follow(before, after)
    expected = after if done else {ExecutionState.STARTING: ExecutionState.QUEUED}.get(before, before)
    assert await shown_state(pool, execution) is expected


@pytest.mark.parametrize("before", list(ExecutionState))
async def test_moves_follow_the_table(pool: Pool, running: Running, before: ExecutionState) -> None:
    """Queueing again, starting and claiming happen exactly from the states that the table names."""
    dispatch = Dispatch(pool)

    queued = await in_state(pool, running, before)
    requeued = await dispatch.requeue_unstarted({queued: "acme"}, older_than_s=-1)
    assert (requeued == [queued]) is may_follow(before, ExecutionState.QUEUED)
    starting = await in_state(pool, running, before)
    moved = await dispatch.take_slots(namespace="acme", flow_uid="uid-importorder", limit=None, most=100)
    assert (starting in moved) is may_follow(before, ExecutionState.STARTING)
    claimed = await in_state(pool, running, before)
    taken = isinstance(running.claim(claimed, holder="pod-2"), Claim)
    assert taken is may_follow(before, ExecutionState.RUNNING)


async def test_no_end_is_no_final_state(pool: Pool) -> None:
    """Asking for an end that is none is a defect of the caller."""
    with pytest.raises(ValueError, match="queued is no final state"):
        await Dispatch(pool).end(uuid7.new(), ExecutionState.QUEUED, namespace="acme", cause="", code="")


async def test_the_queue_is_oldest_first_and_due(pool: Pool) -> None:
    """What waits starts by age, as many as were asked for; what is due later does not, and is there all the same."""
    items = [await accepted(pool, start=False) for _ in range(4)]
    ids = [item.id for item in items]
    await Database(pool).count(
        "update live_executions set run_after = now() + interval '1 hour' where id = %(id)s", id=ids[0]
    )
    dispatch = Dispatch(pool)
    where = {"namespace": "acme", "flow_uid": "uid-importorder"}

    assert await dispatch.queued_in(**where, limit=3) == ids[:3]
    assert await dispatch.take_slots(**where, limit=None, most=2) == ids[1:3]
    assert await dispatch.take_slots(**where, limit=None, most=2) == ids[3:]
    assert [(one.due, one.busy) for one in await dispatch.waiting(limit=10)] == [(False, 3)]


async def test_flows_that_wait_come_in_pages(pool: Pool) -> None:
    """Each flow with a queue is named once, however long its queue is, in the order of namespaces and uids."""
    flows = [
        flow_identity(namespace=namespace, flow_uid=uid, flow=uid, instance=f"of-{uid}")
        for namespace in ("acme", "beta")
        for uid in ("a", "b", "c")
    ]
    for flow in flows:
        for _ in range(3):
            await accepted(pool, start=False, flow=flow)
    await accepted(pool, flow=flow_identity(flow_uid="a-started"))
    waiting = Dispatch(pool).waiting

    pages = [
        await waiting(limit=4),
        await waiting(after=("beta", "a"), limit=4),
        await waiting(after=("beta", "c"), limit=4),
    ]

    assert [[(one.namespace, one.flow_uid) for one in page] for page in pages] == [
        [("acme", "a"), ("acme", "b"), ("acme", "c"), ("beta", "a")],
        [("beta", "b"), ("beta", "c")],
        [],
    ]
    assert (pages[0][0].instance, pages[0][0].flow, pages[0][0].due, pages[0][0].busy) == ("of-a", "a", True, 0)


async def test_a_long_queue_is_not_read_to_find_the_next_flow(pool: Pool) -> None:
    """The plan looks into the index for each flow, and scans the table nowhere."""
    await Database(pool).count(
        """
        insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state)
        select gen_random_uuid(), 'acme', 'i', 'i', 'f', case when n <= 20 then 'z' else 'a' end, 'queued'
        from generate_series(1, 20000) as n
        """
    )
    await Database(pool).count("analyze live_executions")
    query = live._QUERIES["waiting"]

    plan = await Database(pool).rows(f"explain (analyze, buffers) {query}", namespace="", flow_uid="", limit=500)

    text = "\n".join(row["QUERY PLAN"] for row in plan)
    read = re.search(r"Buffers: shared hit=(\d+)", text)
    assert "Seq Scan" not in text
    assert read is not None
    assert int(read[1]) < 200, text


async def test_parallel_dispatchers_keep_the_limit(pool: Pool) -> None:
    """Twenty calls for a slot at once move as many as the limit allows, each another execution."""
    for _ in range(5):
        await accepted(pool, start=False, limit=3)
    take = Dispatch(pool).take_slots

    moved = await asyncio.gather(*(take(namespace="acme", flow_uid="uid-importorder", limit=3) for _ in range(20)))

    taken = [each for some in moved for each in some]
    assert len(taken) == len(set(taken)) == 3


async def test_a_limit_counts_its_own_namespace_and_flow(pool: Pool) -> None:
    """Executions of other flows and namespaces take no slot."""
    await accepted(pool)
    await accepted(pool, flow=flow_identity(namespace="other"))
    item = await accepted(pool, start=False, flow=flow_identity(namespace="third"), limit=1)

    taken = await Dispatch(pool).take_slots(namespace="third", flow_uid="uid-importorder", limit=1, most=5)

    assert taken == [item.id]


async def test_what_is_not_named_is_not_queued_again(pool: Pool) -> None:
    """Only what started long enough ago and is named goes back to the queue."""
    other, named = await accepted(pool), await accepted(pool)
    dispatch = Dispatch(pool)

    assert await dispatch.requeue_unstarted({named.id: "acme"}, older_than_s=30) == []
    assert await dispatch.requeue_unstarted({named.id: "acme"}, older_than_s=-1) == [named.id]
    assert [each.id for each in await dispatch.starting(older_than_s=-1)] == [other.id]


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


async def test_a_cancellation_that_is_not_heeded_is_found(pool: Pool, running: Running) -> None:
    """A running execution is listed with the time of its mark once that is long enough ago, though its lease is held."""
    item = await accepted(pool)
    running.claim(item.id, holder="pod-1")
    dispatch = Dispatch(pool)
    assert await Cancelling(pool).cancel(item.id, namespace="acme", requester="anna") is Cancellation.MARKED
    assert await dispatch.expired(cancel_grace_s=60) == []
    await Database(pool).count("update live_executions set cancel_at = cancel_at - interval '61 seconds'")
    assert await Cancelling(pool).cancel(item.id, namespace="acme", requester="anna") is Cancellation.MARKED

    (found,) = await dispatch.expired(cancel_grace_s=60)

    assert found.id == item.id
    assert found.cancel_at is not None
    assert found.lease_until - found.cancel_at > timedelta(seconds=61)


async def test_a_replacement_is_counted_once(pool: Pool) -> None:
    """Of two who count the same Job, one wins; numbers cannot be left out; the time is kept."""
    item = await accepted(pool)
    replaced = Dispatch(pool).replaced
    (before,) = await Dispatch(pool).starting(older_than_s=-1)

    assert await replaced(item.id, namespace="acme", job_attempt=3) is False
    assert await replaced(item.id, namespace="acme", job_attempt=2) is True
    assert await replaced(item.id, namespace="acme", job_attempt=2) is False
    assert await replaced(item.id, namespace="acme", job_attempt=3) is True
    (after,) = await Dispatch(pool).starting(older_than_s=-1)
    assert (before.replaced_at, after.job_attempt) == (None, 3)
    assert after.replaced_at is not None


async def test_a_claim_comes_before_a_replacement(pool: Pool, running: Running) -> None:
    """Who saw a lease expire replaces nothing that was claimed since, and asks for no Job again."""
    item = await accepted(pool)
    running.claim(item.id, holder="pod-1")
    dispatch = Dispatch(pool)

    assert await dispatch.replaced(item.id, namespace="acme", job_attempt=2, epoch=0) is False
    assert await dispatch.asked_again(item.id, namespace="acme", job_attempt=2, epoch=1) is False
    assert await dispatch.replaced(item.id, namespace="acme", job_attempt=2, epoch=1) is True
    assert await dispatch.asked_again(item.id, namespace="acme", job_attempt=2, epoch=0) is False
    assert await dispatch.asked_again(item.id, namespace="acme", job_attempt=2, epoch=1) is True


async def test_an_end_closes_running_steps_and_fences_the_runner(pool: Pool, running: Running) -> None:
    """The cause lands in the execution and in the step that ran; the runner can write no more; the slot is free."""
    item = await accepted(pool, limit=1)
    running.claim(item.id, holder="pod-1")
    began = datetime.now(UTC)
    steps = [
        StepRecord(path="one", attempt=1, action="set", status=StepStatus.PASSED, started_at=began),
        StepRecord(path="each/0/push", attempt=1, action="http", status=StepStatus.RUNNING, started_at=began),
    ]
    running.record(item.id, epoch=1, steps=steps)

    assert await Dispatch(pool).end(
        item.id, ExecutionState.FAILED, namespace="acme", cause="killed: limit 128Mi", code="out_of_memory"
    )

    stored = await Reading(pool).execution(item.id)
    assert stored is not None
    assert (stored.error_message, stored.failed_step) == ("killed: limit 128Mi", "each/0/push")
    assert [
        (each.path, each.status, each.error_code) for each in await Reading(pool).steps(item.id, namespace="acme")
    ] == [
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

    assert not await end(item.id, ExecutionState.FAILED, namespace="acme", cause="lost", code="lost", epoch=1)
    assert await end(item.id, ExecutionState.FAILED, namespace="acme", cause="lost", code="lost", epoch=2)


async def test_cancelling_ends_what_is_queued_and_marks_what_has_a_job(pool: Pool, running: Running) -> None:
    """Queued is cancelled at once, starting and running are marked, ended and unknown are not live."""
    cancel = Cancelling(pool).cancel
    queued = await in_state(pool, running, ExecutionState.QUEUED)
    starting = await in_state(pool, running, ExecutionState.STARTING)
    runs = await in_state(pool, running, ExecutionState.RUNNING)

    assert await cancel(queued, namespace="acme", requester="anna") is Cancellation.ENDED
    assert await cancel(starting, namespace="acme", requester="anna") is Cancellation.MARKED
    assert await live_state(pool, starting) == "starting"
    assert await cancel(runs, namespace="acme", requester="anna") is Cancellation.MARKED
    assert await live_state(pool, runs) == "running"
    assert await cancel(queued, namespace="acme", requester="anna") is Cancellation.NOT_LIVE
    assert await cancel(uuid7.new(), namespace="acme", requester="anna") is Cancellation.NOT_LIVE


async def test_a_lock_that_is_not_to_be_had_is_unavailable(pool: Pool) -> None:
    """A statement that the server gives up on is worth another try."""
    item = await accepted(pool)
    async with Database(pool).transaction() as holder:
        await holder.execute("select from live_executions where id = %s for update", [item.id])
        with pytest.raises(StoreUnavailable):
            async with Database(pool).transaction() as other:
                await other.execute("set local lock_timeout = '10ms'")
                await other.execute("select from live_executions where id = %s for update", [item.id])


async def test_slots_that_somebody_keeps_locked_are_left_soon(pool: Pool) -> None:
    """The dispatcher does not wait for a flow whose row is locked."""
    await accepted(pool, limit=1)
    async with Database(pool).transaction() as holding:
        await holding.execute("select from flow_slots for update")
        assert await Dispatch(pool).take_slots(namespace="acme", flow_uid="uid-importorder", limit=1) == []
