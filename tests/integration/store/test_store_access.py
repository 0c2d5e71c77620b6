"""Row-level security and rights: what a runner's role and the gateway's may do, and what nobody but the owner may."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from executions import DEFINITION_HASH, acceptance, flow_identity, key
from penstock_core.errors import LeaseLost, StoreContended, StoreError
from penstock_core.states import ExecutionState, StepStatus
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import (
    Accepted,
    AlreadyEnded,
    Claim,
    Full,
    LogRecord,
    Outcome,
    Repeated,
    StepRecord,
)
from penstock_core.store.executions.reading import Reading
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.schema import partitions
from penstock_core.store.schema.migrate import migrate
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn
from postgres import TEMPLATE_DAYS, Server

NOW = datetime.now(UTC)
TABLES = [
    *partitions.TABLES,
    "live_executions",
    "flow_slots",
    "idempotency_keys",
    "flow_definitions",
    "instances",
    "pauses",
    "tenants",
    "ended_executions",
]


@pytest.fixture
def prefix() -> str:
    """Roles belong to the whole server: each test has its own."""
    return f"t{uuid4().hex[:8]}"


@pytest.fixture
async def tenancy(pool: Pool, dsn: str, prefix: str) -> AsyncIterator[Tenancy]:
    """The roles of a release, removed at the end."""
    tenancy = Tenancy(pool, dsn=dsn, prefix=prefix)
    await tenancy.ensure_access()
    yield tenancy
    for namespace in ("acme", "beta"):
        await tenancy.drop_runner_role(namespace)


@pytest.fixture
async def acme(tenancy: Tenancy) -> RoleDsn:
    """The role of the namespace that owns the execution."""
    return await tenancy.ensure_runner_role("acme")


@pytest.fixture
async def beta(tenancy: Tenancy) -> RoleDsn:
    """The role of another namespace."""
    return await tenancy.ensure_runner_role("beta")


@pytest.fixture
async def execution(pool: Pool, acme: RoleDsn) -> UUID:
    """A running execution of acme with a step and a log line."""
    item = acceptance()
    await Acceptances(pool).ensure_definition(namespace="acme", hash=DEFINITION_HASH, packed=b"definition")
    await Acceptances(pool).accept([item])
    with closing(Running(lambda: connect(acme.dsn), "acme")) as running:
        running.claim(item.id, holder="pod-1")
        step = StepRecord(
            path="one", attempt=1, action="set", status=StepStatus.PASSED, started_at=NOW, output=b"secret"
        )
        running.record(
            item.id, epoch=1, steps=[step], logs=[LogRecord(sequence=0, at=NOW, severity="info", message="m")]
        )
    return item.id


@pytest.fixture
def as_acme(acme: RoleDsn) -> Iterator[psycopg.Connection]:
    """A connection as the owner's namespace."""
    with psycopg.connect(acme.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def as_beta(beta: RoleDsn) -> Iterator[psycopg.Connection]:
    """A connection as the foreign namespace."""
    with psycopg.connect(beta.dsn, autocommit=True) as connection:
        yield connection


async def relations(pool: Pool) -> list[str]:
    """All ordinary and partitioned tables of the schema."""
    found = await Database(pool).rows(
        "select relname::text as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
    )
    return [row["name"] for row in found]


async def test_another_namespace_sees_nothing(execution: UUID, as_beta: psycopg.Connection) -> None:
    """Every table that a foreign runner may read at all is empty for it."""
    for table in ("executions", "execution_payloads", "step_results", "execution_logs", "live_executions"):
        assert as_beta.execute(f"select count(*) from {table}").fetchone() == (0,), table
    for table in ("flow_definitions", "idempotency_keys", "flow_slots", "pauses"):
        assert as_beta.execute(f"select count(*) from {table}").fetchone() == (0,), table
    assert as_beta.execute("select namespace from tenants").fetchall() == [("beta",)]


async def test_no_partition_is_open_to_anybody(
    pool: Pool, execution: UUID, as_acme: psycopg.Connection, as_beta: psycopg.Connection
) -> None:
    """Each partition, read or written directly, is refused to a foreign role and to the rows' own."""
    children = [name for name in await relations(pool) if name.endswith("_default") or partitions.day_of(name)]
    assert len(children) >= 4 * (TEMPLATE_DAYS + 3)
    for connection in (as_acme, as_beta):
        for child in children:
            for statement in ("select from {}", "delete from {}", "update {} set namespace = 'beta'"):
                with pytest.raises(InsufficientPrivilege):
                    connection.execute(sql.SQL(statement).format(sql.Identifier(child)))
            with pytest.raises(InsufficientPrivilege):
                connection.execute(sql.SQL("insert into {} (namespace) values ('beta')").format(sql.Identifier(child)))


async def test_every_table_has_row_level_security(pool: Pool) -> None:
    """No table of the schema but the list of migrations is without policies, partitions included."""
    found = await Database(pool).rows(
        "select relname::text as name from pg_class "
        "where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relrowsecurity"
    )

    assert [row["name"] for row in found] == ["schema_migrations"]


async def test_a_foreign_runner_changes_nothing(pool: Pool, execution: UUID, beta: RoleDsn) -> None:
    """Claim, record, renew and finish of another namespace's execution find nothing, whatever namespace is claimed."""
    step = StepRecord(path="one", attempt=1, action="set", status=StepStatus.FAILED, started_at=NOW)
    for namespace in ("acme", "beta"):
        with closing(Running(lambda: connect(beta.dsn), namespace)) as running:
            assert running.claim(execution, holder="pod-1") == AlreadyEnded(id=execution, state=None)
            assert running.renew(execution, epoch=1).lost
            with pytest.raises(LeaseLost):
                running.record(execution, epoch=1, steps=[step])
            with pytest.raises(LeaseLost):
                running.finish(execution, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))

    assert [each.status for each in await Reading(pool).steps(execution)] == ["passed"]


