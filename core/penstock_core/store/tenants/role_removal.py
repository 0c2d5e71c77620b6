"""The end of a runner role: what its tenant left behind, on purpose or not, keeps neither the role nor anything else.

1. It is untied from its namespace and noted as retired, in one transaction: from then on it sees nothing (see `roles`).
2. It may not log in any more, and its sessions are ended.
3. What it owns and was granted goes, in this database and in every other of the server that it could reach.
4. It is dropped.

Each of these commits apart, and all of them are repeated until the role is gone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow

from penstock_core.errors import StoreError
from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.faults import translated
from penstock_core.store.connection.limits import REMOVAL
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.tenants.roles import GRACE_SECONDS, become_member, changing

_QUERIES = load("tenants/role_removal")
_LOCK = load("tenants/roles")["lock"]

SETTLED_SECONDS: Final = 120
"""After a Secret has changed: the longest until a kubelet has started no more pods with what it held before."""
LARGE_OBJECTS: Final = 1000
"""So many are removed at a time: each takes a lock."""
_BATCHES: Final = 100
_CONNECT_SECONDS: Final = 5


class RoleRemoval(Database):
    """Removes what was untied; `dsn` is the operator's, also for the server's other databases."""

    def __init__(self, pool: Pool, *, dsn: str, prefix: str) -> None:
        super().__init__(pool)
        self._dsn = dsn
        self._own = f"{prefix}_"

    async def retire(self) -> None:
        """Unties what the release before left, once its time is over."""
        unsettled = GRACE_SECONDS - SETTLED_SECONDS
        await self.count(_QUERIES["end_grace"], own=self._own, unsettled=unsettled)

    async def retired(self, *, limit: int) -> list[str]:
        """Roles that are to be removed, those first that were not tried for the longest time."""
        return [row["role"] for row in await self.rows(_QUERIES["next"], limit=limit)]

    async def remove(self, role: str) -> bool:
        """One try; False where the role serves a namespace again. StoreError says what is still in the way."""
        with changing(role):
            if not await self._close(role):
                return False
            await self.rows(_QUERIES["end_sessions"], role=role)
            for database in await self.rows(_QUERIES["databases"], role=role):
                await self._empty_elsewhere(database["name"], role)
            async with self.connection() as connection:
                await _unlink_large_objects(connection, role)
            return await self._drop(role)

    async def _close(self, role: str) -> bool:
        async with self._removing(role) as connection:
            if connection is None:
                return False
            if await _exists(connection, role):
                await connection.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(role)))
                await self._act_as(connection, role)
            return True

    async def _drop(self, role: str) -> bool:
        async with self._removing(role) as connection:
            if connection is None:
                return False
            [sessions] = await rows(connection, _QUERIES["sessions"], role=role)
            if sessions["count"]:
                raise StoreError(f"the role {role} has {sessions['count']} sessions that have not ended")
            if await _exists(connection, role):
                await _drop_owned(connection, role)
                await connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))
            await connection.execute(_QUERIES["removed"].encode(), {"role": role})
            return True

    @asynccontextmanager
    async def _removing(self, role: str) -> AsyncIterator[AsyncConnection[DictRow] | None]:
        """A transaction in which nobody else makes or ties roles; None where this one is not to be removed any more."""
        async with self.transaction(limits=REMOVAL) as connection:
            await connection.execute(_LOCK.encode())
            begun = await connection.execute(_QUERIES["begin"].encode(), {"role": role})
            yield connection if begun.rowcount else None

    async def _act_as(self, connection: AsyncConnection[DictRow], role: str) -> None:
        """Membership in the role, and in those whose gifts it holds."""
        await become_member(connection, role)
        for sharer in await rows(connection, _QUERIES["sharers"], role=role, own=self._own):
            await become_member(connection, sharer["name"])

    async def _empty_elsewhere(self, database: str, role: str) -> None:
        """Removes what depends on the role in another database, where everybody may connect unless its owner forbade it."""
        dsn = make_conninfo(self._dsn, dbname=database)
        with translated():
            async with await AsyncConnection.connect(
                dsn, autocommit=True, prepare_threshold=None, connect_timeout=_CONNECT_SECONDS
            ) as connection:
                await _unlink_large_objects(connection, role)
                async with connection.transaction():
                    await _bound(connection)
                    await _drop_owned(connection, role)


async def _exists(connection: AsyncConnection[Any], role: str) -> bool:
    found = await connection.execute("select from pg_roles where rolname = %s", [role])
    return found.rowcount == 1


async def _drop_owned(connection: AsyncConnection[Any], role: str) -> None:
    """What the role owns, what others made of that, and what it was granted, in the connection's database."""
    await connection.execute(sql.SQL("drop owned by {} cascade").format(sql.Identifier(role)))


async def _bound(connection: AsyncConnection[Any]) -> None:
    """For the transaction: whatever stands in that database's schemas is nothing of ours to call, and what hangs is tried again."""
    await connection.execute("select pg_catalog.set_config('search_path', 'pg_catalog', true)")
    await REMOVAL.apply(connection)


async def _unlink_large_objects(connection: AsyncConnection[Any], role: str) -> None:
    """In batches of their own transactions; `connection` is in autocommit mode."""
    for _ in range(_BATCHES):
        async with connection.transaction():
            await _bound(connection)
            [unlinked] = await rows(connection, _QUERIES["unlink_large_objects"], role=role, batch=LARGE_OBJECTS)
        if unlinked["count"] < LARGE_OBJECTS:
            break
