"""Accepting executions: durability, keys, limits, batches."""

import asyncio

import pytest

from executions import acceptance, flow_identity, key
from penstock_core.errors import StoreUnavailable
from penstock_core.executions.states import ExecutionState
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Accepted, Full, Repeated, Started
from penstock_core.store.executions.reading import Reading
from postgres import Server


async def live_states(pool: Pool) -> list[str]:
    found = await Database(pool).rows("select state from live_executions order by state")
    return [row["state"] for row in found]


async def test_without_a_limit_an_execution_starts_at_once(pool: Pool) -> None:
    """An accepted execution of a flow without a limit is starting, listed as queued, and its payload is kept."""
    item = acceptance(payload=b"\x00\xff", warnings=("a", "b"))

    batch = await Acceptances(pool).accept([item])

    assert batch.outcomes == (Accepted(id=item.id, state=ExecutionState.STARTING),)
    assert batch.started == (Started(id=item.id, namespace="acme", flow_uid="uid-importorder"),)
    stored = await Reading(pool).execution(item.id)
    assert stored is not None
    assert (stored.state, stored.flow, stored.warnings) == (ExecutionState.QUEUED, item.flow, ("a", "b"))
    assert await Reading(pool).payload(item.id, namespace="acme") == b"\x00\xff"


async def test_an_empty_customer_and_no_warnings_are_kept_as_such(pool: Pool) -> None:
    """Absent values come back absent."""
    item = acceptance(flow_identity(customer_id=None, customer_name=None))

    await Acceptances(pool).accept([item])

    stored = await Reading(pool).execution(item.id)
    assert stored is not None
    assert (stored.flow.customer_id, stored.flow.customer_name, stored.warnings) == (None, None, ())


async def test_what_must_not_start_stays_queued(pool: Pool) -> None:
    """A paused flow's execution waits, with a limit and without one."""
    items = [acceptance(start=False), acceptance(flow_identity(flow_uid="limited"), start=False, limit=3)]

    batch = await Acceptances(pool).accept(items)

    assert [outcome.state for outcome in batch.outcomes if isinstance(outcome, Accepted)] == ["queued", "queued"]
    assert batch.started == ()


async def test_a_batch_of_a_hundred_keeps_its_order(pool: Pool) -> None:
    """Outcomes are in the order of the batch, one for each item."""
    items = [acceptance() for _ in range(100)]

    batch = await Acceptances(pool).accept(items)

    assert [outcome.id for outcome in batch.outcomes if isinstance(outcome, Accepted)] == [item.id for item in items]


async def test_a_repeated_key_gives_the_first_id(pool: Pool) -> None:
    """The same key again is a repeat that says whether the body is the same, and stores nothing."""
    first = acceptance(idempotency=key("k", body_sha256=b"one"))
    await Acceptances(pool).accept([first])

    same = await Acceptances(pool).accept([acceptance(idempotency=key("k", body_sha256=b"one"))])
    other = await Acceptances(pool).accept([acceptance(idempotency=key("k", body_sha256=b"two"))])

    assert same.outcomes == (Repeated(id=first.id, state=ExecutionState.QUEUED, same_body=True),)
    assert other.outcomes == (Repeated(id=first.id, state=ExecutionState.QUEUED, same_body=False),)
    assert same.started == ()
    assert await live_states(pool) == ["starting"]


async def test_a_key_counts_for_its_flow_kind_and_namespace(pool: Pool) -> None:
    """The same text of another flow, kind or namespace is another key."""
    items = [
        acceptance(idempotency=key("k")),
        acceptance(idempotency=key("k", kind="webhook-id")),
        acceptance(flow_identity(flow_uid="other"), idempotency=key("k")),
        acceptance(flow_identity(namespace="other"), idempotency=key("k")),
    ]

    batch = await Acceptances(pool).accept(items)

    assert [type(outcome) for outcome in batch.outcomes] == [Accepted] * 4


async def test_the_same_key_twice_in_a_batch_is_one_execution(pool: Pool) -> None:
    """The first of a batch is accepted, the second is its repeat."""
    first = acceptance(idempotency=key("k", body_sha256=b"one"))
    second = acceptance(idempotency=key("k", body_sha256=b"two"))

    batch = await Acceptances(pool).accept([first, second])

    assert batch.outcomes == (
        Accepted(id=first.id, state=ExecutionState.STARTING),
        Repeated(id=first.id, state=ExecutionState.STARTING, same_body=False),
    )


async def test_an_expired_key_may_be_used_again(pool: Pool) -> None:
    """After its window a key makes a new execution, and then protects that one."""
    await Acceptances(pool).accept([acceptance(idempotency=key("k"))])
    await Database(pool).count("update idempotency_keys set expires_at = now() - interval '1 second'")
    again = acceptance(idempotency=key("k"))

    batch = await Acceptances(pool).accept([again])
    repeat = await Acceptances(pool).accept([acceptance(idempotency=key("k"))])

    assert batch.outcomes == (Accepted(id=again.id, state=ExecutionState.STARTING),)
    assert [outcome.id for outcome in repeat.outcomes if isinstance(outcome, Repeated)] == [again.id]


async def test_parallel_repeats_give_one_execution(pool: Pool) -> None:
    """Of twenty acceptances of one key at once, one is accepted and nineteen are its repeats."""
    accept = Acceptances(pool).accept

    batches = await asyncio.gather(*(accept([acceptance(idempotency=key("k"))]) for _ in range(20)))

    outcomes = [batch.outcomes[0] for batch in batches]
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 1
    assert len({outcome.id for outcome in outcomes if not isinstance(outcome, Full)}) == 1


