"""The one door: what it stores of an execution, whoever asks, and that programs of the release before do without it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from executions import acceptance, flow_identity, key
from penstock_core import uuid7
from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.connection.queries import parse
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Accepted, FlowIdentity, Full, SkipReason
from penstock_core.store.executions.new_executions import STORE, columns
from penstock_core.store.executions.ticks import tick_key
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn
from roles import drop_roles, uid

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEFORE = parse((Path(__file__).parent / "statements_of_0_1.sql").read_text(encoding="utf-8"))
"""How release 0.1 stored a webhook and a missed tick; its runners are in `test_runners_of_0_1`."""


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
    await drop_roles(pool, dsn, prefix, "acme")


@pytest.fixture
async def runner(tenancy: Tenancy) -> RoleDsn:
    """The runner role of the namespace acme."""
    return await tenancy.ensure_runner_role("acme", uid=uid("acme"))


@pytest.fixture
async def gateway(pool: Pool, tenancy: Tenancy) -> AsyncIterator[Pool]:
    """A pool as the gateway's role."""
    role = await tenancy.ensure_gateway_role()
    opened = await open_pool(role.dsn, name="gateway")
    yield opened
    await opened.close()
    await Database(pool).count(f"drop owned by {role.role}")
    await Database(pool).count(f"drop role {role.role}")


async def row_of(pool: Pool, execution: UUID) -> dict[str, Any]:
    """What the tables have of one execution."""
    (row,) = await Database(pool).rows(
        "select e.*, l.state as live_state, l.run_after, p.payload from executions e "
        "left join live_executions l on l.id = e.id left join execution_payloads p on p.execution_id = e.id "
        "where e.id = %(id)s",
        id=execution,
    )
    return row


async def test_an_execution_carries_whom_it_repeats_and_who_asked(pool: Pool) -> None:
    """The execution that it replays, the one that it retries and the one whose step asked are stored with it."""
    replayed, retried, parent = uuid7.new(), uuid7.new(), uuid7.new()
    item = acceptance(trigger=Trigger.MANUAL, requested_by="eve", replay_of=replayed, retry_of=retried, parent=parent)

    other = acceptance()

    await Acceptances(pool).accept([item, other])

    row = await row_of(pool, item.id)
    assert (row["trigger"], row["requested_by"], row["live_state"]) == ("manual", "eve", "starting")
    assert (row["replay_of"], row["retry_of"], row["parent"]) == (replayed, retried, parent)
    assert (await row_of(pool, other.id))["parent"] is None


async def test_an_execution_of_later_waits_until_it_is_due(pool: Pool) -> None:
    """With `run_after` it is queued, with and without a limit, and gets no slot before."""
    later = datetime.now(UTC) + timedelta(hours=1)
    limited = flow_identity(flow_uid="limited")
    items = [acceptance(run_after=later), acceptance(limited, limit=3, run_after=later), acceptance(run_after=NOW)]

    batch = await Acceptances(pool).accept(items)

    assert [outcome.state for outcome in batch.outcomes if not isinstance(outcome, Full)] == [ExecutionState.QUEUED] * 3
    assert batch.started == ()
    assert (await row_of(pool, items[0].id))["run_after"] == later
    take = Dispatch(pool).take_slots
    assert await take(namespace="acme", flow_uid=items[0].flow.flow_uid, limit=None, most=3) == [items[2].id]
    assert await take(namespace="acme", flow_uid="limited", limit=3, most=3) == []


async def test_a_skipped_execution_is_born_ended(pool: Pool) -> None:
    """It has its reason as its error, no live row, and is published like every other that ended."""
    item = acceptance(skipped=SkipReason(code="paused", message="not now"), payload=None)

    batch = await Acceptances(pool).accept([item])

    assert (batch.outcomes, batch.started) == ((Accepted(id=item.id, state=ExecutionState.SKIPPED),), ())
    row = await row_of(pool, item.id)
    assert (row["state"], row["error_code"], row["error_message"]) == ("skipped", "paused", "not now")
    assert (row["ended_at"] is None, row["live_state"], row["payload"]) == (False, None, None)
    assert await Database(pool).rows("select id, state from ended_executions") == [{"id": item.id, "state": "skipped"}]


async def test_items_of_all_kinds_share_one_statement(pool: Pool) -> None:
    """Webhooks, a tick, a skipped tick, a repeat and one that is refused each get what is theirs."""
    full = flow_identity(flow_uid="full")
    first = acceptance(idempotency=key("k"))
    await Acceptances(pool).accept([first])
    repeat, refused, webhook = (
        acceptance(idempotency=key("k")),
        acceptance(full, limit=0, when_full="reject"),
        acceptance(),
    )
    tick = acceptance(trigger=Trigger.SCHEDULE, idempotency=tick_key(NOW))
    skipped = acceptance(idempotency=tick_key(NOW + timedelta(minutes=1)), skipped=SkipReason(code="c", message="m"))

    found = await Database(pool).rows(STORE, **columns([repeat, refused, webhook, tick, skipped]))

    stored = {item.id: item.id for item in (webhook, tick, skipped)}
    assert {row["id"]: row["execution_id"] for row in found} == {repeat.id: first.id, **stored}


