"""What every asynchronous class of the store does with the pool: run a query, give its rows, translate errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from penstock_core.store.connection.faults import translated
from penstock_core.store.connection.pool import Pool


class Database:
    """Runs queries on a pool; `StoreUnavailable` where another try is worth it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """One connection, in autocommit mode."""
        with translated():
            async with self._pool.connection() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """One connection in one transaction."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def rows(self, query: str, /, **parameters: Any) -> list[DictRow]:
        """All rows of one statement."""
        async with self.connection() as connection:
            return await rows(connection, query, **parameters)

    async def row(self, query: str, /, **parameters: Any) -> DictRow | None:
        """The first row of one statement."""
        found = await self.rows(query, **parameters)
        return found[0] if found else None

    async def count(self, query: str, /, **parameters: Any) -> int:
        """How many rows one statement touched."""
        async with self.connection() as connection:
            return (await connection.execute(query.encode(), parameters)).rowcount


async def rows(connection: AsyncConnection[Any], query: str, /, **parameters: Any) -> list[DictRow]:
    """All rows of one statement on a connection that is already there."""
    async with connection.cursor(binary=True, row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()
