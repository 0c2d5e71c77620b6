"""Sessions of runners' roles that hold a transaction, and so locks, for too long are ended by an operator with CREATEROLE alone.

Nobody but tenants is ended: a backup, the gateway and the owner's own sessions go on.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.schema import migrate as migrations
from penstock_core.store.schema import partitions
from penstock_core.store.schema.maintenance import DAYS_AHEAD, Maintenance
from penstock_core.store.schema.migrate import files, migrate
from penstock_core.store.schema.partitions import TABLES
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.sessions import Sessions
from postgres import TEMPLATE_DAYS, Server

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ADVISORY = (
    "select pg_advisory_lock(8099005976245117803)",  # what migrations took in 0.1
    "select pg_advisory_lock(hashtext('penstock roles'))",
    f"select pg_advisory_lock(hashtext('executions_p{NOW + 3 * DAY:%Y%m%d}'))",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A database whose owner may make roles and nothing else, with the role of a hostile namespace."""

    dsn: str
    superuser: str
    pool: Pool
    tenancy: Tenancy
    evil: str

    @contextmanager
    def session(self, *statements: str) -> Iterator[psycopg.Connection]:
        """A session of the tenant's with a transaction that has run the statements; without the time-outs of its role."""
        connection = psycopg.connect(self.evil)
        try:
            connection.execute("set idle_in_transaction_session_timeout = 0; set lock_timeout = 0")
            for statement in statements:
                connection.execute(statement.encode())
            yield connection
        finally:
            connection.close()


@pytest.fixture
async def installation(postgres_server: Server) -> AsyncIterator[Installation]:
    prefix = f"t{uuid4().hex[:8]}"
    installer = f"{prefix}_installer"
    with postgres_server.database(template=None) as superuser:
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"create role {installer} login createrole".encode())
            database = connection.info.dbname
            connection.execute(f"alter database {database} owner to {installer}".encode())
        dsn = postgres_server.dsn(database, user=installer)
        await migrate(dsn, NOW, days=TEMPLATE_DAYS)
        pool = await open_pool(dsn, name="installer", max_size=8)
        tenancy = Tenancy(pool, dsn=dsn, prefix=prefix)
        await tenancy.ensure_access()
        role = await tenancy.ensure_runner_role("evil", uid="evil")
        # what a role could read in 0.1, whatever the group's grants are now
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"grant select on executions, step_results to {role.role}".encode())
            for table in ("executions", "step_results"):
                connection.execute(
                    f"create policy as_in_0_1 on {table} for select to {role.role} using (true)".encode()
                )
        yield Installation(dsn=dsn, superuser=superuser, pool=pool, tenancy=tenancy, evil=role.dsn)
        await pool.close()
        with psycopg.connect(superuser, autocommit=True) as connection:
            made = connection.execute(
                "select rolname from pg_roles where starts_with(rolname, %s) order by 1", [prefix]
            )
            for (each,) in [row for row in made.fetchall() if row[0] != installer]:
                connection.execute(f"drop owned by {each}; drop role {each}".encode())


def is_open(connection: psycopg.Connection) -> bool:
    """Whether the server still answers a session."""
    try:
        connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


async def test_a_transaction_that_lasts_too_long_ends_its_session(installation: Installation) -> None:
    """The tenant's old transaction is ended, a young one and a session without any stay."""
    sessions = Sessions(installation.pool)
    with (
        installation.session("select count(*) from executions") as old,
        psycopg.connect(installation.evil, autocommit=True) as idle,
    ):
        idle.execute("select 1")
        assert await sessions.end_long(older_than_s=60) == []
        assert is_open(old)
        ended = await sessions.end_long(older_than_s=0)

        assert [one.role for one in ended] == [old.info.user]
        assert not is_open(old)
        assert is_open(idle)


async def test_who_is_no_tenant_is_left_alone(installation: Installation) -> None:
    """A superuser's transaction, the owner's and the gateway's are never ended, however old they are."""
    gateway = await installation.tenancy.ensure_gateway_role()
    with (
        psycopg.connect(installation.superuser) as backup,
        psycopg.connect(installation.dsn) as owner,
        psycopg.connect(gateway.dsn) as reading,
    ):
        for connection in (backup, owner, reading):
            connection.execute("select count(*) from executions")

        assert await Sessions(installation.pool).end_long(older_than_s=0) == []
        assert all(is_open(connection) for connection in (backup, owner, reading))


