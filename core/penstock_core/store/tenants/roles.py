"""Database roles: one per namespace for its runners, one for the gateway, and what each may do. Their end: `role_removal`.

The operator connects as the owner of the tables, whom the policies do not bind; it is the only one.
Runner roles belong to a group, the callers, that may call the runner's functions and touches no table, so that a thousand
namespaces do not make a thousand grants; which namespace a role stands for is a row of `tenants`.
A namespace that is made again under its old name gets another role.
The functions belong to a role that cannot log in, the interface: it has the rights that they need and no more, and policies
that compare each row's namespace with the caller's.
Creating roles needs CREATEROLE alone. The operator's role is a member of each runner role: from Postgres 16 on CREATEROLE does
not suffice to end its sessions and to drop what it owns or was granted.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from psycopg import AsyncConnection, DatabaseError, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow

from penstock_core import names
from penstock_core.errors import StoreError
from penstock_core.store.connection.database import Database, rows
from penstock_core.store.connection.limits import GATEWAY_ROLE, ROLES, RUNNER_ROLE
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.tenants.model import RoleDsn
from penstock_core.store.tenants.sessions import way_cleared

_QUERIES = load("tenants/roles")

_ITERATIONS: Final = 1
_TEMPORARY_FILES: Final = "1GB"
"""What a session of a runner's role may put into temporary files, where the server's administrator lets us set that."""
GRACE_SECONDS: Final = 3600
"""How long a role of the release before serves its namespace beside the new one, at most."""

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
    "refusals",
]
_INTERFACE_TABLES: Final = [
    "executions",
    "execution_payloads",
    "step_results",
    "execution_logs",
    "live_executions",
    "flow_slots",
    "idempotency_keys",
    "flow_definitions",
    "pauses",
    "tick_counts",
]
"""What the runner's functions read or write, each row with its namespace; `tenants` says whose a role is."""
_OF_CALLER: Final = "namespace = (select runner_namespace_v1())"
"""Once a statement; a look-up in `tenants` by itself would be planned anew for each table that a statement names."""
_ENDED_STAYS: Final = sql.SQL(
    "drop policy if exists ended on {0};"
    "create policy ended on {0} as restrictive for update to {1} using (ended_at is null) with check (true)"
)
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


_OF_THE_SERVER: Final = ("hostaddr", "channel_binding")
"""Not for a host between: a pooler ends TLS, so it cannot prove that it is the server."""


