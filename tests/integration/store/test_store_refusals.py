"""Counts of refused webhooks: the gateway's role adds, the operator takes, and there are no more rows than instances times causes."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from psycopg import DatabaseError

from penstock_core.errors import StoreError
from penstock_core.executions.states import Refusal
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.flows.refusals import Refusals, Refused
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror


@pytest.fixture
async def tenancy(pool: Pool, dsn: str) -> Tenancy:
    """Two instances are deployed."""
    made = Tenancy(pool, dsn=dsn, prefix=f"t{uuid4().hex[:8]}")
    await made.mirror_instances([mirror("u1", "acme-orders"), mirror("u2", "globex-orders", namespace="globex")])
    return made


@pytest.fixture
async def gateway(pool: Pool, tenancy: Tenancy) -> AsyncIterator[Pool]:
    """A pool as the gateway's role."""
    role = await tenancy.ensure_gateway_role()
    opened = await open_pool(role.dsn, name="gateway")
    yield opened
    await opened.close()
    await Database(pool).count(f"drop owned by {role.role}")
    await Database(pool).count(f"drop role {role.role}")


def mirror(uid: str, name: str, *, namespace: str = "acme") -> InstanceMirror:
    """An instance as the operator mirrors it."""
    return InstanceMirror(
        namespace=namespace,
        uid=uid,
        name=name,
        integration="orders",
        version="1.0.0",
        customer_id=None,
        customer_name=None,
        labels={},
        paused=False,
        ready=True,
    )


def seen(found: list[Refused]) -> list[tuple[str, str, str, int]]:
    """What is told, without its time."""
    return sorted((one.namespace, one.name, str(one.cause), one.count) for one in found)


async def rows(pool: Pool) -> int:
    """How many rows there are."""
    return len(await Database(pool).rows("select from refusals"))


async def test_counts_add_up_and_are_taken_once(pool: Pool, gateway: Pool) -> None:
    """What several gateways count of one cause is one number, told once within its time, and then from nought on."""
    counting, owners = Refusals(gateway), Refusals(pool)
    many = {("u1", Refusal.KEY_UNKNOWN): 3, ("u2", Refusal.NO_CREDENTIAL): 1}
    await asyncio.gather(*(counting.add(many) for _ in range(4)))
    first = await owners.take(limit=10, gather_s=0)
    await counting.add({("u1", Refusal.KEY_UNKNOWN): 2})
    soon = await owners.take(limit=10, gather_s=0)
    later = await owners.take(limit=10, pause_s=0, gather_s=0)

    assert seen(first) == [("acme", "acme-orders", "key_unknown", 12), ("globex", "globex-orders", "no_credential", 4)]
    assert soon == []
    assert seen(later) == [("acme", "acme-orders", "key_unknown", 2)]
    assert later[0].since >= first[0].since


async def test_there_are_no_more_rows_than_instances_times_causes(pool: Pool, gateway: Pool) -> None:
    """What names an instance that is not there is dropped, and an instance takes its counts along."""
    everything = {(uid, cause): 1 for uid in ("u1", "u2", "made-up", "") for cause in Refusal}
    await Refusals(gateway).add(everything)
    await Refusals(gateway).add(everything)
    before = await rows(pool)
    await Database(pool).count("delete from instances where uid = 'u1'")

    assert (before, await rows(pool)) == (2 * len(Refusal), len(Refusal))


async def test_what_was_told_longest_ago_comes_first(pool: Pool, gateway: Pool) -> None:
    """Whoever is refused without an end does not keep others from being told."""
    counting, owners = Refusals(gateway), Refusals(pool)
    await counting.add({("u1", Refusal.KEY_UNKNOWN): 1})
    await owners.take(limit=1, gather_s=0)
    await counting.add({("u1", Refusal.KEY_UNKNOWN): 1_000_000, ("u2", Refusal.KEY_UNKNOWN): 1})

    assert seen(await owners.take(limit=1, pause_s=0, gather_s=0)) == [("globex", "globex-orders", "key_unknown", 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from refusals",
        "update refusals set told_at = null",
        "update refusals set instance_uid = 'u2'",
        "insert into refusals (instance_uid, cause, count) values ('u1', 'made up', 1)",
        "insert into refusals (instance_uid, cause, count) values ('nobody', 'key_unknown', 1)",
        "insert into refusals (instance_uid, cause, count, told_at) values ('u1', 'key_unknown', 1, now())",
    ],
)
async def test_the_gateway_counts_and_does_nothing_else(gateway: Pool, statement: str) -> None:
    """Its role can neither remove a count nor say that one was told, nor store a word of its own."""
    with pytest.raises(DatabaseError):
        await Database(gateway).count(statement)


async def test_what_cannot_be_stored_yet_is_an_error_of_the_store(pool: Pool, gateway: Pool) -> None:
    """A gateway that is newer than the schema goes on, and counts later."""
    await Database(pool).count("drop table refusals")

    with pytest.raises(StoreError, match="UndefinedTable"):
        await Refusals(gateway).add({("u1", Refusal.KEY_UNKNOWN): 1})


async def test_what_comes_soon_after_the_first_is_told_with_it(pool: Pool, gateway: Pool) -> None:
    """Each gateway writes its counts now and then: the first telling waits for those of all, as the next one is far off."""
    counting, owners = Refusals(gateway), Refusals(pool)
    await counting.add({("u1", Refusal.KEY_UNKNOWN): 1})
    at_once = await owners.take(limit=10)
    await counting.add({("u1", Refusal.KEY_UNKNOWN): 2})
    await Database(pool).count("update refusals set since = now() - interval '16 seconds'")

    assert at_once == []
    assert seen(await owners.take(limit=10)) == [("acme", "acme-orders", "key_unknown", 3)]
