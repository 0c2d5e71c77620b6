"""Sessions of runners' roles that hold up others are ended: a tenant may keep a transaction, and its locks, as long as it likes.

A role that was made with CREATEROLE alone may end the sessions of roles of which it is a member; it makes itself one, which
gives it nothing that an owner of all tables has not. Superusers need nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, sql
from psycopg.errors import DatabaseError
from psycopg.rows import DictRow

from penstock_core.errors import StoreError
from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.limits import LONG_TRANSACTION_SECONDS, OPERATOR
from penstock_core.store.connection.queries import load

log = logging.getLogger(__name__)
_QUERIES = load("tenants/sessions")
BLOCKING_SECONDS: Final = 0.5
"""How long a tenant's session may keep a change of the schema waiting before it is ended."""
_INHERITS_SINCE: Final = 160_000
"""From this version of Postgres on a membership says itself whether its rights count without a `set role`."""

Opening = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
"""A connection in autocommit mode, other than the one that waits."""


class EndedSession(NamedTuple):
    """A session that was ended: its role, and how old its transaction was."""

    role: str
    seconds: float


class Sessions(Database):
    """Used by the operator."""

    async def end_long(self, *, older_than_s: float = LONG_TRANSACTION_SECONDS) -> list[EndedSession]:
        """Ends the sessions of runners' roles in this database that hold a transaction longer than that."""
        async with self.connection() as connection:
            return await _end(connection, "end_long", older=older_than_s)


@asynccontextmanager
async def way_cleared(opening: Opening, connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """While this lasts, sessions of runners' roles that `connection` has to wait for are ended; in a transaction of it."""
    # asked of the server: a pooler tells its clients a number of its own
    [row] = await rows(connection, "select pg_backend_pid() as pid")
    watch = asyncio.create_task(_clear(opening, row["pid"]), name="way-cleared")
    try:
        yield
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


async def _clear(opening: Opening, waiting: int) -> None:
    while True:
        await asyncio.sleep(BLOCKING_SECONDS)
        try:
            async with opening() as connection:
                await _end(connection, "end_blockers", waiting=waiting)
        except (DatabaseError, StoreError) as error:
            log.warning("sessions in the way were not ended", extra={"cause": str(error)})


async def _end(connection: AsyncConnection[Any], query: str, **parameters: Any) -> list[EndedSession]:
    await _reach(connection)
    async with connection.transaction():
        await OPERATOR.apply(connection)
        found = await rows(connection, _QUERIES[query], **parameters)
    ended = [EndedSession(**row) for row in found]
    for one in ended:
        log.warning("session of a runner's role ended", extra={"role": one.role, "seconds": round(one.seconds)})
    return ended


async def _reach(connection: AsyncConnection[Any]) -> None:
    """Makes the caller a member of the runners' roles that it may not end sessions of; one that refuses is told in the log."""
    async with connection.transaction():
        await OPERATOR.apply(connection)
        unreached: list[DictRow] = await rows(connection, _QUERIES["unreached"])
    inherits = " with inherit true" if connection.info.server_version >= _INHERITS_SINCE else ""
    for row in unreached:
        statement = sql.SQL(f"grant {{}} to current_user{inherits}").format(sql.Identifier(row["role"]))
        try:
            async with connection.transaction():
                await OPERATOR.apply(connection)
                await connection.execute(statement)
        except DatabaseError as error:
            cause = {"role": row["role"], "cause": error.diag.message_primary or str(error)}
            log.warning("sessions of a runner's role cannot be ended", extra=cause)
