"""Row-level security and rights: what a runner's role and the gateway's may do, and what nobody but the owner may."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from executions import DEFINITION_HASH, acceptance, flow_identity, key
from penstock_core import uuid7
from penstock_core.errors import LeaseLost, StoreContended, StoreRefused
from penstock_core.executions.states import ExecutionState, StepStatus
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.cancelling import Cancelling
from penstock_core.store.executions.model import (
    Accepted,
    AlreadyEnded,
    Claim,
    Full,
    LogRecord,
    Outcome,
    Repeated,
    StepRecord,
    Tick,
)
from penstock_core.store.executions.reading import Reading
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.executions.ticks import ACCEPT, parameters
from penstock_core.store.schema import partitions
from penstock_core.store.schema.migrate import migrate
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn
from postgres import TEMPLATE_DAYS, Server
from roles import drop_roles, uid

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
    "tick_counts",
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
    await drop_roles(pool, dsn, prefix, "acme", "beta")


@pytest.fixture
async def acme(tenancy: Tenancy) -> RoleDsn:
    """The role of the namespace that owns the execution."""
    return await tenancy.ensure_runner_role("acme", uid=uid("acme"))


@pytest.fixture
async def beta(tenancy: Tenancy) -> RoleDsn:
    """The role of another namespace."""
    return await tenancy.ensure_runner_role("beta", uid=uid("beta"))


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


async def test_no_table_is_open_to_a_runner(
    execution: UUID, as_acme: psycopg.Connection, as_beta: psycopg.Connection
) -> None:
    """A runner's role reads and writes no table, its own namespace's rows neither."""
    for connection in (as_acme, as_beta):
        for table in TABLES:
            for statement in ("select from {}", "insert into {} default values", "delete from {}", "truncate {}"):
                with pytest.raises(InsufficientPrivilege):
                    connection.execute(sql.SQL(statement).format(sql.Identifier(table)))


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

    assert [each.status for each in await Reading(pool).steps(execution, namespace="acme")] == ["passed"]


@pytest.fixture
async def interface(pool: Pool, prefix: str, beta: RoleDsn) -> AsyncIterator[psycopg.Connection]:
    """A hole in a function: beta's role with all the rights that the functions' owner has."""
    await Database(pool).count(f"grant {prefix}_interface to {beta.role}")
    with psycopg.connect(beta.dsn, autocommit=True) as connection:
        connection.execute(f"set role {prefix}_interface".encode())
        yield connection
    await Database(pool).count(f"revoke {prefix}_interface from {beta.role}")


async def test_another_namespace_is_behind_a_second_wall(execution: UUID, interface: psycopg.Connection) -> None:
    """Whatever a function would let through, its owner meets rows of the caller's namespace alone."""
    for table in ("executions", "execution_payloads", "step_results", "live_executions", "flow_definitions"):
        assert interface.execute(f"select count(*) from {table}".encode()).fetchone() == (0,), table
    assert interface.execute("select namespace from tenants").fetchall() == [("beta",)]
    for statement in ("update executions set state = 'failed'", "update live_executions set epoch = 9"):
        assert interface.execute(statement.encode()).rowcount == 0


async def test_rows_cannot_be_smuggled_into_another_namespace(execution: UUID, interface: psycopg.Connection) -> None:
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
        f"insert into execution_payloads (execution_id, namespace, payload) values ('{uuid4()}', 'acme', '')",
        "insert into flow_slots (namespace, flow_uid) values ('acme', 'x')",
        f"insert into idempotency_keys values ('acme', 'f', 'tick', '', '{uuid4()}', '', now())",
        "insert into tick_counts values ('acme', now(), 1)",
    ]
    for statement in statements:
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            interface.execute(statement.encode())


async def test_the_interface_can_do_no_more_than_its_functions_need(
    execution: UUID, interface: psycopg.Connection
) -> None:
    """It deletes nothing, makes nothing, and columns that say whose an execution is and what it ran are closed to it."""
    statements = [
        *(f"{verb} {table}" for table in TABLES for verb in ("delete from", "truncate")),
        "update executions set namespace = 'beta'",
        "update executions set definition_hash = 'x'",
        "update executions set created_at = now()",
        "update executions set repeat_of = gen_random_uuid()",
        "update executions set repeated_by = gen_random_uuid()",
        "update execution_payloads set payload = ''",
        "update execution_logs set message = ''",
        "update live_executions set cancel = false",
        "update live_executions set job_attempt = 1",
        "update tenants set namespace = 'acme'",
        "insert into tenants values (session_user, 'acme')",
        "insert into flow_definitions (namespace, hash, definition) values ('beta', 'x', '')",
        "insert into ended_executions (id, namespace, flow_uid, state) values (gen_random_uuid(), '', '', '')",
        "create table mine (a int)",
        "create policy mine on executions using (true)",
    ]
    for statement in statements:
        with pytest.raises(InsufficientPrivilege):
            interface.execute(statement.encode())


