"""The schema and its partitions: made once, kept ahead, dropped in time."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from executions import DEFINITION_HASH, acceptance
from penstock_core import uuid7
from penstock_core.errors import StoreUnavailable
from penstock_core.executions.states import ExecutionState, StepStatus
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.limits import Limits
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Claim, Outcome, StepRecord
from penstock_core.store.executions.reading import Reading
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.schema import partitions
from penstock_core.store.schema.maintenance import DAYS_AHEAD, Maintenance
from penstock_core.store.schema.migrate import files, migrate
from postgres import TEMPLATE_DAYS, Server

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
IMPATIENT = Limits(lock_ms=20, statement_ms=10_000)


@pytest.fixture
def empty(postgres_server: Server) -> Iterator[str]:
    """A database without any schema."""
    with postgres_server.database(template=None) as dsn:
        yield dsn


async def accepted_at(pool: Pool, moment: datetime, **changes: Any) -> UUID:
    item = acceptance(id=uuid7.new(int(moment.timestamp() * 1000)), **changes)
    await Acceptances(pool).ensure_definition(namespace="acme", hash=DEFINITION_HASH, packed=b"d")
    await Acceptances(pool).accept([item])
    return item.id


async def partition_of(pool: Pool, execution: UUID) -> list[str]:
    """Where an execution's row lies."""
    found = await Database(pool).rows(
        "select tableoid::regclass::text as name from executions where id = %(id)s", id=execution
    )
    return [row["name"] for row in found]


async def test_migrations_run_once(empty: str) -> None:
    """The first run applies every file, the second nothing."""
    names = [file.stem for file in files()]

    assert await migrate(empty, NOW) == names
    assert await migrate(empty, NOW) == []


async def test_parallel_migrations_do_the_work_once(empty: str) -> None:
    """Of four that start together, one applies, and all find the finished schema."""
    applied = await asyncio.gather(*(migrate(empty, NOW) for _ in range(4)))

    assert sorted(len(each) for each in applied) == [0, 0, 0, len(files())]
    with psycopg.connect(empty) as connection:
        found = connection.execute("select count(*) from pg_inherits where inhparent = 'executions'::regclass")
        assert found.fetchone() == (1 + 16,)


async def test_a_backup_does_not_keep_the_operator_from_starting(pool: Pool, dsn: str) -> None:
    """While somebody reads all tables, days far ahead are not made; the migration ends all the same."""
    async with Database(pool).transaction() as backup:
        await backup.execute("lock table executions, executions_default in access share mode")
        assert await migrate(dsn, NOW, limits=IMPATIENT) == []

    assert len(await Maintenance(pool).create_partitions(NOW)) == (DAYS_AHEAD - TEMPLATE_DAYS) * len(partitions.TABLES)


async def test_the_partition_of_tomorrow_is_insisted_on(pool: Pool, dsn: str) -> None:
    """Without it the database is not ready: another try is due."""
    async with Database(pool).transaction() as backup:
        await backup.execute("lock table executions, executions_default in access share mode")
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            await migrate(dsn, NOW + TEMPLATE_DAYS * DAY, limits=IMPATIENT)


async def test_a_database_that_is_away_is_unavailable_to_migrations(postgres_server: Server) -> None:
    """Migrating an unreachable database raises StoreUnavailable."""
    with pytest.raises(StoreUnavailable):
        await migrate(postgres_server.dsn("nowhere"), NOW)


async def test_partitions_are_made_ahead_and_once(pool: Pool) -> None:
    """A later day's maintenance adds the days that are missing, for each of the four tables."""
    maintenance = Maintenance(pool)

    made = await maintenance.create_partitions(NOW + 2 * DAY, days=TEMPLATE_DAYS)

    days = [(NOW + (TEMPLATE_DAYS + offset) * DAY).date() for offset in (1, 2)]
    assert made == [partitions.name(table, day) for table in partitions.TABLES for day in days]
    assert await maintenance.create_partitions(NOW + 2 * DAY, days=TEMPLATE_DAYS) == []


