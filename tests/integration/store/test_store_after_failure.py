"""A key whose execution failed is given back where it says so: what comes next is new, and the two name one another."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from executions import acceptance, flow_identity, key
from penstock_core.executions.states import ExecutionState
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.limits import Limits
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Accepted, Full, IdempotencyKey, Repeated
from penstock_core.store.executions.reading import Reading

LIMITED = flow_identity(flow_uid="limited")
REJECTING = {"limit": 1, "when_full": "reject"}


def again(text: str = "7", **changes: object) -> IdempotencyKey:
    """The key of a `deduplicateBy` whose value may start another execution after a failure."""
    return key(text, **{"kind": "deduplicate-by", "again": True, **changes})


async def accepted(pool: Pool, item: Acceptance) -> Accepted | Repeated | Full:
    (outcome,) = (await Acceptances(pool).accept([item])).outcomes
    return outcome


async def failed(pool: Pool, idempotency: IdempotencyKey | None = None) -> UUID:
    """A failed execution with a key."""
    item = acceptance(idempotency=idempotency or again())
    await accepted(pool, item)
    await end(pool, item.id)
    return item.id


async def end(pool: Pool, execution: UUID, state: ExecutionState = ExecutionState.FAILED) -> None:
    assert await Dispatch(pool).end(execution, state, namespace="acme", cause="c", code="c")


async def links(pool: Pool) -> dict[UUID, tuple[UUID | None, UUID | None]]:
    """For each execution the one that it repeats and the one that repeats it."""
    found = await Database(pool).rows("select id, repeat_of, repeated_by from executions order by id")
    return {row["id"]: (row["repeat_of"], row["repeated_by"]) for row in found}


async def test_the_next_one_is_new_and_linked_both_ways(pool: Pool) -> None:
    """What comes after a failure is accepted, names the failed one, and the failed one names it."""
    first = await failed(pool)
    second = acceptance(idempotency=again())

    outcome = await accepted(pool, second)

    assert outcome == Accepted(id=second.id, state=ExecutionState.STARTING, repeat_of=first)
    assert await links(pool) == {first: (None, second.id), second.id: (first, None)}
    shown = await Reading(pool).execution(first)
    assert shown is not None
    assert (shown.repeat_of, shown.repeated_by) == (None, second.id)


async def test_the_third_repeats_the_second(pool: Pool) -> None:
    """Failures are a chain: each names the one before it, and none has two that follow."""
    first, second, third = await failed(pool), await failed(pool), await failed(pool)

    assert await links(pool) == {first: (None, second), second: (first, third), third: (second, None)}


async def test_a_repeat_of_what_goes_on_is_no_third(pool: Pool) -> None:
    """While the second try has not ended, the same value is that one."""
    await failed(pool)
    second, third = acceptance(idempotency=again()), acceptance(idempotency=again())
    await accepted(pool, second)

    outcome = await accepted(pool, third)

    assert outcome == Repeated(id=second.id, state=ExecutionState.QUEUED, same_body=True)


@pytest.mark.parametrize("batches", [1, 2, 20])
async def test_many_at_once_are_one(pool: Pool, batches: int) -> None:
    """Twenty deliveries after a failure, in one batch or in as many transactions, make one execution."""
    first = await failed(pool)
    items = [acceptance(idempotency=again()) for _ in range(20)]

    done = await asyncio.gather(*(Acceptances(pool).accept(items[start::batches]) for start in range(batches)))

    outcomes = [outcome for batch in done for outcome in batch.outcomes]
    [new] = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert {outcome.id for outcome in outcomes if not isinstance(outcome, Full)} == {new.id}
    assert await links(pool) == {first: (None, new.id), new.id: (first, None)}


@pytest.fixture
async def patient(dsn: str) -> AsyncIterator[Pool]:
    """A pool whose statements wait for locks."""
    opened = await open_pool(dsn, name="patient", max_size=4, limits=Limits(lock_ms=60_000, statement_ms=60_000))
    yield opened
    await opened.close()


async def test_who_waits_for_the_key_finds_the_new_one(pool: Pool, patient: Pool) -> None:
    """One that saw the failure, and then waited for another's claim, is that one's repeat."""
    await failed(pool)
    items = [acceptance(idempotency=again()) for _ in range(2)]
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("select from idempotency_keys for update")
        waiting = [asyncio.create_task(accepted(patient, item)) for item in items]
        await _until_waiting(pool, 2)
    outcomes = await asyncio.gather(*waiting)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Accepted", "Repeated"]
    assert len({outcome.id for outcome in outcomes if not isinstance(outcome, Full)}) == 1


async def test_a_failure_that_is_not_committed_is_none(pool: Pool) -> None:
    """A delivery beside the transaction that fails the execution does not wait for it, and is a repeat."""
    item = acceptance(idempotency=again())
    await accepted(pool, item)
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("update executions set state = 'failed', ended_at = now(), error_code = 'c'")
        beside = await accepted(pool, acceptance(idempotency=again()))
    after = await accepted(pool, acceptance(idempotency=again()))

    assert isinstance(beside, Repeated)
    assert isinstance(after, Accepted)
    assert (beside.id, after.repeat_of) == (item.id, item.id)


async def test_the_window_begins_anew(pool: Pool) -> None:
    """The time of the value counts from the acceptance of the execution that has it."""
    await failed(pool, again(window_seconds=60))
    await Database(pool).count("update idempotency_keys set expires_at = now() + interval '1 second'")
    await accepted(pool, acceptance(idempotency=again(window_seconds=60)))

    (row,) = await Database(pool).rows("select expires_at from idempotency_keys")
    assert (row["expires_at"] - datetime.now(UTC)).total_seconds() > 30


async def test_after_the_window_nothing_is_repeated(pool: Pool) -> None:
    """A value whose time is over starts an execution that has nothing to do with the failed one."""
    first = await failed(pool)
    await Database(pool).count("update idempotency_keys set expires_at = now() - interval '1 second'")
    second = acceptance(idempotency=again())

    outcome = await accepted(pool, second)

    assert outcome == Accepted(id=second.id, state=ExecutionState.STARTING)
    assert await links(pool) == {first: (None, None), second.id: (None, None)}


async def test_a_batch_that_is_sent_again_after_a_lost_answer(pool: Pool) -> None:
    """What was stored is found again as it was, also where it has failed meanwhile."""
    first = await failed(pool)
    second = acceptance(idempotency=again())
    await accepted(pool, second)
    await end(pool, second.id)

    outcome = await accepted(pool, second)

    assert isinstance(outcome, Accepted)
    assert outcome.id == second.id
    assert await links(pool) == {first: (None, second.id), second.id: (first, None)}
    assert await Database(pool).rows("select from live_executions") == []


async def test_a_second_try_asks_for_room(pool: Pool) -> None:
    """A flow that is full refuses it, and lets it in once there is room; what still runs is a repeat at any time."""
    items = [acceptance(LIMITED, idempotency=again(), **REJECTING) for _ in range(3)]
    other = acceptance(LIMITED, **REJECTING)
    await accepted(pool, items[0])
    assert isinstance(await accepted(pool, acceptance(LIMITED, idempotency=again(), **REJECTING)), Repeated)
    await end(pool, items[0].id)
    await accepted(pool, other)

    refused = await accepted(pool, items[1])
    await end(pool, other.id)
    let_in = await accepted(pool, items[2])

    assert refused == Full()
    assert let_in == Accepted(id=items[2].id, state=ExecutionState.STARTING, repeat_of=items[0].id)


async def test_each_item_of_a_batch_has_its_own(pool: Pool) -> None:
    """Values that failed, that passed, that are new, and keys of other kinds stand in one statement."""
    passed, going, kept = again("passed"), again("going"), key("kept")
    flaky = await failed(pool, again("failed"))
    stays = await failed(pool, kept)
    others = [acceptance(idempotency=each) for each in (passed, going)]
    await Acceptances(pool).accept(others)
    await Database(pool).count(
        "update executions set state = 'passed', ended_at = now() where id = %(id)s", id=others[0].id
    )
    items = [acceptance(idempotency=each) for each in (passed, again("new"), again("failed"), going, kept, None)]

    outcomes = (await Acceptances(pool).accept(items)).outcomes

    found = [(getattr(each, "id", None), getattr(each, "repeat_of", None)) for each in outcomes]
    assert found == [
        (others[0].id, None),
        (items[1].id, None),
        (items[2].id, flaky),
        (others[1].id, None),
        (stays, None),
        (items[5].id, None),
    ]


async def test_a_failed_execution_that_is_gone_is_a_repeat(pool: Pool) -> None:
    """What is no longer kept cannot be said to have failed."""
    first = await failed(pool)
    await Database(pool).count("delete from executions")

    outcome = await accepted(pool, acceptance(idempotency=again()))

    assert isinstance(outcome, Repeated)
    assert outcome.id == first


async def test_one_that_is_being_removed_is_not_waited_for(pool: Pool) -> None:
    """While somebody holds the failed row, the new one is stored all the same, and names it."""
    first = await failed(pool)
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("select from executions for update")
        outcome = await asyncio.wait_for(accepted(pool, acceptance(idempotency=again())), 5)

    assert isinstance(outcome, Accepted)
    assert (await links(pool))[outcome.id] == (first, None)
    assert (await links(pool))[first] == (None, None)


async def _until_waiting(pool: Pool, many: int) -> None:
    """Returns once so many sessions of the database wait for a lock."""
    query = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    for _ in range(1000):
        if len(found := await Database(pool).rows(query)) == many:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"last saw {len(found)}")