async def test_batches_with_the_same_keys_in_another_order_do_not_deadlock(pool: Pool) -> None:
    """Batches that lock each other's keys and flows all come through."""

    def items(reverse: bool) -> list[Acceptance]:
        flows = [flow_identity(flow_uid=f"flow-{number}") for number in range(10)]
        made = [acceptance(flow, idempotency=key("k"), limit=2) for flow in flows]
        return made[::-1] if reverse else made

    batches = await asyncio.gather(*(Acceptances(pool).accept(items(n % 2 == 1)) for n in range(12)))

    accepted = [outcome for batch in batches for outcome in batch.outcomes if isinstance(outcome, Accepted)]
    assert len(accepted) == 10


async def test_a_limit_queues_what_has_no_room(pool: Pool) -> None:
    """With a limit of two, of three in a batch the older two start."""
    items = [acceptance(limit=2) for _ in range(3)]

    batch = await Acceptances(pool).accept(items)

    assert [outcome.state for outcome in batch.outcomes if isinstance(outcome, Accepted)] == [
        "starting",
        "starting",
        "queued",
    ]
    assert [each.id for each in batch.started] == [item.id for item in items[:2]]


async def test_the_oldest_starts_not_the_newest(pool: Pool) -> None:
    """When a slot is free, an acceptance starts the execution that waits longest."""
    first = acceptance(limit=1, start=False)
    await Acceptances(pool).accept([first])
    second = acceptance(limit=1)

    batch = await Acceptances(pool).accept([second])

    assert batch.outcomes == (Accepted(id=second.id, state=ExecutionState.QUEUED),)
    assert [each.id for each in batch.started] == [first.id]


async def test_a_full_flow_that_rejects_stores_nothing(pool: Pool) -> None:
    """At the limit, `reject` answers Full, keeps no key, and a repeat is still answered with the first id."""
    first = acceptance(limit=1, when_full="reject", idempotency=key("first"))
    await Acceptances(pool).accept([first])
    refused = acceptance(limit=1, when_full="reject", idempotency=key("second"))
    repeat = acceptance(limit=1, when_full="reject", idempotency=key("first"))

    batch = await Acceptances(pool).accept([refused, repeat])

    assert batch.outcomes == (Full(), Repeated(id=first.id, state=ExecutionState.QUEUED, same_body=True))
    await Dispatch(pool).end(first.id, ExecutionState.FAILED, namespace="acme", cause="gone", code="gone")
    later = acceptance(limit=1, when_full="reject", idempotency=key("second"))
    assert (await Acceptances(pool).accept([later])).outcomes == (Accepted(id=later.id, state=ExecutionState.STARTING),)


async def test_a_rejecting_flow_takes_as_many_of_a_batch_as_there_is_room(pool: Pool) -> None:
    """Of four at a limit of two, the first two of the batch are accepted."""
    items = [acceptance(limit=2, when_full="reject") for _ in range(4)]

    batch = await Acceptances(pool).accept(items[::-1])

    assert [type(outcome) for outcome in batch.outcomes] == [Accepted, Accepted, Full, Full]


async def test_slots_hold_under_parallel_acceptances(pool: Pool) -> None:
    """Twenty acceptances at once never start more than the limit, and one full flow spoils no other's item."""
    batches = await asyncio.gather(
        *(
            Acceptances(pool).accept([acceptance(limit=3), acceptance(flow_identity(flow_uid="free"))])
            for _ in range(20)
        )
    )

    limited = await Database(pool).rows(
        "select state, count(*) as count from live_executions where flow_uid = 'uid-importorder' group by 1 order by 1"
    )
    assert [(row["state"], row["count"]) for row in limited] == [("queued", 17), ("starting", 3)]
    started = [each for batch in batches for each in batch.started if each.flow_uid == "uid-importorder"]
    assert len(started) == 3


async def test_rejection_holds_under_parallel_acceptances(pool: Pool) -> None:
    """Twenty rejecting acceptances at once leave exactly the limit stored."""
    accept = Acceptances(pool).accept

    batches = await asyncio.gather(*(accept([acceptance(limit=3, when_full="reject")]) for _ in range(20)))

    assert sum(isinstance(batch.outcomes[0], Accepted) for batch in batches) == 3
    assert await live_states(pool) == ["starting"] * 3


async def test_a_batch_that_is_sent_again_is_stored_once(pool: Pool) -> None:
    """The same ids again, with a key and without, add nothing, and what has ended meanwhile does not come back."""
    items = [acceptance(), acceptance(idempotency=key("k")), acceptance()]
    await Acceptances(pool).accept(items)
    await Dispatch(pool).end(items[2].id, ExecutionState.FAILED, namespace="acme", cause="c", code="c")

    again = await Acceptances(pool).accept(items)

    assert [outcome.id for outcome in again.outcomes if isinstance(outcome, Accepted)] == [item.id for item in items]
    assert await live_states(pool) == ["starting", "starting"]


async def test_a_definition_is_stored_once(pool: Pool) -> None:
    """A definition that is known under its hash is left as it is."""
    acceptances = Acceptances(pool)

    await acceptances.ensure_definition(namespace="acme", hash="h", packed=b"one")
    await acceptances.ensure_definition(namespace="acme", hash="h", packed=b"two")

    assert await Reading(pool).definition(namespace="acme", hash="h") == b"one"
    assert await Reading(pool).definition(namespace="other", hash="h") is None


async def test_a_database_that_is_away_is_unavailable(postgres_server: Server) -> None:
    """Without a database an acceptance raises StoreUnavailable after the pool's time-out, and nothing else."""
    pool = await open_pool(postgres_server.dsn("nowhere"), name="test", timeout_s=0.3)

    try:
        with pytest.raises(StoreUnavailable):
            await Acceptances(pool).accept([acceptance()])
    finally:
        await pool.close()
