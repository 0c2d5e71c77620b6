"""Lists, counts and statistics."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from executions import DEFINITION_HASH, acceptance, flow_identity
from penstock_core import uuid7
from penstock_core.errors import InvalidInput, TooLarge
from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Counts, Filter, Outcome
from penstock_core.store.executions.reading import Reading
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.flows.statistics import Statistics
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror

FAILED = ExecutionState.FAILED


@pytest.fixture
def running(dsn: str) -> Iterator[Running]:
    """A runner, with the owner's rights."""
    with closing(Running(lambda: connect(dsn), "acme")) as made:
        yield made


async def accept(pool: Pool, *items: Acceptance) -> None:
    for item in items:
        flow = item.flow
        await Acceptances(pool).ensure_definition(namespace=flow.namespace, hash=DEFINITION_HASH, packed=b"d")
    await Acceptances(pool).accept(items)


async def test_pages_go_on_where_the_last_ended(pool: Pool) -> None:
    """Pages are newest first, without gaps or repeats, and the last has no cursor, also where it is full."""
    items = [acceptance() for _ in range(6)]
    await accept(pool, *items)
    seen = []
    cursor = None

    for _ in range(3):
        page = await Reading(pool).executions(Filter(), cursor=cursor, limit=2)
        seen += [each.id for each in page.items]
        cursor = page.next_cursor

    assert seen == [item.id for item in reversed(items)]
    assert cursor is None


async def test_filters_choose(pool: Pool) -> None:
    """Each filter alone, and all together, show what they name."""
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    old = acceptance(id=uuid7.new(int((now - 2 * hour).timestamp() * 1000)))
    flow = acceptance(flow_identity(flow="other", flow_uid="other"))
    instance = acceptance(flow_identity(instance="second", instance_uid="second"))
    namespace = acceptance(flow_identity(namespace="beta", customer_id="beta"), trigger=Trigger.MANUAL)
    await accept(pool, old, flow, instance, namespace)
    await Dispatch(pool).end(old.id, FAILED, namespace="acme", cause="c", code="c")
    cases = {
        Filter(namespaces=("beta",)): [namespace],
        Filter(namespaces=("beta", "acme")): [namespace, instance, flow, old],
        Filter(namespaces=()): [],
        Filter(instance="second"): [instance],
        Filter(flow="other"): [flow],
        Filter(customer="beta"): [namespace],
        Filter(trigger=Trigger.MANUAL): [namespace],
        Filter(states=(FAILED,)): [old],
        Filter(states=(FAILED, ExecutionState.QUEUED)): [namespace, instance, flow, old],
        Filter(states=()): [],
        Filter(until=now - hour): [old],
        Filter(since=now - hour): [namespace, instance, flow],
        Filter(
            namespaces=("acme",),
            instance="acme-orders",
            flow="importOrder",
            customer="acme",
            states=(FAILED,),
            trigger=Trigger.WEBHOOK,
            since=now - 3 * hour,
            until=now,
        ): [old],
    }

    for filter, expected in cases.items():  # noqa: A001
        page = await Reading(pool).executions(filter)
        assert [each.id for each in page.items] == sorted((item.id for item in expected), reverse=True), filter


async def test_a_foreign_cursor_is_refused(pool: Pool) -> None:
    """A cursor that no page gave is the caller's mistake, and the message says what to do."""
    with pytest.raises(InvalidInput, match="repeat the list without it"):
        await Reading(pool).executions(Filter(), cursor="x")
    with pytest.raises(InvalidInput, match="repeat the list without it"):
        await Reading(pool).logs(uuid7.new(), namespace="acme", cursor="x")
    with pytest.raises(InvalidInput, match="repeat the request without it"):
        await Reading(pool).steps(uuid7.new(), namespace="acme", cursor="x")


async def test_namespaces_that_have_executions(pool: Pool) -> None:
    """Each is named once, however many executions it has and wherever they lie; no more than asked for."""
    old = uuid7.new(int((datetime.now(UTC) - timedelta(days=3)).timestamp() * 1000))
    flows = [flow_identity(namespace=name) for name in ("beta", "acme", "acme", "delta", "beta")]
    await accept(pool, acceptance(flow_identity(namespace="gamma"), id=old), *map(acceptance, flows))

    assert await Reading(pool).namespaces() == {"acme", "beta", "delta", "gamma"}
    assert len(await Reading(pool).namespaces(limit=2)) == 2


async def test_values_above_the_limit_are_not_read(pool: Pool) -> None:
    """The size alone is told."""
    item = acceptance(payload=b"x" * 100)
    await accept(pool, item)
    assert await Reading(pool).payload(item.id, namespace="acme") == item.payload

    with pytest.raises(TooLarge, match="100 bytes are stored, and 99"):
        await Reading(pool, value_bytes=99).payload(item.id, namespace="acme")


async def test_what_does_not_exist_is_none(pool: Pool) -> None:
    """An unknown id has no summary, no steps and no payload."""
    nobody = uuid7.new()

    assert await Reading(pool).execution(nobody) is None
    assert await Reading(pool).steps(nobody, namespace="acme") == []
    assert await Reading(pool).payload(nobody, namespace="acme") is None


async def test_counts_stop_at_their_cap(pool: Pool) -> None:
    """Counts honour the filter, and say so when there were more than they looked at."""
    items = [acceptance() for _ in range(4)]
    await accept(pool, *items)
    await Dispatch(pool).end(items[0].id, FAILED, namespace="acme", cause="c", code="c")
    counts = Reading(pool).counts

    assert await counts(Filter()) == Counts(by_state={FAILED: 1, ExecutionState.QUEUED: 3}, capped=False)
    assert await counts(Filter(states=(FAILED,))) == Counts(by_state={FAILED: 1}, capped=False)
    assert await counts(Filter(), cap=2) == Counts(by_state={ExecutionState.QUEUED: 2}, capped=True)