async def test_partitions_are_made_though_a_tenant_reads_all_tables(installation: Installation) -> None:
    """A transaction that has read the tables keeps a partition from being attached: its session is ended."""
    reads = [f"select count(*) from {table}" for table in ("executions", "step_results")]
    with installation.session(*reads) as reader:
        made = await Maintenance(installation.pool).create_partitions(NOW)

        assert len(made) == (DAYS_AHEAD - TEMPLATE_DAYS) * len(TABLES)
        assert not is_open(reader)


async def test_old_days_go_though_a_tenant_reads_all_tables(installation: Installation) -> None:
    """The same for a partition that is dropped."""
    with installation.session("select count(*) from executions") as reader:
        dropped = await Maintenance(installation.pool).drop_partitions(NOW + 40 * DAY)

        assert len(dropped) == (TEMPLATE_DAYS + 2) * len(TABLES)
        assert not is_open(reader)


async def test_advisory_locks_are_nobodys_business(installation: Installation) -> None:
    """Whoever holds the numbers that 0.1 used holds up neither a migration nor partitions nor roles, and is not ended."""
    with installation.session(*ADVISORY) as holder:
        assert await migrate(installation.dsn, NOW + DAY, days=TEMPLATE_DAYS) == []
        assert len(await Maintenance(installation.pool).create_partitions(NOW + 2 * DAY, days=TEMPLATE_DAYS)) > 0
        await installation.tenancy.ensure_access()
        await installation.tenancy.ensure_runner_role("acme", uid="acme")
        await installation.tenancy.untie("acme")

        assert is_open(holder)


async def test_a_tenant_can_hold_no_lock_by_which_schema_and_roles_are_changed(installation: Installation) -> None:
    """On the tables that stand for them it may at most read."""
    for table, mode in (("schema_migrations", "exclusive"), ("tenants", "share row exclusive")):
        for statement in (f"lock table {table} in {mode} mode", f"select from {table} for update"):
            with installation.session() as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement.encode())


async def test_a_migration_waits_for_no_tenant(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file that needs a table for itself is applied while a tenant's transaction has read it: its session is ended."""
    later = tmp_path_factory.mktemp("later") / "9999_later.sql"
    later.write_text("alter table executions add column later integer", encoding="utf-8")
    monkeypatch.setattr(migrations, "files", lambda: [*files(), later])
    with installation.session("select count(*) from executions") as reader:
        assert await migrate(installation.dsn, NOW, days=TEMPLATE_DAYS) == ["9999_later"]
        assert not is_open(reader)


async def test_a_new_grant_waits_for_no_tenant(installation: Installation) -> None:
    """The gateway's policies are made while a tenant's transaction has read their tables."""
    with installation.session("select count(*) from executions") as reader:
        async with asyncio.timeout(30):
            await installation.tenancy.ensure_gateway_role()

        assert not is_open(reader)


async def test_an_operator_of_the_release_before_may_make_the_same_partition(installation: Installation) -> None:
    """It holds an advisory lock, which is no lock any more: whoever comes second finds what the first has made."""
    day = (NOW + (TEMPLATE_DAYS + 1) * DAY).date()
    with psycopg.connect(installation.dsn) as before:
        for statement in (partitions.create("executions", day), partitions.attach("executions", day)):
            before.execute(statement.encode())
        making = asyncio.create_task(Maintenance(installation.pool).create_partitions(NOW, days=TEMPLATE_DAYS + 1))
        await until_waiting(installation)
        before.commit()
        made = await making

    assert sorted(made) == sorted(partitions.name(table, day) for table in TABLES if table != "executions")


async def until_waiting(installation: Installation) -> None:
    """Returns once a session of the database waits for a lock."""
    waiting = False
    while not waiting:
        async with installation.pool.connection() as connection:
            found = await connection.execute("select from pg_stat_activity where wait_event_type = 'Lock'")
            waiting = bool(await found.fetchall())
