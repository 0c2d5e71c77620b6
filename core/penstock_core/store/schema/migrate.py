"""Brings a database to this release's schema: numbered files, forward only, one transaction under an advisory lock.

The lock belongs to the transaction, not to the session, so it holds through PgBouncer too.
Programs of the release before keep working on the new schema: files add, they do not rename or remove.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Final

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.rows import TupleRow

from penstock_core.store.connection.faults import translated
from penstock_core.store.schema.maintenance import DAYS_AHEAD, LOCK_TIMEOUT_MS, create_partitions

log = logging.getLogger(__name__)

DAYS_NEEDED: Final = 1
"""Partitions that a program may insist on: until tomorrow. The others are made every hour, too."""
_LOCK: Final = 0x70656E73746F636B
"""The word "penstock" as a number."""


def files() -> list[Path]:
    """The migrations of this release, in their order."""
    return sorted((Path(__file__).parent / "migrations").glob("[0-9][0-9][0-9][0-9]_*.sql"))


async def migrate(
    dsn: str, now: datetime, *, days: int = DAYS_AHEAD, lock_timeout_ms: int = LOCK_TIMEOUT_MS
) -> list[str]:
    """Applies what is missing, makes the partitions until `days` after `now`, and returns the names of what was applied.

    A partition later than tomorrow's is left to the maintenance where somebody (pg_dump, for hours) holds the tables.
    The role needs to own the schema's tables, or the right to create them. Safe to run by several at once.
    """
    with translated():
        async with await AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
            applied = await _apply(connection)
            await create_partitions(connection, now, days=min(days, DAYS_NEEDED), lock_timeout_ms=lock_timeout_ms)
            try:
                await create_partitions(connection, now, days=days, lock_timeout_ms=lock_timeout_ms)
            except LockNotAvailable as error:
                log.warning("partitions not made ahead yet", extra={"cause": str(error)})
    return applied


async def _apply(connection: AsyncConnection[TupleRow]) -> list[str]:
    applied = []
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        await connection.execute(
            "create table if not exists schema_migrations "
            "(name text primary key, applied_at timestamptz not null default now())"
        )
        done = {name for (name,) in await (await connection.execute("select name from schema_migrations")).fetchall()}
        for file in files():
            if file.stem not in done:
                await connection.execute(file.read_bytes())
                await connection.execute("insert into schema_migrations (name) values (%s)", [file.stem])
                applied.append(file.stem)
    return applied
