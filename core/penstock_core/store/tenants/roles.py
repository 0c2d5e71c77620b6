"""Database roles: one per namespace for its runners, one for the gateway, and what each may do.

The operator connects as the owner of the tables, whom the policies do not bind; it is the only one.
Runner roles belong to a group that holds the grants, so that a thousand namespaces do not make a thousand grants;
which namespace a role may see is a row of `tenants`.
Creating roles needs CREATEROLE alone.
"""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from psycopg import AsyncConnection, DatabaseError, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow

from penstock_core import names
from penstock_core.errors import StoreError
from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.limits import GATEWAY_ROLE, RUNNER_ROLE
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.tenants.model import RoleDsn
from penstock_core.store.tenants.sessions import way_cleared

_QUERIES = load("tenants/roles")

_GATEWAY_TABLES: Final = [
    "executions",
    "execution_payloads",
    "step_results",
    "execution_logs",
    "live_executions",
    "flow_slots",
    "idempotency_keys",
    "flow_definitions",
    "instances",
]
_OWN_TO_ONE_ROLE: Final = (
    "user",
    "password",
    "passfile",
    "sslcert",
    "sslkey",
    "options",
    "application_name",
    "service",
)


class Access(Database):
    """Makes roles; `dsn` is the operator's, `host` (`host[:port]`) what runners use instead of its host."""

    def __init__(self, pool: Pool, *, dsn: str, prefix: str, host: str | None = None) -> None:
        super().__init__(pool)
        self._base = {key: value for key, value in conninfo_to_dict(dsn).items() if key not in _OWN_TO_ONE_ROLE}
        self._prefix = prefix
        self._host = host
        self._group = f"{prefix}_runners"

    async def ensure_access(self) -> None:
        """The group of runners and its grants; after every migration, since it may have brought tables."""
        async with self.transaction() as connection:
            await connection.execute(_QUERIES["lock"].encode())
            if not await rows(connection, _QUERIES["role"], role=self._group):
                await connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(self._group)))
            await self._grant(connection, "runners", self._group)

    async def ensure_runner_role(self, namespace: str, *, password: str | None = None) -> RoleDsn:
        """The role of a namespace's runners.

        `password` is the one in use, from the Secret that holds it; None makes a new one, and the old one ends.
        A namespace that another release has left in this database is taken over: its role sees nothing any more.
        """
        role = names.database_role(self._prefix, namespace)
        password = password or secrets.token_urlsafe(24)
        tenant = {"role": role, "namespace": namespace}
        async with self._changing(role) as connection:
            await connection.execute(_QUERIES["lock"].encode())
            await _ensure_login(connection, role, password)
            await _configure(connection, role, RUNNER_ROLE)
            if not await rows(connection, _QUERIES["member"], group=_quoted(self._group), role=_quoted(role)):
                member = sql.SQL("grant {} to {}").format(sql.Identifier(self._group), sql.Identifier(role))
                await connection.execute(member)
            await connection.execute(_QUERIES["displace_tenants"].encode(), tenant)
            await connection.execute(_QUERIES["add_tenant"].encode(), tenant)
        return self._role_dsn(role, password, self._host)

    async def ensure_gateway_role(self, *, password: str | None = None) -> RoleDsn:
        """The gateway's role with its grants and policies; `password` as for a runner role."""
        role = f"{self._prefix}_gateway"
        password = password or secrets.token_urlsafe(24)
        async with self.transaction() as connection:
            await connection.execute(_QUERIES["lock"].encode())
            await _ensure_login(connection, role, password)
            await _configure(connection, role, GATEWAY_ROLE)
            await self._grant(connection, "gateway", role)
            # Only what is missing: making a policy locks out every reader of its table.
            missing = await rows(connection, _QUERIES["gateway_tables"], tables=_GATEWAY_TABLES, role=_quoted(role))
            async with way_cleared(self.connection, connection):
                for table in missing:
                    await connection.execute(_gateway_policy(table["name"], role))
        return self._role_dsn(role, password, None)

    async def drop_runner_role(self, namespace: str) -> None:
        """Removes the role of a namespace; one that is gone is no error."""
        role = names.database_role(self._prefix, namespace)
        async with self._changing(role) as connection:
            await connection.execute(_QUERIES["lock"].encode())
            await connection.execute(_QUERIES["remove_tenant"].encode(), {"role": role})
            await connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))

    @asynccontextmanager
    async def _changing(self, role: str) -> AsyncIterator[AsyncConnection[DictRow]]:
        """A transaction about a role; StoreError where the database refuses (a right is missing, the role owns something)."""
        try:
            async with self.transaction() as connection:
                yield connection
        except DatabaseError as error:
            reason = error.diag.message_primary or str(error)
            raise StoreError(f"the database refuses to change the role {role}: {reason}") from error

    async def _grant(self, connection: AsyncConnection[DictRow], kind: str, role: str) -> None:
        quoted = sql.Identifier(role).as_string(connection)
        await connection.execute(_QUERIES[kind].format(role=quoted).encode())

    def _role_dsn(self, role: str, password: str, host: str | None) -> RoleDsn:
        address = {} if host is None else _address(host)
        base: dict[str, Any] = {key: value for key, value in self._base.items() if not (host and key == "hostaddr")}
        dsn = make_conninfo("", **{**base, **address, "user": role, "password": password})
        return RoleDsn(role=role, password=password, dsn=dsn)


async def _ensure_login(connection: AsyncConnection[DictRow], role: str, password: str) -> None:
    """A role that may log in; the password is hashed here, so that no statement log ever shows it."""
    verb = "alter" if await rows(connection, _QUERIES["role"], role=role) else "create"
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL(f"{verb} role {{}} login password {{}}")
    await connection.execute(statement.format(sql.Identifier(role), sql.Literal(hashed)))


async def _configure(connection: AsyncConnection[DictRow], role: str, settings: Mapping[str, str]) -> None:
    """Defaults of every new session of a role."""
    for name, value in settings.items():
        statement = sql.SQL("alter role {} set {} = {}")
        await connection.execute(statement.format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value)))


def _gateway_policy(table: str, role: str) -> sql.Composed:
    statement = (
        "drop policy if exists gateway on {0}; create policy gateway on {0} to {1} using (true) with check (true)"
    )
    return sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(role))


def _quoted(role: str) -> str:
    """A role's name as `regrole` reads it."""
    return sql.Identifier(role).as_string(None)


def _address(host: str) -> dict[str, str]:
    """`host`, `host:port`, `[v6]:port` as connection parameters."""
    if host.startswith("["):
        name, _, port = host[1:].partition("]")
        port = port.removeprefix(":")
    else:
        name, _, port = host.partition(":")
    return {"host": name, "port": port} if port else {"host": name}