async def test_a_minute_has_had_its_execution_as_long_as_its_key_is_there(pool: Pool) -> None:
    """A key whose time is over and that nobody has removed yet is taken over by a webhook, but not by a late tick."""
    webhook, tick = acceptance(idempotency=key("k")), acceptance(idempotency=tick_key(NOW))
    await Acceptances(pool).accept([webhook, tick])
    await Database(pool).count("update idempotency_keys set expires_at = now() - interval '1 hour'")
    again, late = acceptance(idempotency=key("k")), acceptance(idempotency=tick_key(NOW))

    found = await Database(pool).rows(STORE, **columns([again, late]))

    assert {row["id"]: row["execution_id"] for row in found} == {again.id: again.id, late.id: tick.id}


async def test_a_runner_stores_by_its_tick_alone(pool: Pool, runner: RoleDsn) -> None:
    """A runner's role may not call the function, for its own namespace neither: only what accepts a tick does."""
    with psycopg.connect(runner.dsn, autocommit=True) as connection:
        for item in (acceptance(idempotency=key()), acceptance(flow_identity(namespace="beta"))):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for function"):
                connection.execute(STORE.encode(), columns([item]))

    assert await Database(pool).rows("select id from executions") == []


async def test_the_door_is_closed_until_it_is_granted(pool: Pool, gateway: Pool) -> None:
    """The gateway's role may store; without the grant, and before the migration, it is told that it may not."""
    assert await Acceptances(gateway).may_store()

    before, newest = await doors(pool)
    await Database(pool).count(f"alter function {newest} rename to not_yet")
    assert not await Acceptances(gateway).may_store()
    await Database(pool).count("alter function not_yet rename to store_executions")
    (role,) = await Database(gateway).rows("select current_user::text as name")
    await Database(pool).count(f"revoke execute on function {newest} from {role['name']}")

    assert not await Acceptances(gateway).may_store()
    assert before != newest


async def doors(pool: Pool) -> list[str]:
    """The functions that store executions, the newest last."""
    found = await Database(pool).rows(
        "select oid::regprocedure::text as name from pg_proc where proname = 'store_executions' order by pronargs"
    )
    return [row["name"] for row in found]


async def test_each_door_takes_all_that_the_one_before_does(pool: Pool) -> None:
    """They tell one another by the arguments that are named: none is a default, so a call means one of them."""
    found = await Database(pool).rows(
        "select proargnames[1:pronargs] as names, pronargdefaults as defaults from pg_proc"
        " where proname = 'store_executions' order by pronargs"
    )

    assert [row["defaults"] for row in found] == [0, 0]
    assert found[1]["names"] == [*found[0]["names"], "key_agains"]


async def test_the_door_of_before_stays_open(pool: Pool, gateway: Pool) -> None:
    """A gateway that knows one argument less stores through the same role, and a failure gives no key back to it."""
    statement = STORE.replace(",\n    key_agains => %(key_agains)s::boolean[]", "").replace(", repeat_of", "")
    item, repeat = (acceptance(idempotency=key("k", kind="deduplicate-by", again=True)) for _ in range(2))
    assert "again" not in statement

    stored = await Database(gateway).rows(statement, **columns([item]))
    await Dispatch(pool).end(item.id, ExecutionState.FAILED, namespace="acme", cause="c", code="c")
    repeated = await Database(gateway).rows(statement, **columns([repeat]))
    newer = await Acceptances(gateway).accept([repeat])

    assert [row["execution_id"] for row in [*stored, *repeated]] == [item.id, item.id]
    assert newer.outcomes == (Accepted(id=repeat.id, state=ExecutionState.STARTING, repeat_of=item.id),)


def columns_of_0_1(items: list[Acceptance]) -> dict[str, list[Any]]:
    """A batch as release 0.1 wrote it."""
    named = columns(items)
    keys = [item.idempotency for item in items]
    return {
        **{name: values for name, values in named.items() if values is not None},
        "starts": [item.start for item in items],
        "limits": [item.limit for item in items],
        "rejects": [item.when_full == "reject" for item in items],
        "kinds": [each and each.kind for each in keys],
        "keys": [each and each.digest for each in keys],
        "bodies": [each and each.body_sha256 for each in keys],
        "windows": [each and each.window_seconds for each in keys],
    }


async def test_the_gateway_of_the_release_before_still_stores(pool: Pool, gateway: Pool) -> None:
    """Its statement knows no newer column; what it stores is whole, and a repeat of its key is found by this release."""
    item = acceptance(idempotency=key("k"))

    found = await Database(gateway).rows(BEFORE["accept"], **columns_of_0_1([item]))
    repeat = await Acceptances(gateway).accept([acceptance(idempotency=key("k"))])

    assert [row["execution_id"] for row in found] == [item.id]
    assert [getattr(outcome, "id", None) for outcome in repeat.outcomes] == [item.id]
    row = await row_of(pool, item.id)
    assert (row["state"], row["live_state"], row["parent"]) == ("queued", "starting", None)


async def test_missed_ticks_of_the_release_before_are_still_recorded(pool: Pool) -> None:
    """The operator of release 0.1 records a missed tick as skipped."""
    flow, identifier = flow_identity(), uuid7.new()
    values = {**{name: getattr(flow, name) for name in FlowIdentity._fields}, "most": 1}

    found = await Database(pool).rows(
        BEFORE["record_missed"], **values, ids=[identifier], keys=[tick_key(NOW).digest], ticks=[NOW]
    )

    assert [row["scheduled_at"] for row in found] == [NOW]
    row = await row_of(pool, identifier)
    assert (row["state"], row["error_code"], row["live_state"]) == ("skipped", "missed", None)
