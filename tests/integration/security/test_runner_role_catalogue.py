"""All that there is in the database, asked of a runner's role: what is added later is tried too, and found where it is open."""

import random
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row

from executions import acceptance
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn
from roles import drop_roles, uid

Connection = psycopg.Connection[dict[str, str]]

CALLED = {
    "runner_claim_v1",
    "runner_recorded_v1",
    "runner_renew_v1",
    "runner_record_v1",
    "runner_finish_v1",
    "runner_finished_v1",
    "runner_accept_tick_v1",
}
"""What a runner's role may do, as a whole."""

RELATIONS = """
    select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, c.relkind::text as kind, quote_ident(a.attname) as column
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = 1
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname <> 'information_schema' and left(n.nspname, 3) <> 'pg_'
"""
FUNCTIONS = """
    select p.proname::text as name, p.prokind::text as kind, p.oid::regprocedure::text as signature, quote_ident(n.nspname) || '.'
        || quote_ident(p.proname) || '(' || coalesce((
            select string_agg('null::' || format_type(t.type, null), ', ' order by t.place)
            from unnest(p.proargtypes::oid[]) with ordinality as t (type, place)
        ), '') || ')' as call
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname <> 'information_schema' and left(n.nspname, 3) <> 'pg_'
"""
SCHEMAS = "select quote_ident(nspname) as name from pg_namespace where left(nspname, 7) <> 'pg_temp' and left(nspname, 13) <> 'pg_toast_temp'"
ROLES = "select quote_ident(rolname) as name from pg_roles where not pg_has_role(oid, 'member')"

ON_TABLES = (
    "select from {0}",
    "select {1} from {0}",
    "insert into {0} default values",
    "update {0} set {1} = default",
    "delete from {0}",
    "truncate {0}",
    "lock table {0} in access share mode",
    "copy {0} to stdout",
    "copy {0} from stdin",
    "create index on {0} ({1})",
    "create rule mine as on insert to {0} do instead nothing",
    "alter table {0} add column mine int",
    "alter table {0} disable row level security",
    "comment on table {0} is 'mine'",
    "drop table {0}",
)
ON_VIEWS = ("select from {0}", "select {1} from {0}")
"""What is written through a view, its rights say."""
ON_SEQUENCES = ("select last_value from {0}", "select nextval('{0}')", "select setval('{0}', 1)", "drop sequence {0}")
STATEMENTS = {"S": ON_SEQUENCES, "v": ON_VIEWS, "m": ON_VIEWS}
RIGHTS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
IN_SCHEMAS = (
    "create table {0}.mine (a int)",
    "create view {0}.mine as select 1 as one",
    "create sequence {0}.mine",
    "create type {0}.mine as (a int)",
    "create domain {0}.mine as int",
    "create function {0}.mine() returns int language sql as 'select 1'",
)
ELSEWHERE = (
    "create temp table mine (a int)",
    "create temp view mine as select 1 as one",
    "create schema mine",
    "create extension pgcrypto",
    "create extension dblink",
    "create role mine",
    "create database mine",
    "create publication mine for all tables",
    "create event trigger mine on ddl_command_end execute function execution_ended()",
    "create language mine handler plpgsql_call_handler",
    "create foreign data wrapper mine",
    "create tablespace mine location '/tmp'",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/penstock-mine'",
    "select pg_read_file('PG_VERSION')",
    "select pg_ls_dir('.')",
    "select lo_import('/etc/passwd')",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename <> user",
    "select rolpassword from pg_authid",
    "select * from pg_user_mapping",
    "select * from pg_statistic",
    "alter system set work_mem = '1GB'",
    "alter role session_user superuser",
    "alter role session_user createrole",
    "alter role session_user bypassrls",
    "alter role session_user connection limit -1",
    "set session_replication_role = 'replica'",
    "set session_preload_libraries = 'mine'",
    "load '/tmp/mine.so'",
    "checkpoint",
)


@pytest.fixture
async def tenancy(pool: Pool, dsn: str) -> AsyncIterator[Tenancy]:
    """A release with all its roles and a namespace with rows."""
    prefix = f"t{uuid4().hex[:8]}"
    tenancy = Tenancy(pool, dsn=dsn, prefix=prefix)
    await tenancy.ensure_access()
    gateway = await tenancy.ensure_gateway_role()
    await tenancy.ensure_runner_role("beta", uid=uid("beta"))
    await Acceptances(pool).accept([acceptance()])
    yield tenancy
    await drop_roles(pool, dsn, prefix, "acme", "beta")
    await Database(pool).count(f"drop owned by {gateway.role}")
    await Database(pool).count(f"drop role {gateway.role}")


@pytest.fixture
async def role(tenancy: Tenancy) -> RoleDsn:
    """The role of the namespace acme."""
    return await tenancy.ensure_runner_role("acme", uid=uid("acme"))