async def test_parallel_maintenance_makes_each_partition_once(pool: Pool) -> None:
    """Two that make partitions at the same time both succeed."""
    made = await asyncio.gather(*(Maintenance(pool).create_partitions(NOW + DAY, days=TEMPLATE_DAYS) for _ in range(3)))

    assert sum(len(each) for each in made) == len(partitions.TABLES)


async def test_ids_lie_in_the_partition_of_their_day(pool: Pool) -> None:
    """An execution of today lies in today's partition, one of a day without partition in the default one."""
    today = await accepted_at(pool, NOW)
    far = await accepted_at(pool, NOW + 20 * DAY)

    assert await partition_of(pool, today) == [partitions.name("executions", NOW.date())]
    assert await partition_of(pool, far) == ["executions_default"]


async def test_the_default_partition_is_emptied_into_a_new_one(pool: Pool, dsn: str) -> None:
    """Rows that came before their partition move into it with their payloads, and run from there."""
    execution = await accepted_at(pool, NOW + 20 * DAY, payload=b"kept")

    await Maintenance(pool).create_partitions(NOW + 20 * DAY, days=0)

    assert await partition_of(pool, execution) == [partitions.name("executions", (NOW + 20 * DAY).date())]
    with closing(Running(lambda: connect(dsn), "acme")) as running:
        claim = running.claim(execution, holder="pod")
        assert isinstance(claim, Claim)
        assert claim.payload == b"kept"
        running.finish(execution, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))
    assert await Database(pool).rows("select from live_executions") == []


async def test_old_days_are_dropped_but_what_lives_is_kept(pool: Pool, dsn: str) -> None:
    """Dropping removes ended executions; one that still runs keeps its rows, goes on and is swept after its end."""
    ended, lives = await accepted_at(pool, NOW), await accepted_at(pool, NOW, payload=b"kept")
    await Dispatch(pool).end(ended, ExecutionState.FAILED, namespace="acme", cause="c", code="c")
    maintenance = Maintenance(pool)
    later = NOW + 31 * DAY
    step = StepRecord(path="one", attempt=1, action="set", status=StepStatus.PASSED, started_at=NOW)
    with closing(Running(lambda: connect(dsn), "acme")) as running:
        running.claim(lives, holder="pod")
        running.record(lives, epoch=1, steps=[step])

        dropped = await maintenance.drop_partitions(later)

        day = partitions.name("executions", NOW.date())
        assert day in dropped
        assert partitions.name("executions", (NOW + DAY).date()) not in dropped
        assert await Reading(pool).execution(ended) is None
        assert await partition_of(pool, lives) == ["executions_default"]
        assert await maintenance.sweep_default(later) == 0
        assert len(await Reading(pool).steps(lives, namespace="acme")) == 1
        running.record(lives, epoch=1, steps=[step])
        running.finish(lives, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))
    assert await maintenance.drop_partitions(later) == []
    assert await maintenance.sweep_default(later) == 1
    assert await Reading(pool).steps(lives, namespace="acme") == []


async def test_a_partition_waits_for_a_long_query_and_gives_up_in_time(pool: Pool) -> None:
    """While a reader holds the default partition, making one fails as unavailable and blocks nobody for long."""
    async with Database(pool).transaction() as reader:
        await reader.execute("lock table executions_default in access share mode")
        with pytest.raises(StoreUnavailable):
            await Maintenance(pool, limits=IMPATIENT).create_partitions(NOW + DAY, days=TEMPLATE_DAYS)

    assert len(await Maintenance(pool).create_partitions(NOW + DAY, days=TEMPLATE_DAYS)) == len(partitions.TABLES)


async def test_expired_keys_are_removed_in_batches(pool: Pool) -> None:
    """Keys whose window is over go, others stay."""
    await Database(pool).count(
        "insert into idempotency_keys select 'acme', 'f', 'tick', int4send(n), gen_random_uuid(), '', "
        "now() + (n - 25) * interval '1 hour' from generate_series(1, 30) n"
    )

    removed = await Maintenance(pool).delete_expired_keys(batch=10)

    assert removed == 25
    assert len(await Database(pool).rows("select from idempotency_keys")) == 5