async def test_lists_read_no_payload_and_prune_by_time(pool: Pool) -> None:
    """A list with a lower bound of today plans today's and later partitions alone, and no other table."""
    from penstock_core.store.executions import reading

    conditions, parameters = reading._conditions(Filter(since=datetime.now(UTC) + timedelta(days=2)), None)
    query = reading._QUERIES["executions"].format(columns=reading._COLUMNS, conditions=conditions)

    plan = await Database(pool).rows(f"explain {query}", limit=10, **parameters)

    text = "\n".join(row["QUERY PLAN"] for row in plan)
    today = f"executions_p{datetime.now(UTC):%Y%m%d}"
    assert today not in text
    assert "payload" not in text


async def test_changes_name_the_newest_of_each_flow_until_settled(pool: Pool, running: Running) -> None:
    """Ended and running executions count, the newest per flow is named, settled ones are not named again."""
    items = [acceptance(), acceptance(), acceptance(flow_identity(flow_uid="other", flow="other"))]
    await accept(pool, *items)
    statistics = Statistics(pool)
    for item in items[:2]:
        running.claim(item.id, holder="pod")
        running.finish(item.id, epoch=1, outcome=Outcome(state=ExecutionState.PASSED))
    running.claim(items[2].id, holder="pod")

    change = await statistics.changes()
    await statistics.settle(change.marks)
    rest = await statistics.changes()

    assert {each.flow_uid: (each.id, each.state) for each in change.last} == {
        "uid-importorder": (items[1].id, "passed"),
        "other": (items[2].id, "running"),
    }
    assert len(change.marks) == 2
    assert [each.flow_uid for each in rest.last] == ["other"]
    assert (await statistics.changes(lookback_s=-1)).last == ()


async def test_what_is_kept_takes_no_room_and_stays(pool: Pool) -> None:
    """A reader that keeps some of what ended reads on behind them; settling leaves these, for it or another to read."""
    items = [acceptance(flow_identity(flow_uid=uid, flow=uid)) for uid in ("a", "b", "c")]
    await accept(pool, *items)
    for item in items:
        await Dispatch(pool).end(item.id, FAILED, namespace="acme", cause="c", code="c")
    statistics = Statistics(pool)
    kept = [items[0].id]

    change = await statistics.changes(kept=kept, limit=1)
    every = await statistics.changes()
    await statistics.settle(every.marks, kept=kept)

    assert [each.flow_uid for each in change.last] == ["b"]
    assert len(every.marks) == 3
    assert [each.flow_uid for each in (await statistics.changes()).last] == ["a"]


async def test_a_change_whose_rows_are_gone_can_be_settled(pool: Pool) -> None:
    """An ended execution whose day was dropped names no flow and still gives its mark."""
    item = acceptance()
    await accept(pool, item)
    await Dispatch(pool).end(item.id, FAILED, namespace="acme", cause="c", code="c")
    await Database(pool).count("delete from executions")

    change = await Statistics(pool).changes()

    assert change.last == ()
    assert len(change.marks) == 1


async def test_the_load_is_counted(pool: Pool, running: Running) -> None:
    """Live executions are counted by state; the oldest that is due has an age; none is zero."""
    assert (await Statistics(pool).live()).oldest_queued_seconds == 0.0
    items = [acceptance(), acceptance(), acceptance(start=False)]
    await accept(pool, *items)
    running.claim(items[0].id, holder="pod")
    await Database(pool).count(
        "update live_executions set state_since = now() - interval '90 seconds' where state = 'queued'"
    )

    live = await Statistics(pool).live()

    assert live.by_state == {"running": 1, "starting": 1, "queued": 1}
    assert 90 <= live.oldest_queued_seconds < 100


async def test_an_instances_data_goes_in_batches(pool: Pool, dsn: str, running: Running) -> None:
    """All rows of an instance go, whatever their state, and no other instance's."""
    tenancy = Tenancy(pool, dsn=dsn, prefix="unused")
    mirror = InstanceMirror(
        namespace="acme",
        uid="uid-acme-orders",
        name="acme-orders",
        integration="orders-to-erp",
        version=None,
        customer_id=None,
        customer_name=None,
        labels={"tier": "gold"},
        paused=False,
        ready=True,
    )
    other = acceptance(flow_identity(instance="other", instance_uid="other", flow_uid="other"), limit=1)
    mine = [acceptance(limit=1) for _ in range(5)]
    await accept(pool, *mine, other)
    running.claim(mine[0].id, holder="pod")
    assert [await tenancy.mirror_instances([mirror, mirror]) for _ in range(2)] == [1, 0]

    whose: dict[str, Any] = {
        "namespace": "acme",
        "instance": "acme-orders",
        "instance_uid": "uid-acme-orders",
        "other_flows": ["other"],
    }
    removed = await tenancy.delete_instance_data(**whose, batch=2)

    assert removed == 5
    assert await tenancy.delete_instance_data(**whose) == 0
    for table, column in {
        "executions": "id",
        "execution_payloads": "execution_id",
        "live_executions": "id",
    }.items():
        rows = await Database(pool).rows(f"select {column} as id from {table}")
        assert [row["id"] for row in rows] == [other.id], table
    assert [row["flow_uid"] for row in await Database(pool).rows("select flow_uid from flow_slots")] == ["other"]
    assert await Database(pool).rows("select from instances") == []
