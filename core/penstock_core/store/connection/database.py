"""What every asynchronous class of the store does with the pool: run a query, give its rows or values, translate errors.

Every statement runs within the pool's limits, see `limits`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from psycopg import AsyncConnection, AsyncCursor, AsyncPipeline
from psycopg.pq import ExecStatus
from psycopg.rows import DictRow, dict_row

from penstock_core.store.connection.faults import translated
from penstock_core.store.connection.limits import Limits
from penstock_core.store.connection.pool import Pool

Value = TypeVar("Value")


class Database:
    """Runs queries on a pool; `StoreUnavailable` where another try is worth it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """One connection, in autocommit mode, for who sets limits in a transaction of its own."""
        with translated():
            async with self._pool.connection() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self, *, limits: Limits | None = None) -> AsyncIterator[AsyncConnection[DictRow]]:
        """One connection in one transaction, within `limits` or those of the pool."""
        chosen = limits or self._pool.limits
        async with self.connection() as connection, connection.transaction():
            if chosen is not None:
                await chosen.apply(connection)
            yield connection

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[tuple[AsyncConnection[DictRow], AsyncPipeline]]:
        """One connection in one transaction, whose statements are on their way before the first answer is read."""
        async with self.connection() as connection, connection.pipeline() as pipeline, connection.transaction():
            if self._pool.limits is not None:
                await self._pool.limits.apply(connection)
            yield connection, pipeline

    async def values(
        self, reader: str, query: str, make: Callable[[DictRow], Value], /, **parameters: Any
    ) -> list[Value]:
        """What `make` gives of each row of one statement; what cannot be understood is put aside, see `readable`."""
        return self._pool.aside.values(reader, await self.rows(query, **parameters), make)

    async def rows(self, query: str, /, **parameters: Any) -> list[DictRow]:
        """All rows of one statement, as the database holds them: for numbers, names and ids, which are always values."""
        return (await self._run(query, parameters))[0]

    async def row(self, query: str, /, **parameters: Any) -> DictRow | None:
        """The first row of one statement."""
        found = await self.rows(query, **parameters)
        return found[0] if found else None

    async def count(self, query: str, /, **parameters: Any) -> int:
        """How many rows one statement touched."""
        return (await self._run(query, parameters))[1]

    async def _run(self, query: str, parameters: dict[str, Any]) -> tuple[list[DictRow], int]:
        """The rows of a statement, and how many it touched."""
        if self._pool.limits is None:
            async with self.connection() as connection:
                return await _fetched(await _sent(connection, query, parameters))
        # the limits go out together with the statement: they cost no round trip
        async with self.pipeline() as (connection, pipeline):
            cursor = await _sent(connection, query, parameters)
            await pipeline.sync()
            return await _fetched(cursor)


async def _sent(connection: AsyncConnection[DictRow], query: str, parameters: dict[str, Any]) -> AsyncCursor[DictRow]:
    return await connection.cursor(binary=True, row_factory=dict_row).execute(query.encode(), parameters)


async def _fetched(cursor: AsyncCursor[DictRow]) -> tuple[list[DictRow], int]:
    # not by its description: rows may have no columns
    has_rows = cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK
    return await cursor.fetchall() if has_rows else [], cursor.rowcount


async def rows(connection: AsyncConnection[Any], query: str, /, **parameters: Any) -> list[DictRow]:
    """All rows of one statement on a connection that is already there."""
    async with connection.cursor(binary=True, row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()