@pytest.fixture
def runner(role: RoleDsn) -> Iterator[Connection]:
    with psycopg.connect(role.dsn, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def names(connection: Connection, query: str) -> list[dict[str, str]]:
    return connection.execute(query.encode()).fetchall()


def succeeds(connection: Connection, statement: str, *, alone: bool = False) -> bool:
    """Whether a role has the right to a statement: everything but a refusal for want of it counts.

    What is not let into a transaction is tried `alone`.
    """
    around = nullcontext() if alone else connection.transaction(force_rollback=True)
    try:
        with around, connection.cursor() as cursor:
            if statement.startswith("copy") and statement.endswith(("stdout", "stdin")):
                with cursor.copy(statement.encode()):
                    pass
            else:
                cursor.execute(statement.encode())
    except InsufficientPrivilege:
        return False
    except psycopg.Error:
        return True
    return True


def open_relations(connection: Connection) -> list[str]:
    """Statements on relations that are not refused, and rights that a role holds of them."""
    found = []
    for relation in names(connection, RELATIONS):
        statements = STATEMENTS.get(relation["kind"], ON_TABLES)
        tried = [statement.format(relation["name"], relation["column"] or "a") for statement in statements]
        found += [statement for statement in tried if succeeds(connection, statement)]
        if relation["kind"] != "S":
            # these alone can not be tried without a table of one's own
            held = "select has_table_privilege(%s, %s) or (%s = any('{select,insert,update,references}') and"
            held += " has_any_column_privilege(%s, %s)) as held"
            for right in RIGHTS:
                asked = "select" if right not in ("select", "insert", "update", "references") else right
                row = connection.execute(
                    held.encode(), (relation["name"], right, right, relation["name"], asked)
                ).fetchone()
                found += [f"{right} on {relation['name']}"] if row and row["held"] else []
    return found


def open_functions(connection: Connection) -> list[str]:
    """Functions that are not refused, by their signatures."""
    calls = [
        (each["signature"], f"{'call' if each['kind'] == 'p' else 'select'} {each['call']}")
        for each in names(connection, FUNCTIONS)
        if each["name"] not in CALLED
    ]
    return [signature for signature, statement in calls if succeeds(connection, statement)]


def test_no_relation_is_open(runner: Connection) -> None:
    """Every table, partition, view and sequence refuses every statement."""
    assert len(names(runner, RELATIONS)) > 30
    assert open_relations(runner) == []


def test_no_function_is_open_but_the_runners(runner: Connection) -> None:
    """Every function of ours is refused, those that the open ones call themselves included."""
    there = {each["name"] for each in names(runner, FUNCTIONS)}

    assert there >= CALLED | {"store_executions", "execution_ended", "execution_linked"}
    assert there >= {"runner_refuse_v1", "runner_namespace_v1"}
    assert open_functions(runner) == []


def test_nothing_can_be_made(runner: Connection, role: RoleDsn) -> None:
    """No schema takes an object of a runner's, its session holds none of its own, and the server lends it nothing."""
    tried = [statement.format(schema["name"]) for schema in names(runner, SCHEMAS) for statement in IN_SCHEMAS]
    elsewhere = [statement.replace("session_user", role.role) for statement in ELSEWHERE]

    assert [statement for statement in tried if succeeds(runner, statement)] == []
    assert [statement for statement in elsewhere if succeeds(runner, statement, alone=True)] == []


def test_no_other_role_can_be_taken(runner: Connection, role: RoleDsn) -> None:
    """Neither the owner's, nor the gateway's, nor another tenant's, nor one of the server's own."""
    roles = names(runner, ROLES)
    assert len(roles) > 10
    tried = [f"{verb} {each['name']}" for each in roles for verb in ("set role", "set session authorization")]
    tried += [f"grant {each['name']} to {role.role}" for each in roles]

    assert [statement for statement in tried if succeeds(runner, statement)] == []


def test_the_documented_checks_say_what_the_document_says(runner: Connection) -> None:
    """What docs/security.md tells to ask with a runner's role gives no table, the seven functions, and a refusal."""
    text = (Path(__file__).parents[3] / "docs" / "security.md").read_text(encoding="utf-8")
    tables, functions, temporary = re.findall(r'^psql "\$DSN" -c "(.*)"$', text, re.MULTILINE)

    assert names(runner, tables) == []
    assert {
        each["oid"].split("(")[0] for each in names(runner, functions.replace("regprocedure", "regprocedure::text"))
    } == CALLED
    assert not succeeds(runner, temporary)


async def test_what_is_added_and_open_is_found(pool: Pool, runner: Connection, role: RoleDsn) -> None:
    """A function that nobody closed, a view, a column and a sequence that somebody granted: each is named."""
    probe = f"probe_{random.randrange(1 << 30)}"
    added = (
        f"create schema {probe}",
        f"grant usage on schema {probe} to public",
        f"create function {probe}.forgotten(a int, b text[]) returns int language sql as 'select 1'",
        f"create function {probe}.closed() returns int language sql as 'select 1'",
        f"revoke execute on function {probe}.closed from public",
        f"create view {probe}.seen as select id from executions",
        f"grant select on {probe}.seen to {role.role}",
        f"create materialized view {probe}.kept as select id from executions",
        f"create sequence {probe}.counted",
        f"grant usage on sequence {probe}.counted to {role.role}",
        "create table public.later (a int, b int) partition by list (a)",
        f"create table {probe}.part partition of public.later default",
        f"grant references (b) on public.later to {role.role}",
    )
    for statement in added:
        await Database(pool).count(statement)

    functions, relations = open_functions(runner), open_relations(runner)

    assert functions == [f"{probe}.forgotten(integer,text[])"]
    assert {each.replace(probe, "probe") for each in relations} == {
        "select from probe.seen", "select id from probe.seen", "select on probe.seen", "select nextval('probe.counted')",
        "references on public.later",
    }  # fmt: skip
    await Database(pool).count(f"drop owned by {role.role}")