class Access(Database):
    """Makes roles; `dsn` is the operator's, `host` (`host[:port]`) what runners use instead of its host.

    A runner role may hold `connections` connections at a time, -1: as many as there are.
    """

    def __init__(self, pool: Pool, *, dsn: str, prefix: str, host: str | None = None, connections: int = -1) -> None:
        super().__init__(pool)
        self._base = {key: value for key, value in conninfo_to_dict(dsn).items() if key not in _OWN_TO_ONE_ROLE}
        self._prefix = prefix
        self._host = host
        self._connections = connections
        self._group = f"{prefix}_callers"
        self._interface = f"{prefix}_interface"
        self._old_group = f"{prefix}_runners"

    async def ensure_access(self) -> None:
        """The group of runners, their functions' owner and the grants; after every migration, since it may have brought more."""
        async with self.transaction(limits=ROLES) as connection:
            await connection.execute(_QUERIES["lock"].encode())
            for role in (self._group, self._interface):
                if not await rows(connection, _QUERIES["role"], role=role):
                    await connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
            await self._hand_over_functions(connection)
            await self._grant(connection, "interface", self._interface)
            await self._open_doors(connection, self._interface)
            await self._grant(connection, "callers", self._group)
            await self._admit(connection)
            for right in await rows(connection, _QUERIES["open_to_all"]):
                await connection.execute(right["statement"].encode())
            # roles of before are handed the functions too: their runners may be of this release already
            if await rows(connection, _QUERIES["role"], role=self._old_group):
                await _ensure_membership(connection, self._old_group, group=self._group)

    async def retire_old_group(self) -> bool:
        """Removes the group to which release 0.1 granted rights on tables; False while a role belongs to it.

        True where it is gone. In another database of the server that still knows it, it stays until that one lets it go.
        """
        if not await self.rows(_QUERIES["role"], role=self._old_group):
            return True
        group = _quoted(self._old_group)
        with changing(self._old_group):
            async with self.transaction(limits=ROLES) as connection:
                await connection.execute(_QUERIES["lock"].encode())
                if await rows(connection, _QUERIES["members"], group=group):
                    return False
                async with way_cleared(self.connection, connection):
                    for right in await rows(connection, _QUERIES["retired_rights"], group=group):
                        await connection.execute(right["statement"].encode())
                await connection.execute(sql.SQL("drop role {}").format(sql.Identifier(self._old_group)))
        return True

    async def ensure_runner_role(self, namespace: str, *, uid: str, password: str | None = None) -> RoleDsn:
        """The role of the runners in a namespace, which `uid` tells from others of its name.

        `password` is the one in use, from the Secret that holds it; None makes a new one, and the old one ends.
        A namespace that another release has left in this database is taken over: its role sees nothing any more.
        """
        role = names.database_role(self._prefix, namespace, uid=uid)
        password = password or secrets.token_urlsafe(24)
        with changing(role):
            async with self.transaction(limits=ROLES) as connection:
                await self._make(connection, role, password)
                await self._tie(connection, role, namespace=namespace, uid=uid)
        return self._role_dsn(role, password, self._host)

    async def ensure_gateway_role(self, *, password: str | None = None) -> RoleDsn:
        """The gateway's role with its grants and policies; `password` as for a runner role."""
        role = f"{self._prefix}_gateway"
        password = password or secrets.token_urlsafe(24)
        async with self.transaction(limits=ROLES) as connection:
            await connection.execute(_QUERIES["lock"].encode())
            await _ensure_login(connection, role, password)
            await _configure(connection, role, GATEWAY_ROLE)
            await self._grant(connection, "gateway", role)
            await self._open_doors(connection, role)
            # Only what is missing: making a policy locks out every reader of its table.
            missing = await _without_policy(connection, _GATEWAY_TABLES, policy="gateway", role=role)
            async with way_cleared(self.connection, connection):
                for table in missing:
                    await connection.execute(_policy("gateway", table, role, rows="true"))
        return self._role_dsn(role, password, None)

    async def untie(self, namespace: str) -> None:
        """Takes a namespace from its runners' role, which sees nothing from then on; its removal goes on by itself."""
        await self.count(_QUERIES["untie"], namespace=namespace, own=f"{self._prefix}_")

    async def _make(self, connection: AsyncConnection[DictRow], role: str, password: str) -> None:
        await connection.execute(_QUERIES["lock"].encode())
        await _ensure_login(connection, role, password)
        await _configure(connection, role, RUNNER_ROLE)
        await self._bound(connection, role)
        await _ensure_membership(connection, role, group=self._group)
        await become_member(connection, role)

    async def _tie(self, connection: AsyncConnection[DictRow], role: str, *, namespace: str, uid: str) -> None:
        tenant = {"role": role, "namespace": namespace, "uid": uid, "own": f"{self._prefix}_", "seconds": GRACE_SECONDS}
        for query in ("displace", "give_time", "tie", "return_to_service"):
            await connection.execute(_QUERIES[query].encode(), tenant)

    async def _bound(self, connection: AsyncConnection[DictRow], role: str) -> None:
        """What a role may take of the server."""
        limit = sql.SQL("alter role {} connection limit {}")
        await connection.execute(limit.format(sql.Identifier(role), sql.Literal(self._connections)))
        if await rows(connection, _QUERIES["may_limit_files"]):
            await _configure(connection, role, {"temp_file_limit": _TEMPORARY_FILES})

    async def _hand_over_functions(self, connection: AsyncConnection[DictRow]) -> None:
        """Gives the interface the functions that it does not own yet; Postgres wants it to be able to create them meanwhile."""
        functions = await rows(connection, _QUERIES["foreign_functions"], role=_quoted(self._interface))
        if not functions:
            return
        # who makes a role may not act as it by that alone; without, a function could not be handed over or ever changed
        interface, schema = sql.Identifier(self._interface), await _schema(connection)
        await become_member(connection, self._interface)
        await connection.execute(sql.SQL("grant create on schema {} to {}").format(schema, interface))
        for function in functions:
            statement = f"alter function {function['name']} owner to {{}}"
            await connection.execute(sql.SQL(statement).format(interface))
        await connection.execute(sql.SQL("revoke create on schema {} from {}").format(schema, interface))

    async def _admit(self, connection: AsyncConnection[DictRow]) -> None:
        """The second wall: whatever a function asks for, the interface meets rows of the caller's namespace alone."""
        role = self._interface
        whose = {"tenants": "role = session_user"}
        async with way_cleared(self.connection, connection):
            for table in await _without_policy(connection, ["tenants", *_INTERFACE_TABLES], policy="caller", role=role):
                await connection.execute(_policy("caller", table, role, rows=whose.get(table, _OF_CALLER)))
            for table in await _without_policy(connection, ["executions"], policy="ended", role=role):
                await connection.execute(_ENDED_STAYS.format(sql.Identifier(table), sql.Identifier(role)))

    async def _grant(self, connection: AsyncConnection[DictRow], kind: str, role: str) -> None:
        schema = (await _schema(connection)).as_string(connection)
        await connection.execute(_QUERIES[kind].format(role=_quoted(role), schema=schema).encode())

    async def _open_doors(self, connection: AsyncConnection[DictRow], role: str) -> None:
        for right in await rows(connection, _QUERIES["doors"], role=_quoted(role)):
            await connection.execute(right["statement"].encode())

    def _role_dsn(self, role: str, password: str, host: str | None) -> RoleDsn:
        address = {} if host is None else _address(host)
        base: dict[str, Any] = {key: value for key, value in self._base.items() if not (host and key in _OF_THE_SERVER)}
        dsn = make_conninfo("", **{**base, **address, "user": role, "password": password})
        return RoleDsn(role=role, password=password, dsn=dsn)


