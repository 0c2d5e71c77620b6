"""Brings a database to this release's schema: numbered files, forward only, one transaction under an advisory lock.

The lock belongs to the transaction, not to the session, so it holds through PgBouncer too.
Programs of the release before keep working on the new schema: files add, they do not rename or remove.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from penstock_core.store.faults import translated
from penstock_core.store.maintenance import DAYS_AHEAD, create_partitions

_LOCK: Final = 0x70656E73746F636B
"""The word "penstock" as a number."""


def files() -> list[Path]:
    """The migrations of this release, in their order."""
    return sorted((Path(__file__).parent / "migrations").glob("[0-9][0-9][0-9][0-9]_*.sql"))


async def migrate(dsn: str, now: datetime, *, days: int = DAYS_AHEAD) -> list[str]:
    """Applies what is missing, makes the partitions until `days` after `now`, and returns the names of what was applied.

    The role needs to own the schema's tables, or the right to create them. Safe to run by several at once.
    """
    with translated():
        async with await AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
            applied = await _apply(connection)
            await create_partitions(connection, now, days=days)
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
