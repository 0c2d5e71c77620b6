"""What keeps the tables in shape: a partition per day ahead, old days dropped, expired keys removed.

A partition is made as a plain table and attached under a lock time-out: `create table … partition of` would wait for a
long list query with an exclusive lock, and everybody behind it. A tenant's session that is in the way is ended; a backup
or somebody who reads is waited for, until the time-out.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import CheckViolation, DeadlockDetected, DuplicateTable, LockNotAvailable, UniqueViolation

from penstock_core.errors import StoreContended
from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.limits import UPKEEP, Limits
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.schema import partitions
from penstock_core.store.tenants.sessions import Opening, way_cleared
from penstock_core.uuid7 import first_at

log = logging.getLogger(__name__)
_QUERIES = load("schema/maintenance")
_TRIES: Final = 5
DAYS_AHEAD: Final = 14


class Maintenance(Database):
    """Run by the operator's leader every hour or so; each method may be repeated and may run beside itself."""

    def __init__(self, pool: Pool, *, limits: Limits = UPKEEP) -> None:
        super().__init__(pool)
        self._limits = limits

    async def create_partitions(self, now: datetime, *, days: int = DAYS_AHEAD) -> list[str]:
        """Makes the partitions from yesterday to `days` ahead that are missing; returns their names."""
        async with self.connection() as connection:
            change = SchemaChange(connection, opening=self.connection, limits=self._limits)
            return await create_partitions(change, now, days=days)

    async def drop_partitions(self, now: datetime, *, days: int = 30) -> list[str]:
        """Drops the days that ended more than `days` ago; executions that have not ended move to the default partition."""
        oldest = (now - timedelta(days=days)).date()
        async with self.connection() as connection:
            change = SchemaChange(connection, opening=self.connection, limits=self._limits)
            found = await change.attached("executions")
            old = sorted(day for name in found if (day := partitions.day_of(name)) is not None and day < oldest)
            return [partition for day in old for partition in await _drop_day(change, day)]

    async def delete_expired_keys(self, *, batch: int = 1000) -> int:
        """Removes keys whose window is over; returns how many."""
        return await self._repeat(_QUERIES["delete_expired_keys"], batch=batch)

    async def sweep_default(self, now: datetime, *, days: int = 30, batch: int = 1000) -> int:
        """Removes ended executions older than `days` that a dropped partition left behind; returns how many.

        What somebody holds is left to the next call.
        """
        removed, after = 0, UUID(int=0)
        before = first_at(now - timedelta(days=days))
        while found := await self.rows(_QUERIES["forgotten"], after=after, before=before, batch=batch):
            ids, namespaces = [row["id"] for row in found], [row["namespace"] for row in found]
            removed, after = removed + await self._delete(ids, namespaces), ids[-1]
        return removed

    async def _delete(self, ids: Sequence[UUID], namespaces: Sequence[str]) -> int:
        """Executions of the default partition, halved where they take too long: one that does alone is left."""
        try:
            for query in ("delete_parts", "delete_executions"):
                count = await self.count(_QUERIES[query], ids=ids, namespaces=namespaces)
        except StoreContended as error:
            if len(ids) == 1:
                extra = {"namespace": namespaces[0], "execution": str(ids[0]), "cause": str(error)}
                log.warning("forgotten execution left", extra=extra)
                return 0
            half = len(ids) // 2
            return await self._delete(ids[:half], namespaces[:half]) + await self._delete(ids[half:], namespaces[half:])
        return count

    async def _repeat(self, query: str, *, batch: int) -> int:
        total = 0
        while (count := await self.count(query, batch=batch)) > 0:
            total += count
            if count < batch:
                break
        return total


class SchemaChange:
    """Changes of the schema, one at a time in a database; `connection` is in autocommit mode, `opening` gives another."""

    def __init__(self, connection: AsyncConnection[Any], *, opening: Opening, limits: Limits) -> None:
        self._connection = connection
        self._opening = opening
        self._limits = limits

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A transaction that no other change runs beside, and no tenant's session is in the way of."""
        connection = self._connection
        async with connection.transaction():
            await self._limits.apply(connection)
            async with way_cleared(self._opening, connection):
                # a table that no tenant has a right on: anybody may take an advisory lock
                await connection.execute("lock table schema_migrations in exclusive mode")
                yield connection

    async def attached(self, table: str) -> set[str]:
        """The names of a table's partitions."""
        async with self._connection.transaction():
            await self._limits.apply(self._connection)
            return await _attached(self._connection, table)


async def create_partitions(change: SchemaChange, now: datetime, *, days: int = DAYS_AHEAD) -> list[str]:
    """The partitions that were missing, made."""
    made: list[str] = []
    for table in partitions.TABLES:
        present = await change.attached(table)
        missing = [day for day in partitions.days_ahead(now, days) if partitions.name(table, day) not in present]
        made += [partitions.name(table, day) for day in missing if await _create(change, table, day)]
    return made


async def _create(change: SchemaChange, table: str, day: date) -> bool:
    """One partition, with the rows of its day that the default partition caught; False where another made it."""
    for last in [False] * (_TRIES - 1) + [True]:
        try:
            async with change.transaction() as connection:
                if partitions.name(table, day) in await _attached(connection, table):
                    return False
                await connection.execute(partitions.create(table, day).encode())
                await connection.execute(partitions.move_from_default(table, day).encode())
                await connection.execute(partitions.attach(table, day).encode())
        # A check violation: a row of that day came into the default partition meanwhile. A duplicate: an operator of the
        # release before, which knows another lock, makes the same one.
        except (LockNotAvailable, DeadlockDetected, CheckViolation, DuplicateTable, UniqueViolation):
            if last:
                raise
            await asyncio.sleep(0.2)
        else:
            break
    return True


async def _drop_day(change: SchemaChange, day: date) -> list[str]:
    """All tables' partitions of a day, in one transaction, so that a rescued execution keeps everything it has."""
    async with change.transaction() as connection:
        present = [table for table in partitions.TABLES if await _has(connection, table, day)]
        for table in present:
            await connection.execute(f"alter table {table} detach partition {partitions.name(table, day)}".encode())
            await connection.execute(partitions.rescue(table, day).encode())
        for table in present:
            await connection.execute(f"drop table {partitions.name(table, day)}".encode())
    return [partitions.name(table, day) for table in present]


async def _has(connection: AsyncConnection[Any], table: str, day: date) -> bool:
    return partitions.name(table, day) in await _attached(connection, table)


async def _attached(connection: AsyncConnection[Any], table: str) -> set[str]:
    return {row["name"] for row in await rows(connection, _QUERIES["attached"], table=table)}
