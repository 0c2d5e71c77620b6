"""An upgrade from release 0.1: its runners go on with their roles and statements, and what they had goes with the last of them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from dumps import DAY, DAYS_AHEAD, NAMESPACES, PLACE, PREFIX, restore
from executions import acceptance, flow_identity
from penstock_core import uuid7
from penstock_core.executions.records import Outcome, StepRecord
from penstock_core.executions.states import ExecutionState, StepStatus
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.connection.queries import parse
from penstock_core.store.executions import running as this_release
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.model import Claim, FlowIdentity
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.executions.ticks import tick_key
from penstock_core.store.schema.migrate import migrate
from penstock_core.store.tenants.instances import Tenancy
from postgres import Server

NOW = datetime.now(UTC)
STATEMENTS = parse((Path(__file__).parent / "statements_of_0_1.sql").read_text(encoding="utf-8"))
ROLES = {"acme": f"{PREFIX}_822b33ad87c148a0", "globex": f"{PREFIX}_5bc1a08d28e40fe7"}
"""What 0.1 called the roles of the dump's namespaces."""
HASH = "h" * 64


@pytest.fixture
def old(postgres_server: Server) -> Iterator[str]:
    """A database as 0.1 left it."""
    with postgres_server.database(template=None) as dsn:
        restore(dsn, PLACE / "0.1.sql")
        yield dsn


@pytest.fixture
async def upgraded(old: str) -> AsyncIterator[Pool]:
    """The same once this release's operator has come up: no role was made anew yet."""
    await migrate(old, DAY, days=DAYS_AHEAD)
    pool = await open_pool(old, name="test")
    await Tenancy(pool, dsn=old, prefix=PREFIX).ensure_access()
    await Acceptances(pool).ensure_definition(namespace="acme", hash=HASH, packed=b"definition")
    yield pool
    await pool.close()


@pytest.fixture
def runner(postgres_server: Server, old: str, upgraded: Pool) -> str:
    """How a runner of acme logs in with its role of before."""
    return postgres_server.dsn(str(conninfo_to_dict(old)["dbname"]), user=ROLES["acme"])


def ask(dsn: str, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def writes(*records: StepRecord) -> dict[str, Any]:
    """What 0.1 sent of steps, without log lines."""
    return {
        "epoch": 1,
        "namespace": "acme",
        "lease": 15,
        **this_release._step_columns(records),  # the columns are the same still
        **this_release._log_columns([]),
    }


async def state_of(pool: Pool, execution: Any) -> str:
    row = await Database(pool).row("select state from executions where id = %(id)s", id=execution)
    assert row is not None
    return str(row["state"])


async def test_a_runner_of_before_runs_an_execution(upgraded: Pool, runner: str) -> None:
    """Its statements, with the rights on tables that its role has, claim, record, renew and end."""
    item = acceptance(flow_identity(definition_hash=HASH))
    await Acceptances(upgraded).accept([item])
    record = StepRecord(path="one", attempt=1, action="set", status=StepStatus.PASSED, started_at=NOW, output=b"o")
    outcome = this_release._outcome_parameters(Outcome(state=ExecutionState.PASSED))
    parts = {"steps": STATEMENTS["steps"], "logs": STATEMENTS["logs"]}

    claim = ask(runner, STATEMENTS["claim"], {"id": item.id, "holder": "pod-1", "lease": 15})
    recorded = ask(runner, STATEMENTS["record"].format(**parts), {"id": item.id, **writes(record)})
    renewed = ask(runner, STATEMENTS["renew"], {"id": item.id, "epoch": 1, "lease": 15})
    again = ask(runner, STATEMENTS["recorded"], {"id": item.id})
    ended = ask(runner, STATEMENTS["finish"].format(**parts), {"id": item.id, **writes(), **outcome})

    assert (claim[0]["epoch"], claim[0]["definition"], claim[0]["payload"]) == (1, b"definition", b"payload")
    assert (recorded, renewed, ended) == ([{"cancel": False}],) * 3
    assert [(row["path"], row["output"]) for row in again] == [("one", b"o")]
    assert await state_of(upgraded, item.id) == "passed"


async def test_a_tick_of_before_is_stored(upgraded: Pool, runner: str) -> None:
    """Its runner claims the tick's key and inserts its rows."""
    flow, new = flow_identity(), uuid7.new()
    scope = {"flow_uid": flow.flow_uid, "namespace": flow.namespace, "id": new, "key": tick_key(NOW).digest}
    values = {
        **{name: getattr(flow, name) for name in FlowIdentity._fields},
        "id": new,
        "trigger": "schedule",
        "requested_by": "schedule",
        "payload": b"tick",
        "skipped": False,
        "reason": None,
        "message": None,
        "live_state": "starting",
    }

    with psycopg.connect(runner, autocommit=True) as connection:
        assert connection.execute(STATEMENTS["tick_key"].encode(), scope).fetchall() == [(new,)]
        connection.execute(STATEMENTS["tick_insert"].encode(), values)

    row = await Database(upgraded).row(
        "select e.trigger, l.state, p.payload from executions e join live_executions l using (id)"
        " join execution_payloads p on p.execution_id = e.id where e.id = %(id)s",
        id=new,
    )
    assert row == {"trigger": "schedule", "state": "starting", "payload": b"tick"}


async def test_a_role_of_before_sees_its_own_namespace_alone(upgraded: Pool, runner: str) -> None:
    """The policies bind it as they did."""
    for table in ("executions", "step_results", "execution_logs", "live_executions", "flow_definitions"):
        assert ask(runner, f"select distinct namespace from {table}", {}) == [{"namespace": "acme"}], table


async def test_a_runner_of_this_release_runs_with_a_role_of_before(upgraded: Pool, runner: str) -> None:
    """Until its Secret is written anew, a runner's role is the old one: the functions take it too."""
    item = acceptance(flow_identity(definition_hash=HASH))
    await Acceptances(upgraded).accept([item])

    with closing(Running(lambda: connect(runner), "acme")) as running:
        claim = running.claim(item.id, holder="pod-1")
        assert isinstance(claim, Claim)
        running.finish(item.id, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))

    assert await state_of(upgraded, item.id) == "passed"


async def test_the_old_group_goes_with_its_last_role(upgraded: Pool, old: str, runner: str) -> None:
    """While a role belongs to it, it keeps its rights; afterwards rights, policies and the group are gone, and that may be asked again."""
    tenancy = Tenancy(upgraded, dsn=old, prefix=PREFIX)

    assert await tenancy.retire_old_group() is False
    assert ask(runner, "select from executions limit 1", {}) == [{}]
    for namespace in NAMESPACES:
        await Database(upgraded).count(f"revoke {PREFIX}_runners from {ROLES[namespace]}")
    assert await tenancy.retire_old_group() is True
    assert await tenancy.retire_old_group() is True

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table executions"):
        ask(runner, "select from executions", {})
    left = await Database(upgraded).rows(
        "select rolname::text as name from pg_roles where rolname = %(group)s"
        " union all select policyname::text from pg_policies where left(policyname, 6) = 'tenant'",
        group=f"{PREFIX}_runners",
    )
    assert left == []
