"""Brings a database to this release's schema: numbered files, forward only, one transaction under a lock of a table.

The table is `schema_migrations`, on which nobody but its owner has a right: no tenant can hold it.
A tenant that holds what a file needs is not waited for: its session is ended, and the lock is asked for again.
A file that checks every row of a large table adds its constraint `not valid`, and validates it in a file of its own.
Programs of the release before keep working on the new schema: files add, they do not rename or remove.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected, LockNotAvailable, UniqueViolation

from penstock_core.store.connection.database import rows
from penstock_core.store.connection.faults import translated
from penstock_core.store.connection.limits import MIGRATION, OPERATOR, Limits
from penstock_core.store.schema.maintenance import DAYS_AHEAD, SchemaChange, create_partitions

log = logging.getLogger(__name__)

DAYS_NEEDED: Final = 1
"""Partitions that a program may insist on: until tomorrow. The others are made every hour, too."""
_TRIES: Final = 5
_PAUSE_SECONDS: Final = 0.2


def files() -> list[Path]:
    """The migrations of this release, in their order."""
    return sorted((Path(__file__).parent / "migrations").glob("[0-9][0-9][0-9][0-9]_*.sql"))


async def migrate(dsn: str, now: datetime, *, days: int = DAYS_AHEAD, limits: Limits = MIGRATION) -> list[str]:
    """Applies what is missing, makes the partitions until `days` after `now`, and returns the names of what was applied.

    A partition later than tomorrow's is left to the maintenance where somebody (pg_dump, for hours) holds the tables.
    The role needs to own the schema's tables, or the right to create them. Safe to run by several at once.
    StoreContended where somebody other than a tenant holds what a file needs.
    """

    @asynccontextmanager
    async def opening() -> AsyncIterator[AsyncConnection[Any]]:
        async with await AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
            yield connection

    with translated():
        async with opening() as connection:
            change = SchemaChange(connection, opening=opening, limits=limits)
            applied = await _apply_patiently(connection, change)
            await create_partitions(change, now, days=min(days, DAYS_NEEDED))
            try:
                await create_partitions(change, now, days=days)
            except (LockNotAvailable, DeadlockDetected) as error:
                log.warning("partitions not made ahead yet", extra={"cause": str(error)})
    return applied


async def _apply_patiently(connection: AsyncConnection[Any], change: SchemaChange) -> list[str]:
    """What was applied; a few tries where another migrates at the same time, or a lock was not to be had."""
    for last in [False] * (_TRIES - 1) + [True]:
        try:
            if not await _missing(connection):
                return []
            return await _apply(change)
        # A unique violation: two that make the table of migrations at once meet in the catalogue.
        except (LockNotAvailable, DeadlockDetected, UniqueViolation):
            if last:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
    return []


async def _missing(connection: AsyncConnection[Any]) -> list[Path]:
    """The files that are not applied yet; makes the table that tells."""
    async with connection.transaction():
        await OPERATOR.apply(connection)
        await connection.execute(
            "create table if not exists schema_migrations "
            "(name text primary key, applied_at timestamptz not null default now())"
        )
        done = {row["name"] for row in await rows(connection, "select name from schema_migrations")}
    return [file for file in files() if file.stem not in done]


async def _apply(change: SchemaChange) -> list[str]:
    applied = []
    async with change.transaction() as connection:
        done = {row["name"] for row in await rows(connection, "select name from schema_migrations")}
        for file in files():
            if file.stem not in done:
                await connection.execute(file.read_bytes())
                await connection.execute("insert into schema_migrations (name) values (%s)", [file.stem])
                applied.append(file.stem)
    return applied