async def test_rows_cannot_be_smuggled_into_another_namespace(execution: UUID, as_beta: psycopg.Connection) -> None:
    """An insert for another namespace violates the policy, also where the execution is known."""
    statements = [
        (
            f"insert into execution_logs (execution_id, epoch, sequence, namespace, at, severity, message) "
            f"values ('{execution}', 1, 9, 'acme', now(), 'info', 'forged')"
        ),
        (
            f"insert into step_results (execution_id, path, attempt, namespace, action, status, started_at) "
            f"values ('{execution}', 'x', 1, 'acme', 'set', 'passed', now())"
        ),
        (
            f"insert into step_results (execution_id, path, attempt, namespace, action, status, started_at) "
            f"values ('{execution}', 'x', 1, 'beta', 'set', 'passed', now())"
        ),
        f"insert into execution_payloads (execution_id, namespace, payload) values ('{uuid4()}', 'acme', '')",
        "insert into flow_slots (namespace, flow_uid) values ('acme', 'x')",
        f"insert into idempotency_keys values ('acme', 'f', 'tick', '', '{uuid4()}', '', now())",
    ]
    for statement in statements:
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            as_beta.execute(statement)


async def test_a_runner_deletes_nothing(execution: UUID, as_acme: psycopg.Connection) -> None:
    """No table allows DELETE or TRUNCATE to a runner, its own rows included."""
    for table in TABLES:
        for statement in ("delete from {}", "truncate {}"):
            with pytest.raises(InsufficientPrivilege):
                as_acme.execute(sql.SQL(statement).format(sql.Identifier(table)))


