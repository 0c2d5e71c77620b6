"""Every statement of operator and gateway is bounded, without a setting of the session that a pooler could hand to another."""

import asyncio
from uuid import uuid4

import pytest

from penstock_core.errors import StoreContended, StoreUnavailable
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.limits import OPERATOR, READING, UPKEEP, Limits
from penstock_core.store.connection.pool import Pool, make_pool, open_pool
from penstock_core.store.tenants.instances import Tenancy

SHOW = "select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement"


async def test_a_statement_runs_within_the_limits_of_its_pool(pool: Pool) -> None:
    """One alone, one in a transaction, and one in a transaction with limits of its own."""
    database = Database(pool)
    alone = await database.row(SHOW)
    async with database.transaction() as connection:
        inside = await (await connection.execute(SHOW)).fetchone()
    async with database.transaction(limits=UPKEEP) as connection:
        longer = await (await connection.execute(SHOW)).fetchone()

    assert OPERATOR == (1_000, 30_000)
    assert alone == inside == {"lock": "1s", "statement": "30s"}
    assert longer == {"lock": "2s", "statement": "100s"}


async def test_no_session_keeps_a_limit(pool: Pool) -> None:
    """After a statement its session is as it was: behind a pooler the next may be anybody's."""
    await Database(pool).rows(SHOW)
    async with pool.connection() as connection:
        found = await (await connection.execute(SHOW)).fetchone()

    assert found == {"lock": "0", "statement": "0"}


async def test_the_gateways_role_bounds_what_its_acceptances_send(pool: Pool, dsn: str) -> None:
    """Acceptances are sent without limits of their own: those of the role hold in every session."""
    tenancy = Tenancy(pool, dsn=dsn, prefix=f"t{uuid4().hex[:8]}")
    role = await tenancy.ensure_gateway_role()
    accepting = make_pool(role.dsn, name="accepting", limits=None)
    await accepting.open()
    try:
        assert await Database(accepting).row(SHOW) == {"lock": "1s", "statement": "6s"}
        assert READING == (1_000, 6_000)
    finally:
        await accepting.close()
        await Database(pool).count(f"drop owned by {role.role}")
        await Database(pool).count(f"drop role {role.role}")


async def test_what_takes_too_long_is_given_up_by_the_server(dsn: str) -> None:
    """A statement that waits for a lock is contended, one that runs on is unavailable; the connection serves the next."""
    pool = await open_pool(dsn, name="impatient", limits=Limits(lock_ms=50, statement_ms=200), min_size=1, max_size=2)
    database = Database(pool)
    try:
        async with database.transaction() as holder:
            await holder.execute("lock table tenants")
            with pytest.raises(StoreContended):
                await database.rows("select from tenants")
        with pytest.raises(StoreUnavailable, match="statement timeout"):
            await database.rows("select pg_sleep(60)")
        assert await database.rows("select 1 as one") == [{"one": 1}]
    finally:
        await pool.close()


async def test_a_caller_that_gives_up_leaves_a_connection_that_serves_the_next(dsn: str) -> None:
    """A statement that is broken off in the middle is cancelled at the server; nothing of it stays."""
    pool = await open_pool(dsn, name="hasty", min_size=1, max_size=1)
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await Database(pool).rows("select pg_sleep(300)")
        assert await Database(pool).rows("select 1 as one") == [{"one": 1}]
        assert (
            await Database(pool).rows(
                "select from pg_stat_activity where query like '%%pg_sleep(300)' and state = 'active'"
            )
            == []
        )
    finally:
        await pool.close()


async def test_a_deadlock_that_a_tenant_makes_is_contention(pool: Pool) -> None:
    """Of two transactions that wait for one another, the one that the server ends says that it was a lock."""
    await Database(pool).count("insert into flow_slots (namespace, flow_uid) values ('a', 'a'), ('b', 'b')")
    lock = "select from flow_slots where namespace = '{}' for update"
    limits = Limits(lock_ms=20_000, statement_ms=60_000)
    first_holds, second_holds = asyncio.Event(), asyncio.Event()

    async def cross(mine: str, other: str, *, holds: asyncio.Event, waits: asyncio.Event) -> None:
        async with Database(pool).transaction(limits=limits) as connection:
            await connection.execute(lock.format(mine).encode())
            holds.set()
            await waits.wait()
            await connection.execute(lock.format(other).encode())

    ends = await asyncio.gather(
        cross("a", "b", holds=first_holds, waits=second_holds),
        cross("b", "a", holds=second_holds, waits=first_holds),
        return_exceptions=True,
    )

    assert [type(end) for end in ends if end is not None] == [StoreContended]
