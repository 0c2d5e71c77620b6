"""What a hostile tenant leaves in the database keeps neither its role nor anybody else's deletion, and shows it nothing.

The operator's role owns its database and holds CREATEROLE, as in production; the tenant has its role's password.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest

from executions import DEFINITION_HASH, acceptance
from penstock_core.errors import StoreError
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.schema.migrate import migrate
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn
from penstock_core.store.tenants.role_removal import RoleRemoval
from penstock_operator.retired_roles import RetiredRoles
from postgres import Server

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An installation on a database of its own, by a role that may do no more than it needs."""

    dsn: str
    superuser: str
    prefix: str
    owner: str
    pool: Pool
    tenancy: Tenancy
    removal: RoleRemoval

    async def retired(self) -> list[str]:
        """What is still to be removed."""
        found = await Database(self.pool).rows("select role::text as role from retired_roles order by role")
        return [row["role"] for row in found]

    def roles(self) -> set[str]:
        """The release's roles in the server."""
        with psycopg.connect(self.superuser) as connection:
            found = connection.execute("select rolname from pg_roles where starts_with(rolname, %s)", [self.prefix])
            return {name for (name,) in found}

    async def execute(self, item_namespace: str = "acme") -> None:
        """Store an execution in a namespace."""
        await Acceptances(self.pool).ensure_definition(namespace=item_namespace, hash=DEFINITION_HASH, packed=b"d")
        await Acceptances(self.pool).accept([acceptance()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A migrated database to copy, and the role that owns it and its copies."""

    database: str
    owner: str


@pytest.fixture(scope="module")
def template(postgres_server: Server) -> Iterator[Template]:
    """Migrated once, since that takes seconds."""
    owner = f"t{uuid4().hex[:8]}_operator"
    with postgres_server.database(template=None) as superuser:
        database = str(psycopg.conninfo.conninfo_to_dict(superuser)["dbname"])
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"create role {owner} login createrole; alter database {database} owner to {owner}")
        asyncio.run(migrate(postgres_server.dsn(database, user=owner), datetime.now(UTC), days=1))
        yield Template(database=database, owner=owner)
    remove_roles(postgres_server.superuser, owner)


def remove_roles(dsn: str, start: str) -> None:
    """Remove the roles whose names begin so, with all that they own in a database."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for (role,) in connection.execute("select rolname from pg_roles where starts_with(rolname, %s)", [start]):
            connection.execute(f"drop owned by {role} cascade; drop role {role}")


@pytest.fixture
async def release(postgres_server: Server, template: Template) -> AsyncIterator[Release]:
    """Installed, with its group of runners."""
    prefix = f"t{uuid4().hex[:8]}"
    with postgres_server.database(template=template.database) as superuser:
        database = str(psycopg.conninfo.conninfo_to_dict(superuser)["dbname"])
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"alter database {database} owner to {template.owner}")
        dsn = postgres_server.dsn(database, user=template.owner)
        pool = await open_pool(dsn, name="operator")
        tenancy = Tenancy(pool, dsn=dsn, prefix=prefix, connections=5)
        await tenancy.ensure_access()
        with psycopg.connect(superuser, autocommit=True) as connection:
            # as where the server's administrator insists on it: the most that a tenant can leave behind
            connection.execute(f"grant temporary on database {database} to public")
        yield Release(
            dsn=dsn,
            superuser=superuser,
            prefix=prefix,
            owner=template.owner,
            pool=pool,
            tenancy=tenancy,
            removal=RoleRemoval(pool, dsn=dsn, prefix=prefix),
        )
        await pool.close()
        remove_roles(superuser, prefix)


@pytest.fixture
async def acme(release: Release) -> RoleDsn:
    return await release.tenancy.ensure_runner_role("acme", uid="first")


@pytest.fixture
async def beta(release: Release) -> RoleDsn:
    return await release.tenancy.ensure_runner_role("beta", uid="beta")


@pytest.fixture
def as_acme(acme: RoleDsn) -> Iterator[Connection]:
    """The hostile tenant's session."""
    with psycopg.connect(acme.dsn, autocommit=True) as connection:
        yield connection


async def remove(release: Release, role: RoleDsn) -> None:
    """Untie the role of acme, and try to remove it until it is gone, a few times at most."""
    await release.tenancy.untie("acme")
    for _ in range(3):
        try:
            assert await release.removal.remove(role.role)
        except StoreError as error:
            refusal = error
        else:
            return
    raise refusal


ASKED: LiteralString = "select * from runner_finished_v1('00000000-0000-7000-8000-000000000000')"
"""What every role that stands for a namespace may ask."""

LEFTOVERS: dict[str, LiteralString] = {
    "nothing": "select 1",
    "default privileges": "alter default privileges grant select on tables to public",
    "default privileges in a schema": "alter default privileges in schema public grant all on tables to public",
    "a temporary table": "create temp table mine (a int)",
    "a large object": "select lo_create(0)",
    "more large objects than locks": "select count(lo_create(0)) from generate_series(1, 12000)",
    "a large object for everybody": "do $$ begin execute format('grant all on large object %s to public', lo_create(0)); end $$",
    "settings": "alter role current_user set lock_timeout = 0; alter role current_user set search_path = pg_temp",
    "another password": "alter role current_user password 'mine'",
    "an advisory lock": "select pg_advisory_lock(hashtext('penstock roles'))",
    "an open transaction": "set idle_in_transaction_session_timeout = 0; begin; select lo_create(0)",
    "a lock on what it may read": "begin; lock table pg_catalog.pg_class in access share mode",
    "a prepared statement": "prepare mine as select * from pg_catalog.pg_class",
    "an open cursor": "begin; declare mine cursor with hold for select * from pg_catalog.pg_class",
    "a listener": "listen mine",
}


@pytest.mark.parametrize("leftover", LEFTOVERS)
async def test_a_role_goes_whatever_it_left(
    leftover: str, release: Release, acme: RoleDsn, as_acme: Connection
) -> None:
    """Nothing that a runner's role can own, hold or set keeps it: it is gone, and its sessions are."""
    as_acme.execute(LEFTOVERS[leftover])
    await remove(release, acme)

    assert acme.role not in release.roles()
    assert await release.retired() == []
    with pytest.raises(psycopg.OperationalError):
        as_acme.execute("select 1")


async def test_what_it_left_in_another_database_goes_too(
    release: Release, acme: RoleDsn, postgres_server: Server
) -> None:
    """Everybody may connect to the server's other databases, and leave something there."""
    with postgres_server.database(template=None) as other:
        database = psycopg.conninfo.conninfo_to_dict(other)["dbname"]
        with psycopg.connect(postgres_server.dsn(str(database), user=acme.role), autocommit=True) as hostile:
            hostile.execute("select count(lo_create(0)) from generate_series(1, 1500)")
            hostile.execute("alter default privileges grant select on tables to public")
            await remove(release, acme)

        assert acme.role not in release.roles()


async def test_a_neighbours_gifts_do_not_keep_it(release: Release, acme: RoleDsn, beta: RoleDsn) -> None:
    """What another tenant granted on its own large objects and default privileges is taken back, and stays the other's."""
    with psycopg.connect(beta.dsn, autocommit=True) as neighbour:
        [gift] = neighbour.execute("select lo_create(0)").fetchone() or ()
        neighbour.execute(f"grant all on large object {gift} to {acme.role}")
        neighbour.execute(f"alter default privileges grant select on tables to {acme.role}")
        neighbour.execute(f"create temp table shared (a int); grant all on shared to {acme.role}")
        await remove(release, acme)

        assert release.roles() & {acme.role, beta.role} == {beta.role}
        assert neighbour.execute("select count(*) from pg_largeobject_metadata").fetchone() == (1,)


async def test_what_cannot_be_undone_is_named_and_keeps_no_other(
    release: Release, acme: RoleDsn, beta: RoleDsn, caplog: pytest.LogCaptureFixture
) -> None:
    """What the server's administrator granted is the administrator's: the log says it once, and the other role goes."""
    with psycopg.connect(release.superuser, autocommit=True) as administrator:
        administrator.execute(f"create table reports (a int); grant select on reports to {acme.role}")
        for namespace in ("acme", "beta"):
            await release.tenancy.untie(namespace)
        loop = RetiredRoles(release.removal, release.tenancy)
        await loop.step()
        await Database(release.pool).count("update retired_roles set tried_at = null")
        await loop.step()
        told = [record.__dict__ for record in caplog.records if record.levelname == "WARNING"]

        assert [each["role"] for each in told] == [acme.role]
        assert told[0]["cause"].endswith("some objects depend on it: privileges for table reports")
        assert release.roles() & {acme.role, beta.role} == {acme.role}
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            psycopg.connect(acme.dsn)
        administrator.execute("drop table reports")
        assert await release.removal.remove(acme.role)


async def test_a_namespace_that_is_made_again_is_another_tenant(
    release: Release, acme: RoleDsn, as_acme: Connection
) -> None:
    """The old session, with a statement that it prepared, may ask nothing about the next tenant, and its role goes."""
    as_acme.execute(f"prepare mine as {ASKED}")
    as_acme.execute("execute mine")
    as_acme.execute("alter default privileges grant select on tables to public")
    second = await release.tenancy.ensure_runner_role("acme", uid="second")
    with pytest.raises(psycopg.DatabaseError, match=f"the role {acme.role} belongs to no namespace"):
        as_acme.execute("execute mine")
    retired = await release.retired()
    await release.removal.remove(acme.role)

    assert second.role != acme.role
    assert retired == [acme.role]
    assert release.roles() & {acme.role, second.role} == {second.role}


async def test_a_role_that_serves_again_is_not_removed(release: Release, acme: RoleDsn) -> None:
    """An Instance that comes before the role of the last one was dropped gets it back, with its login."""
    await release.tenancy.untie("acme")
    again = await release.tenancy.ensure_runner_role("acme", uid="first", password=acme.password)

    assert again == acme
    assert await release.retired() == []
    assert not await release.removal.remove(acme.role)
    psycopg.connect(acme.dsn).close()


async def test_a_role_has_so_many_connections_and_no_more(release: Release, acme: RoleDsn) -> None:
    """A tenant that opens connections until it is refused leaves the server's others to its neighbours."""
    held = [psycopg.connect(acme.dsn) for _ in range(5)]
    with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
        psycopg.connect(acme.dsn)
    for each in held:
        each.close()


@pytest.mark.parametrize("allowed", [False, True])
async def test_temporary_files_are_bounded_where_the_administrator_lets_us(allowed: bool, release: Release) -> None:
    """The setting is a superuser's, unless that one has granted it; the tenant cannot lift it."""
    with psycopg.connect(release.superuser, autocommit=True) as administrator:
        if allowed:
            administrator.execute(f"grant set on parameter temp_file_limit to {release.owner}")
        role = await release.tenancy.ensure_runner_role("acme", uid="first")
        with psycopg.connect(role.dsn, autocommit=True) as tenant:
            limit = tenant.execute("show temp_file_limit").fetchone()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                tenant.execute("set temp_file_limit = -1")
        if allowed:
            administrator.execute(f"revoke set on parameter temp_file_limit from {release.owner}")

    assert limit == (("1GB",) if allowed else ("-1",))


def of_0_1(release: Release, namespace: str) -> RoleDsn:
    """The role that release 0.1 gave to a namespace, whatever its uid."""
    role = f"{release.prefix}_0123456789abcdef"
    with psycopg.connect(release.dsn, autocommit=True) as operator:
        operator.execute(f"create role {release.prefix}_runners nologin; create role {role} login")
        operator.execute(
            f"grant {release.prefix}_callers to {release.prefix}_runners; grant {release.prefix}_runners to {role}"
        )
        operator.execute("insert into tenants (role, namespace) values (%s, %s)", [role, namespace])
    return RoleDsn(role=role, password="", dsn=psycopg.conninfo.make_conninfo(release.dsn, user=role))


def serves(role: RoleDsn) -> bool:
    """Whether a role stands for a namespace."""
    with psycopg.connect(role.dsn) as connection:
        try:
            connection.execute(ASKED)
        except psycopg.DatabaseError as error:
            if "belongs to no namespace" not in str(error):
                raise
            return False
        return True


async def pass_time(release: Release, seconds: int) -> None:
    """Let so many seconds of a grace go by."""
    for table, column in (("tenants", "retires_at"), ("live_executions", "state_since")):
        await Database(release.pool).count(f"update {table} set {column} = {column} - interval '{seconds} seconds'")


@pytest.mark.parametrize(
    ("runs", "seconds", "stays"),
    [(False, 0, True), (False, 130, False), (True, 130, True), (True, 3601, False)],
    ids=["pods about to start", "nothing runs", "what began before", "an hour"],
)
async def test_the_role_of_the_release_before_serves_until_its_runners_have_ended(
    runs: bool, seconds: int, stays: bool, release: Release
) -> None:
    """Both roles stand for the namespace for a while: an execution goes on with the password that it began with, an hour at most."""
    old = of_0_1(release, "acme")
    await release.execute()
    await Database(release.pool).count(f"update live_executions set state = '{'running' if runs else 'queued'}'")
    new = await release.tenancy.ensure_runner_role("acme", uid="first")
    await release.tenancy.ensure_runner_role("acme", uid="first", password=new.password)
    await pass_time(release, seconds)
    await release.removal.retire()
    seen = [serves(role) for role in (old, new)]

    assert seen == [stays, True]
    assert await release.retired() == ([] if stays else [old.role])


async def test_a_namesake_gets_no_time(release: Release) -> None:
    """Where the namespace was made again within the hour, the role of the release before ends with its tenant."""
    old = of_0_1(release, "acme")
    first = await release.tenancy.ensure_runner_role("acme", uid="first")
    await release.tenancy.ensure_runner_role("acme", uid="second")

    assert await release.retired() == sorted([old.role, first.role])


async def test_the_group_of_before_goes_with_the_last_role_that_needs_it(release: Release) -> None:
    """The loop removes what a role of the release before belonged to once that role is gone, and not earlier."""
    old, group = of_0_1(release, "acme"), f"{release.prefix}_runners"
    loop = RetiredRoles(release.removal, release.tenancy)
    await loop.step()
    before = release.roles() & {old.role, group}
    await release.tenancy.untie("acme")
    await loop.step()

    assert before == {old.role, group}
    assert release.roles() & {old.role, group} == set()


async def test_untying_waits_for_no_tenant(release: Release, acme: RoleDsn, as_acme: Connection) -> None:
    """An Instance's deletion goes on while a tenant holds every lock that it can get."""
    for statement in ("begin", "select pg_advisory_xact_lock(hashtext('penstock roles'))", "table pg_catalog.pg_class"):
        as_acme.execute(statement)
    async with asyncio.timeout(2):
        await release.tenancy.untie("acme")
        await release.tenancy.ensure_runner_role("beta", uid="beta")

    assert await release.retired() == [acme.role]