async def test_the_interface_logs_in_nowhere_and_is_no_superuser(pool: Pool, tenancy: Tenancy, prefix: str) -> None:
    """The functions' owner has no attribute that a role can have but to inherit, and owns nothing else."""
    row = await Database(pool).row(
        "select rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles"
        " where rolname = %(name)s",
        name=f"{prefix}_interface",
    )
    owned = await Database(pool).rows(
        "select p.proname::text as name from pg_proc p join pg_roles r on r.oid = p.proowner where r.rolname = %(name)s",
        name=f"{prefix}_interface",
    )

    assert row is not None
    assert not any(row.values())
    assert all(each["name"].startswith("runner_") for each in owned)
    assert len(owned) == 9


async def test_what_is_final_stays(pool: Pool, execution: UUID, acme: RoleDsn, prefix: str) -> None:
    """After the end a runner can change neither the execution nor its steps, and add none; nor could a function."""
    step = StepRecord(path="one", attempt=1, action="set", status=StepStatus.FAILED, started_at=NOW)
    failed = Outcome(state=ExecutionState.FAILED)
    with closing(Running(lambda: connect(acme.dsn), "acme")) as running:
        running.finish(execution, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))

        with pytest.raises(LeaseLost):
            running.record(execution, epoch=1, steps=[step])
        with pytest.raises(LeaseLost):
            running.finish(execution, epoch=1, outcome=failed, steps=[step])
        assert running.claim(execution, holder="pod-1") == AlreadyEnded(id=execution, state=ExecutionState.PASSED)
    await Database(pool).count(f"grant {prefix}_interface to {acme.role}")
    with psycopg.connect(acme.dsn, autocommit=True) as connection:
        connection.execute(f"set role {prefix}_interface".encode())
        assert connection.execute("update executions set state = 'failed'").rowcount == 0
    await Database(pool).count(f"revoke {prefix}_interface from {acme.role}")

    assert [each.status for each in await Reading(pool).steps(execution, namespace="acme")] == ["passed"]


async def test_a_runner_makes_no_temporary_table(execution: UUID, as_beta: psycopg.Connection) -> None:
    """Its sessions hold nothing of their own."""
    with pytest.raises(InsufficientPrivilege, match="temporary tables"):
        as_beta.execute("create temp table tenants as select current_user as role, 'acme' as namespace")


async def test_a_temporary_table_fools_no_function(pool: Pool, execution: UUID, beta: RoleDsn) -> None:
    """Where the server lets everybody make temporary tables after all, one named like ours changes nothing."""
    database = psycopg.conninfo.conninfo_to_dict(beta.dsn)["dbname"]
    await Database(pool).count(f"grant temporary on database {database} to {beta.role}")
    with psycopg.connect(beta.dsn, autocommit=True) as connection:
        connection.execute("create temp table tenants as select session_user as role, 'acme' as namespace")
        connection.execute("create temp table executions (id uuid, state text, namespace text, ended_at timestamptz)")
        connection.execute("insert into pg_temp.executions values (%s, 'passed', 'beta', now())", [execution])

        assert connection.execute("select * from runner_finished_v1(%s)", [execution]).fetchall() == []
        assert connection.execute("select * from runner_claim_v1(%s, 'pod-1')", [execution]).fetchall() == []
        connection.execute("discard temp")  # a role that owns something cannot be dropped
    await Database(pool).count(f"revoke temporary on database {database} from {beta.role}")