async def test_a_runner_updates_only_what_a_run_writes(execution: UUID, as_acme: psycopg.Connection) -> None:
    """Columns that say whose an execution is and what it ran are closed to its runner."""
    statements = [
        "update executions set namespace = 'acme'",
        "update executions set definition_hash = 'x'",
        "update executions set created_at = now()",
        "update execution_payloads set payload = ''",
        "update flow_definitions set definition = ''",
        "update execution_logs set message = ''",
        "update live_executions set cancel = false",
        "update live_executions set job_attempt = 1",
        "update live_executions set namespace = 'acme'",
        "update tenants set namespace = 'beta'",
        "insert into tenants values (current_user, 'beta')",
        "insert into flow_definitions (namespace, hash, definition) values ('acme', 'x', '')",
        "insert into ended_executions (id, namespace, flow_uid, state) values (gen_random_uuid(), '', '', '')",
        "create table mine (a int)",
        "create policy mine on executions using (true)",
        "alter table executions disable row level security",
        "select execution_ended()",
    ]
    for statement in statements:
        with pytest.raises((InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
            as_acme.execute(statement)


async def test_what_is_final_stays(execution: UUID, acme: RoleDsn, as_acme: psycopg.Connection) -> None:
    """After the end a runner can change neither the execution nor its steps, and add none."""
    with closing(Running(lambda: connect(acme.dsn), "acme")) as running:
        running.finish(execution, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))

    assert as_acme.execute("update executions set state = 'failed'").rowcount == 0
    assert as_acme.execute("update step_results set status = 'failed'").rowcount == 0
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        as_acme.execute(
            "insert into step_results (execution_id, path, attempt, namespace, action, status, started_at) "
            "values (%s, 'x', 1, 'acme', 'set', 'passed', now())",
            [execution],
        )


async def test_a_temporary_table_fools_no_policy(execution: UUID, as_beta: psycopg.Connection) -> None:
    """A session's own table named like the one that the policies read changes nothing."""
    as_beta.execute("create temp table tenants as select current_user as role, 'acme' as namespace")
    as_beta.execute("create temp table live_executions (id uuid, state text)")

    assert as_beta.execute("select tenant()").fetchone() == ("beta",)
    assert as_beta.execute("select count(*) from executions").fetchone() == (0,)
    as_beta.execute("discard temp")  # a role that owns something cannot be dropped


async def test_a_runner_cannot_become_another(
    execution: UUID, prefix: str, acme: RoleDsn, as_beta: psycopg.Connection
) -> None:
    """Another tenant's role is closed; as the bare group a runner sees nothing."""
    with pytest.raises(InsufficientPrivilege):
        as_beta.execute(sql.SQL("set role {}").format(sql.Identifier(acme.role)))
    as_beta.execute(sql.SQL("set role {}").format(sql.Identifier(f"{prefix}_runners")))

    assert as_beta.execute("select count(*) from executions").fetchone() == (0,)


async def test_the_gateway_accepts_reads_and_rejects(pool: Pool, tenancy: Tenancy, execution: UUID) -> None:
    """With the gateway's role everything that the gateway does works, in all namespaces."""
    role = await tenancy.ensure_gateway_role()
    await tenancy.ensure_gateway_role(password=role.password)
    gateway = await open_pool(role.dsn, name="gateway")
    try:
        await Acceptances(gateway).ensure_definition(namespace="beta", hash="h", packed=b"d")
        beta = flow_identity(namespace="beta", flow_uid="limited")
        batch = await Acceptances(gateway).accept([acceptance(), acceptance(beta, limit=1, when_full="reject")])
        full = await Acceptances(gateway).accept([acceptance(beta, limit=1, when_full="reject")])
        guard = key(kind="signature")
        guarded = [acceptance(guard=guard), acceptance(beta, limit=1, when_full="reject", guard=guard)]
        first = await Acceptances(gateway).accept(guarded)
        again = await Acceptances(gateway).accept([acceptance(guard=guard)])

        assert [type(outcome) for outcome in first.outcomes] == [Accepted, Full]
        assert [type(outcome) for outcome in again.outcomes] == [Repeated]
        assert len(batch.started) == 2
        assert full.outcomes == (Full(),)
        assert await Reading(gateway).step_value(execution, path="one", attempt=1, side="output") == b"secret"
        assert len(await Reading(gateway).logs(execution)) == 1
        with pytest.raises(InsufficientPrivilege):
            await Database(gateway).count("delete from executions")
        with pytest.raises(InsufficientPrivilege):
            await Database(gateway).count("update executions set state = 'passed'")
    finally:
        await gateway.close()
        await Database(pool).count(f"drop owned by {role.role}")
        await Database(pool).count(f"drop role {role.role}")


async def test_a_runner_that_froze_frees_its_locks(as_acme: psycopg.Connection) -> None:
    """New sessions of a runner's role end an idle transaction, and do not wait for a lock for ever."""
    names = ("idle_in_transaction_session_timeout", "lock_timeout")

    assert [as_acme.execute(f"show {name}").fetchone() for name in names] == [("30s",), ("10s",)]


@pytest.mark.parametrize(
    "statement",
    [
        "select from flow_slots where flow_uid = 'limited' for update",
        """
        insert into idempotency_keys (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)
        values ('acme', 'limited', 'idempotency-key', sha256('k'), gen_random_uuid(), '', now())
        """,
    ],
    ids=["slots", "key"],
)
async def test_rows_that_a_runner_keeps_locked_fail_their_own_acceptance_soon(
    statement: LiteralString, pool: Pool, tenancy: Tenancy, acme: RoleDsn
) -> None:
    """A runner's role may lock its flow's slots or keys: the gateway's statement gives up soon, and says that it was a lock."""
    role = await tenancy.ensure_gateway_role()
    gateway = await open_pool(role.dsn, name="gateway")
    limited = flow_identity(flow_uid="limited")
    try:
        await Acceptances(gateway).accept([acceptance(limited, limit=1)])
        with psycopg.connect(acme.dsn) as runner:
            runner.execute(statement)
            async with asyncio.timeout(4):
                with pytest.raises(StoreContended):
                    await Acceptances(gateway).accept([acceptance(limited, limit=1, idempotency=key())])
            assert len((await Acceptances(gateway).accept([acceptance()])).started) == 1
    finally:
        await gateway.close()
        await Database(pool).count(f"drop owned by {role.role}")
        await Database(pool).count(f"drop role {role.role}")


async def test_a_role_is_kept_with_its_password_and_renewed_without(server_with_passwords: Server, prefix: str) -> None:
    """Naming the password in use keeps it valid; naming none makes a new one and ends the old."""
    with server_with_passwords.database() as dsn:
        pool = await open_pool(dsn, name="test")
        tenancy = Tenancy(pool, dsn=dsn, prefix=prefix)
        await tenancy.ensure_access()
        first = await tenancy.ensure_runner_role("acme")

        same = await tenancy.ensure_runner_role("acme", password=first.password)
        psycopg.connect(first.dsn).close()
        new = await tenancy.ensure_runner_role("acme")

        assert same == first
        assert new.password != first.password
        psycopg.connect(new.dsn).close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(first.dsn)
        await pool.close()


@pytest.fixture
def server_with_passwords(postgres_server: Server) -> Iterator[Server]:
    """The server, asking all but its superuser for a password meanwhile."""
    file = postgres_server.directory / "data" / "pg_hba.conf"
    before = file.read_text()
    file.write_text("host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    with psycopg.connect(postgres_server.superuser, autocommit=True) as connection:
        connection.execute("select pg_reload_conf()")
        yield postgres_server
        file.write_text(before)
        connection.execute("select pg_reload_conf()")


async def test_a_dropped_role_is_gone_and_may_come_back(tenancy: Tenancy, acme: RoleDsn) -> None:
    """Dropping is repeatable, ends the right to log in, and the namespace may get a role again."""
    await tenancy.drop_runner_role("acme")
    await tenancy.drop_runner_role("acme")

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(acme.dsn)
    again = await tenancy.ensure_runner_role("acme")
    assert again.role == acme.role


async def test_a_namespace_that_another_release_left_is_taken_over(
    pool: Pool, dsn: str, prefix: str, execution: UUID, acme: RoleDsn
) -> None:
    """Installed anew under another name on the same database, the new role sees the namespace, and the old one nothing."""
    again = Tenancy(pool, dsn=dsn, prefix=f"{prefix}b")
    await again.ensure_access()

    role = await again.ensure_runner_role("acme")

    count = "select count(*) from executions"
    with psycopg.connect(role.dsn) as new, psycopg.connect(acme.dsn) as old:
        assert (new.execute(count).fetchone(), old.execute(count).fetchone()) == ((1,), (0,))
    assert await again.ensure_runner_role("acme", password=role.password) == role
    await again.drop_runner_role("acme")


async def test_what_the_database_refuses_about_a_role_is_said(tenancy: Tenancy, acme: RoleDsn) -> None:
    """A role that owns something stays, and the error names it in the server's own words."""
    with psycopg.connect(acme.dsn, autocommit=True) as runner:
        runner.execute("create temp table mine (a int)")
        with pytest.raises(StoreError, match=f"refuses to change the role {acme.role}: .*cannot be dropped"):
            await tenancy.drop_runner_role("acme")
        runner.execute("discard temp")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("pool.example", {"host": "pool.example", "port": "5432"}),
        ("pool.example:6432", {"host": "pool.example", "port": "6432"}),
        ("[fd00::1]:6432", {"host": "fd00::1", "port": "6432"}),
    ],
)
async def test_runners_use_the_host_that_is_named_for_them(
    pool: Pool, prefix: str, host: str, expected: dict[str, str]
) -> None:
    """The runners' DSN names their host, their role, and nothing of the operator's own."""
    dsn = "host=db.internal hostaddr=10.0.0.1 port=5432 dbname=penstock user=owner password=owners sslmode=require"
    tenancy = Tenancy(pool, dsn=dsn, prefix=prefix, host=host)
    await tenancy.ensure_access()

    role = await tenancy.ensure_runner_role("acme")

    await tenancy.drop_runner_role("acme")
    assert psycopg.conninfo.conninfo_to_dict(role.dsn) == {
        **expected,
        "dbname": "penstock",
        "sslmode": "require",
        "user": role.role,
        "password": role.password,
    }
    assert role.password not in repr(role)