@contextmanager
def changing(role: str) -> Iterator[None]:
    """Raises StoreError where the database refuses to change a role (a right is missing, something depends on the role)."""
    try:
        yield
    except DatabaseError as error:
        raise StoreError(f"the database refuses to change the role {role}: {words(error)}") from error


def words(error: DatabaseError) -> str:
    """What the server said, what stands in the way included."""
    return ": ".join(filter(None, (error.diag.message_primary or str(error), error.diag.message_detail)))


async def become_member(connection: AsyncConnection[DictRow], role: str) -> None:
    """Lets the operator act as a runner role: end its sessions, drop what it owns, take back what it gave."""
    if not await rows(connection, _QUERIES["is_ours"], role=role):
        await connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


async def _ensure_membership(connection: AsyncConnection[DictRow], role: str, *, group: str) -> None:
    """Of the group, and of nothing else."""
    found = {row["name"] for row in await rows(connection, _QUERIES["memberships"], role=role)}
    for other in sorted(found - {group}):
        await connection.execute(sql.SQL("revoke {} from {}").format(sql.Identifier(other), sql.Identifier(role)))
    if group not in found:
        await connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(role)))


async def _ensure_login(connection: AsyncConnection[DictRow], role: str, password: str) -> None:
    """A role that may log in; the password is hashed here, so that no statement log ever shows it."""
    verb = "alter" if await rows(connection, _QUERIES["role"], role=role) else "create"
    statement = sql.SQL(f"{verb} role {{}} login password {{}}")
    await connection.execute(statement.format(sql.Identifier(role), sql.Literal(_verifier(password))))


def _verifier(password: str) -> str:
    """What the server keeps of a password, as RFC 5803 writes it.

    Repetitions of the hash protect words that somebody can guess; these are 24 random bytes, and at the usual 4,096 a runner's
    start spent as much time on them as TLS takes.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client, server = (hmac.digest(salted, part, "sha256") for part in (b"Client Key", b"Server Key"))
    parts = (base64.b64encode(each).decode() for each in (salt, hashlib.sha256(client).digest(), server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_ITERATIONS, *parts)


async def _configure(connection: AsyncConnection[DictRow], role: str, settings: Mapping[str, str]) -> None:
    """Defaults of every new session of a role."""
    for name, value in settings.items():
        statement = sql.SQL("alter role {} set {} = {}")
        await connection.execute(statement.format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value)))


async def _without_policy(
    connection: AsyncConnection[DictRow], tables: Sequence[str], *, policy: str, role: str
) -> list[str]:
    found = await rows(
        connection, _QUERIES["tables_without_policy"], tables=list(tables), policy=policy, role=_quoted(role)
    )
    return [row["name"] for row in found]


def _policy(name: str, table: str, role: str, *, rows: str) -> sql.Composed:
    """Opens a table's rows for which the condition `rows` holds to a role; of the same name there is one policy a table."""
    statement = f"drop policy if exists {name} on {{0}}; create policy {name} on {{0}} to {{1}} using ({rows}) with check ({rows})"
    return sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(role))


async def _schema(connection: AsyncConnection[DictRow]) -> sql.Identifier:
    """The schema that holds the tables."""
    (row,) = await rows(connection, "select current_schema() as name")
    return sql.Identifier(row["name"])


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