async def test_a_runner_cannot_become_another(
    execution: UUID, prefix: str, acme: RoleDsn, as_beta: psycopg.Connection
) -> None:
    """Another tenant's role and the functions' owner are closed; as the bare group it stays who it is."""
    for role in (acme.role, f"{prefix}_interface"):
        with pytest.raises(InsufficientPrivilege):
            as_beta.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    with pytest.raises(InsufficientPrivilege):
        as_beta.execute(sql.SQL("set session authorization {}").format(sql.Identifier(acme.role)))
    as_beta.execute(sql.SQL("set role {}").format(sql.Identifier(f"{prefix}_callers")))

    assert as_beta.execute("select * from runner_claim_v1(%s, 'pod-1')", [execution]).fetchall() == []


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
        assert (
            await Reading(gateway).step_value(execution, namespace="acme", path="one", attempt=1, side="output")
            == b"secret"
        )
        assert len(await Reading(gateway).logs(execution, namespace="acme")) == 1
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


async def test_rows_that_a_runner_keeps_locked_fail_their_own_acceptance_soon(
    pool: Pool, tenancy: Tenancy, acme: RoleDsn
) -> None:
    """A runner's tick, kept open, locks its flow's slots: the gateway's statement gives up soon, and says that it was a lock."""
    role = await tenancy.ensure_gateway_role()
    gateway = await open_pool(role.dsn, name="gateway")
    limited = flow_identity(flow_uid="limited")
    try:
        await Acceptances(gateway).accept([acceptance(limited, limit=1)])
        await Acceptances(pool).ensure_definition(namespace="acme", hash=DEFINITION_HASH, packed=b"d")
        tick = Tick(
            id=uuid7.new(), flow=limited, scheduled_at=None, skip_overlap=False, limit=1, payload=b"t", requested_by="j"
        )  # fmt: skip
        with psycopg.connect(acme.dsn) as runner:
            runner.execute(ACCEPT.encode(), parameters(tick))
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
        first = await tenancy.ensure_runner_role("acme", uid=uid("acme"))

        same = await tenancy.ensure_runner_role("acme", uid=uid("acme"), password=first.password)
        psycopg.connect(first.dsn).close()
        new = await tenancy.ensure_runner_role("acme", uid=uid("acme"))

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


async def test_a_dropped_role_is_gone_and_may_come_back(
    pool: Pool, dsn: str, prefix: str, tenancy: Tenancy, acme: RoleDsn
) -> None:
    """Dropping is repeatable, ends the right to log in, and the namespace may get a role again."""
    for _ in range(2):
        await drop_roles(pool, dsn, prefix, "acme")

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(acme.dsn)
    again = await tenancy.ensure_runner_role("acme", uid=uid("acme"))
    assert again.role == acme.role


async def test_a_namespace_that_another_release_left_is_taken_over(
    pool: Pool, dsn: str, prefix: str, execution: UUID, acme: RoleDsn
) -> None:
    """Installed anew under another name on the same database, the new role sees the namespace, and the old one nothing."""
    again = Tenancy(pool, dsn=dsn, prefix=f"{prefix}b")
    await again.ensure_access()

    role = await again.ensure_runner_role("acme", uid=uid("acme"))

    with closing(Running(lambda: connect(role.dsn), "acme")) as new:
        assert isinstance(new.claim(execution, holder="pod-1"), Claim)
    refused = pytest.raises(StoreRefused, match=f"the role {acme.role} belongs to no namespace")
    with closing(Running(lambda: connect(acme.dsn), "acme")) as old, refused:
        old.claim(execution, holder="pod-1")
    assert await again.ensure_runner_role("acme", uid=uid("acme"), password=role.password) == role
    await drop_roles(pool, dsn, f"{prefix}b", "acme")


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

    role = await tenancy.ensure_runner_role("acme", uid=uid("acme"))

    await drop_roles(pool, dsn, prefix, "acme")
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
        role = await tenancy.ensure_runner_role("acme", uid=uid("acme"))
        item = acceptance()
        await Acceptances(pool).ensure_definition(namespace="acme", hash=DEFINITION_HASH, packed=b"definition")
        await Acceptances(pool).accept([item])
        with closing(Running(lambda: connect(role.dsn), "acme")) as running:
            claim = running.claim(item.id, holder="pod-1")
            running.finish(item.id, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))

        assert isinstance(claim, Claim)
        assert await Cancelling(pool).cancel(item.id, namespace="acme", requester="anna") == "not_live"
        await pool.close()
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"reassign owned by {prefix}_interface to postgres")
            for each in (role.role, gateway.role, f"{prefix}_callers", f"{prefix}_interface"):
                connection.execute(f"drop owned by {each}")
                connection.execute(f"drop role {each}")
            connection.execute(f"alter database {database} owner to postgres")
            connection.execute(f"reassign owned by {installer} to postgres")
            connection.execute(f"drop role {installer}")