async def test_an_installing_role_needs_only_createrole(postgres_server: Server, prefix: str) -> None:
    """A role that may create roles and owns its empty database installs everything and runs an execution."""
    installer = f"{prefix}_installer"
    with postgres_server.database(template=None) as superuser:
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"create role {installer} login createrole")
            database = connection.info.dbname
            connection.execute(f"alter database {database} owner to {installer}")
        dsn = postgres_server.dsn(database, user=installer)
        await migrate(dsn, NOW)
        pool = await open_pool(dsn, name="installer")
        tenancy = Tenancy(pool, dsn=dsn, prefix=prefix)
        await tenancy.ensure_access()
        gateway = await tenancy.ensure_gateway_role()
        role = await tenancy.ensure_runner_role("acme")
        item = acceptance()
        await Acceptances(pool).ensure_definition(namespace="acme", hash=DEFINITION_HASH, packed=b"definition")
        await Acceptances(pool).accept([item])
        with closing(Running(lambda: connect(role.dsn), "acme")) as running:
            claim = running.claim(item.id, holder="pod-1")
            running.finish(item.id, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))

        assert isinstance(claim, Claim)
        assert await Dispatch(pool).cancel(item.id) == "not_live"
        await pool.close()
        with psycopg.connect(superuser, autocommit=True) as connection:
            for each in (role.role, gateway.role, f"{prefix}_runners"):
                connection.execute(f"drop owned by {each}")
                connection.execute(f"drop role {each}")
            connection.execute(f"alter database {database} owner to postgres")
            connection.execute(f"reassign owned by {installer} to postgres")
            connection.execute(f"drop role {installer}")
