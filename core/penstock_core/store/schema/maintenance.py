"""What keeps the tables in shape: a partition per day ahead, old days dropped, expired keys removed.

A partition is made as a plain table and attached under a lock time-out: `create table … partition of` would wait for a
long list query with an exclusive lock, and everybody behind it.
"""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.errors import CheckViolation, LockNotAvailable

from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.schema import partitions
from penstock_core.uuid7 import first_at

_QUERIES = load("schema/maintenance")
_TRIES: Final = 5
DAYS_AHEAD: Final = 14
LOCK_TIMEOUT_MS: Final = 2000
"""How long a partition's change may make readers wait before it gives way to them."""


class Maintenance(Database):
    """Run by the operator's leader every hour or so; each method may be repeated and may run beside itself."""

    def __init__(self, pool: Pool, *, lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> None:
        super().__init__(pool)
        self._lock_timeout_ms = lock_timeout_ms

    async def create_partitions(self, now: datetime, *, days: int = DAYS_AHEAD) -> list[str]:
        """Makes the partitions from yesterday to `days` ahead that are missing; returns their names."""
        async with self.connection() as connection:
            return await create_partitions(connection, now, days=days, lock_timeout_ms=self._lock_timeout_ms)

    async def drop_partitions(self, now: datetime, *, days: int = 30) -> list[str]:
        """Drops the days that ended more than `days` ago; executions that have not ended move to the default partition."""
        oldest = (now - timedelta(days=days)).date()
        async with self.connection() as connection:
            found = await _attached(connection, "executions")
            old = sorted(day for name in found if (day := partitions.day_of(name)) is not None and day < oldest)
            return [partition for day in old for partition in await self._drop_day(connection, day)]

    async def delete_expired_keys(self, *, batch: int = 1000) -> int:
        """Removes keys whose window is over; returns how many."""
        return await self._repeat(_QUERIES["delete_expired_keys"], batch=batch)

    async def sweep_default(self, now: datetime, *, days: int = 30, batch: int = 1000) -> int:
        """Removes ended executions older than `days` that a dropped partition left behind; returns how many."""
        removed = 0
        before = first_at(now - timedelta(days=days))
        while found := await self.rows(_QUERIES["forgotten"], before=before, batch=batch):
            removed += await self.count(_QUERIES["delete_executions"], ids=[row["id"] for row in found])
        return removed

    async def _drop_day(self, connection: AsyncConnection[Any], day: date) -> list[str]:
        """All tables' partitions of a day, in one transaction, so that a rescued execution keeps everything it has."""
        async with connection.transaction():
            await _limit_locks(connection, self._lock_timeout_ms)
            present = [table for table in partitions.TABLES if await _has(connection, table, day)]
            for table in present:
                await connection.execute(f"alter table {table} detach partition {partitions.name(table, day)}".encode())
                await connection.execute(partitions.rescue(table, day).encode())
            for table in present:
                await connection.execute(f"drop table {partitions.name(table, day)}".encode())
        return [partitions.name(table, day) for table in present]

    async def _repeat(self, query: str, *, batch: int) -> int:
        total = 0
        while (count := await self.count(query, batch=batch)) > 0:
            total += count
            if count < batch:
                break
        return total


async def create_partitions(
    connection: AsyncConnection[Any],
    now: datetime,
    *,
    days: int = DAYS_AHEAD,
    lock_timeout_ms: int = LOCK_TIMEOUT_MS,
) -> list[str]:
    """The partitions that were missing, made; `connection` is in autocommit mode."""
    made: list[str] = []
    for table in partitions.TABLES:
        present = await _attached(connection, table)
        missing = [day for day in partitions.days_ahead(now, days) if partitions.name(table, day) not in present]
        made += [
            partitions.name(table, day) for day in missing if await _create(connection, table, day, lock_timeout_ms)
        ]
    return made


async def _create(connection: AsyncConnection[Any], table: str, day: date, lock_timeout_ms: int) -> bool:
    """One partition, with the rows of its day that the default partition caught; False where another made it."""
    for last in [False] * (_TRIES - 1) + [True]:
        try:
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [partitions.name(table, day)])
                if partitions.name(table, day) in await _attached(connection, table):
                    return False
                await _limit_locks(connection, lock_timeout_ms)
                await connection.execute(partitions.create(table, day).encode())
                await connection.execute(partitions.move_from_default(table, day).encode())
                await connection.execute(partitions.attach(table, day).encode())
        # A check violation: a row of that day came into the default partition meanwhile.
        except (LockNotAvailable, CheckViolation):
            if last:
                raise
            await asyncio.sleep(0.2)
        else:
            break
    return True


async def _limit_locks(connection: AsyncConnection[Any], milliseconds: int) -> None:
    await connection.execute("select set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])


async def _has(connection: AsyncConnection[Any], table: str, day: date) -> bool:
    return partitions.name(table, day) in await _attached(connection, table)


async def _attached(connection: AsyncConnection[Any], table: str) -> set[str]:
    return {row["name"] for row in await rows(connection, _QUERIES["attached"], table=table)}
