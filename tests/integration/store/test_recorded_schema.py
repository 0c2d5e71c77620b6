"""Databases of released versions: migrated they are as new ones, and hold everything that was in them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from catalogue import catalogue
from dumps import DAY, DAYS_AHEAD, DUMPS, PREFIX, ensure_roles, identifier, restore
from executions import acceptance, flow_identity, key
from penstock_core import codec, uuid7
from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import (
    Accepted,
    AlreadyEnded,
    Claim,
    Execution,
    Filter,
    HeldUntil,
    Outcome,
    Repeated,
    Tick,
)
from penstock_core.store.executions.reading import Reading, StepSide
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.flows.statistics import Statistics
from penstock_core.store.schema.maintenance import Maintenance
from penstock_core.store.schema.migrate import files, migrate
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror
from postgres import Server
from roles import uid

PASSED, CANCELLED, LOST, SKIPPED_TICK, LEFT, HELD, CANCELLED_SOON, STARTING, LIMITED = map(
    identifier, (1, 5, 7, 11, 20, 21, 22, 23, 24)
)
WITHOUT_PARTITION = identifier(42, at=DAY + timedelta(days=60))
SIDES: tuple[StepSide, ...] = ("input", "output", "assertions", "extracted")
FIRST = pytest.mark.parametrize("dump", DUMPS[:1], ids=lambda path: path.stem)
"""What is asked of the rows one by one is asked of the first release's."""


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def dump(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def old(postgres_server: Server, dump: Path) -> Iterator[str]:
    """A database as that release left it."""
    with postgres_server.database(template=None) as dsn:
        restore(dsn, dump)
        yield dsn


@pytest.fixture
async def migrated(old: str) -> AsyncIterator[Pool]:
    """The same brought to this release, as the operator does when it starts."""
    await migrate(old, DAY, days=DAYS_AHEAD)
    opened = await open_pool(old, name="test")
    await ensure_roles(Tenancy(opened, dsn=old, prefix=PREFIX))
    yield opened
    await opened.close()


def content(dsn: str, names: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    """All rows of each table as text; with `names` those columns alone."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        names = names or columns(connection)
        return {
            table: sorted(
                str(row["row"])
                for row in connection.execute(f"select row({', '.join(quoted)})::text as row from {table}")
            )
            for table, quoted in names.items()
        }


def columns(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """The columns of each table, those of partitioned ones once."""
    found = connection.execute(
        "select c.oid::regclass::text as table, array_agg(quote_ident(a.attname) order by a.attnum) as columns"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition group by 1"
    )
    return {row["table"]: row["columns"] for row in found}


async def test_a_dump_of_every_table_is_not_empty(old: str) -> None:
    """Each table of the release has rows, and each state and trigger an execution."""
    found = content(old)

    assert [table for table, rows in found.items() if not rows] == []
    with psycopg.connect(old) as connection:
        states = connection.execute("select array_agg(distinct state) from executions").fetchone()
        live = connection.execute("select array_agg(distinct state) from live_executions").fetchone()
    assert set(states[0]) == {str(state) for state in ExecutionState} - {"starting"}  # type: ignore[index]
    assert set(live[0]) == {"queued", "starting", "running"}  # type: ignore[index]


async def test_every_row_is_carried_over(old: str) -> None:
    """What a release stored is there after the migrations, column by column."""
    with psycopg.connect(old, row_factory=dict_row) as connection:
        names = columns(connection)
    before = content(old, names)

    await migrate(old, DAY, days=DAYS_AHEAD)

    after = content(old, names)
    assert set(after.pop("schema_migrations")) >= set(before.pop("schema_migrations"))
    assert after == before


async def test_a_migrated_database_is_as_a_new_one(migrated: Pool, old: str, postgres_server: Server) -> None:
    """Tables, columns, indexes, constraints, policies, functions, triggers and grants do not tell how they came to be."""
    with postgres_server.database(template=None) as dsn:
        await migrate(dsn, DAY, days=DAYS_AHEAD)
        new = await open_pool(dsn, name="test")
        await ensure_roles(Tenancy(new, dsn=dsn, prefix=PREFIX))
        await new.close()
        await forget_roles_of_before(migrated, Tenancy(migrated, dsn=old, prefix=PREFIX))

        expected = catalogue(dsn)

    assert catalogue(old) == expected
    assert all(expected.values())
    assert expected["migrations"] == sorted(file.stem for file in files())


async def forget_roles_of_before(pool: Pool, tenancy: Tenancy) -> None:
    """As once no runner of the release is left: what was granted to its roles is no part of the schema."""
    members = await Database(pool).rows(
        "select m.member::regrole::text as name from pg_auth_members m join pg_roles g on g.oid = m.roleid"
        " where g.rolname = %(group)s",
        group=f"{PREFIX}_runners",
    )
    for member in members:
        await Database(pool).count(f"revoke {PREFIX}_runners from {member['name']}")
    assert await tenancy.retire_old_group()


async def test_every_execution_is_shown(migrated: Pool, old: str) -> None:
    """Lists, details, steps, values, trigger data, definitions and logs of each execution are read."""
    reading = Reading(migrated)
    found: list[Execution] = []
    cursor = None
    while (page := await reading.executions(Filter(), cursor=cursor, limit=10)).next_cursor:
        found, cursor = [*found, *page.items], page.next_cursor
    found += page.items

    ids = [row["id"] for row in await Database(migrated).rows("select id from executions order by id desc")]
    assert [item.id for item in found] == ids
    for item in found:
        assert await reading.execution(item.id) == item
        await read_whole(reading, item.id)
        data = await reading.definition(namespace=item.flow.namespace, hash=item.flow.definition_hash)
        assert codec.unpack(data or b"")["flow"]["name"] == item.flow.flow
    counts = await reading.counts(Filter(namespaces=("acme",)))
    assert sum(counts.by_state.values()) == len([item for item in found if item.flow.namespace == "acme"])
    assert await reading.namespaces() == {"acme", "globex"}


async def read_whole(reading: Reading, execution: UUID) -> None:
    """Read all values of an execution."""
    found = await reading.steps(execution, namespace="acme")
    for step in found:
        for side in SIDES:
            data = await reading.step_value(
                execution, namespace="acme", path=step.path, attempt=step.attempt, side=side
            )
            if data is not None and step.path != "damaged":
                codec.unpack(data)
        if step.error_code is not None:
            assert await reading.step_error(execution, namespace="acme", path=step.path, attempt=step.attempt)
    for line in await reading.logs(execution, namespace="acme"):
        if line.fields is not None:
            assert isinstance(codec.unpack(line.fields), dict)
    payload = await reading.payload(execution, namespace="acme")
    assert payload is None or codec.unpack(payload)["method"] == "POST"


@FIRST
async def test_members_of_an_execution(migrated: Pool) -> None:
    """What a release recorded of one execution reads as it was."""
    reading = Reading(migrated)
    item = await reading.execution(PASSED)
    steps = {step.path: step for step in await reading.steps(PASSED, namespace="acme")}
    price = await reading.step_value(PASSED, namespace="acme", path="price", attempt=1, side="output")

    assert item is not None
    assert (item.state, item.trigger, item.flow.flow) == (ExecutionState.PASSED, Trigger.WEBHOOK, "importOrder")
    assert (item.flow.customer_name, item.steps_total, item.steps_failed) == ("ACME GmbH", len(steps) - 1, 0)
    assert item.created_at == DAY + timedelta(minutes=1)
    assert (str(steps["rush"].status), steps["sized"].output_size, steps["silent"].output_size) == ("skipped", 21, 0)
    assert steps["lines/2/parts/1/part"].action == "set"
    assert codec.unpack(price or b"")["large"] == 2**70
    assert [line.message for line in await reading.logs(PASSED, namespace="acme")] == [
        "priced",
        "one line has no price",
    ]


@FIRST
async def test_what_was_live_goes_on(migrated: Pool, old: str) -> None:
    """The dispatcher finds what waits, what has no runner yet and whose runner is gone."""
    dispatch = Dispatch(migrated)

    expired = await dispatch.expired()
    waiting = await dispatch.waiting(limit=10)

    assert [item.id for item in await dispatch.starting(older_than_s=0)] == [STARTING, LIMITED]
    assert [item.id for item in expired] == [LEFT, CANCELLED_SOON]
    assert [item.cancel_at is not None for item in expired] == [False, True]
    assert sorted((item.namespace, item.flow, item.due, item.busy) for item in waiting) == [
        ("acme", "audit", True, 1), ("acme", "syncStock", True, 0), ("globex", "audit", True, 0),
    ]  # fmt: skip
    assert (await Statistics(migrated).live()).by_state == {
        ExecutionState.QUEUED: 4, ExecutionState.STARTING: 2, ExecutionState.RUNNING: 3,
    }  # fmt: skip
    assert await dispatch.end(STARTING, ExecutionState.FAILED, namespace="acme", cause="c", code="c")
    changes = await Statistics(migrated).changes(lookback_s=0)
    assert {item.flow for item in changes.last} == {"importOrder", "nightly", "syncStock", "audit"}


@FIRST
async def test_a_runner_goes_on_in_the_place_of_one_that_is_lost(migrated: Pool, old: str) -> None:
    """With the role of its namespace a runner claims, gets what was recorded, records and ends; what is held it is refused."""
    role = await Tenancy(migrated, dsn=old, prefix=PREFIX).ensure_runner_role(
        "acme", uid=uid("acme"), password="runner"
    )
    with closing(Running(lambda: connect(role.dsn), "acme")) as running:
        claim = running.claim(LEFT, holder="pod")
        held = running.claim(HELD, holder="pod")
        ended = running.claim(LOST, holder="pod")
        assert isinstance(claim, Claim)
        running.finish(LEFT, epoch=claim.epoch, outcome=Outcome(state=ExecutionState.PASSED))

    assert (claim.epoch, claim.flow.instance, claim.trigger) == (2, "acme-orders", Trigger.WEBHOOK)
    assert [(step.path, step.attempt, str(step.status)) for step in claim.steps] == [
        ("order", 1, "passed"), ("send", 1, "failed"), ("send", 2, "passed"), ("lines", 1, "running"),
        ("lines/0/push", 1, "passed"), ("lines/1/push", 1, "running"),
    ]  # fmt: skip
    assert codec.unpack(claim.steps[1].error_details or b"") == {"status": 503}
    assert codec.unpack(claim.definition)["steps"][0]["name"] == "order"
    assert codec.unpack(claim.payload)["path"] == "orders/20"
    assert isinstance(held, HeldUntil)
    assert ended == AlreadyEnded(id=LOST, state=ExecutionState.FAILED)
    assert (await Reading(migrated).execution(LEFT)).state is ExecutionState.PASSED  # type: ignore[union-attr]


@FIRST
async def test_keys_ticks_and_pauses_count_on(migrated: Pool, old: str) -> None:
    """A key stands for its first execution, a tick has its row, a pause lasts."""
    flow = flow_identity(flow_uid="11111111-0000-4000-8000-000000000001")
    again = acceptance(flow, idempotency=key("order-1", body_sha256=b"other"))
    nightly = (await Reading(migrated).execution(SKIPPED_TICK)).flow  # type: ignore[union-attr]
    tick = Tick(
        id=uuid7.new(), flow=nightly, scheduled_at=DAY + timedelta(minutes=11), skip_overlap=True, limit=None,
        payload=b"", requested_by="schedule",
    )  # fmt: skip
    paused = flow_identity(flow="syncStock", flow_uid="11111111-0000-4000-8000-000000000002")

    batch = await Acceptances(migrated).accept([again])
    role = await Tenancy(migrated, dsn=old, prefix=PREFIX).ensure_runner_role(
        "acme", uid=uid("acme"), password="runner"
    )
    with closing(Running(lambda: connect(role.dsn), "acme")) as running:
        ticked = running.accept_tick(tick, holder="pod")
    missed = await Schedules(migrated).record_missed(paused, [DAY])

    assert batch.outcomes == (Repeated(id=PASSED, state=ExecutionState.PASSED, same_body=False),)
    assert ticked == AlreadyEnded(id=SKIPPED_TICK, state=ExecutionState.SKIPPED)
    assert missed == []


@FIRST
async def test_a_value_that_failed_under_the_release_before(migrated: Pool) -> None:
    """As its Flow of then says nothing it is the first execution; once the Flow says again it is a new one, linked both ways."""
    await Database(migrated).count("update idempotency_keys set expires_at = now() + interval '1 hour'")
    audit = flow_identity(flow="audit", flow_uid="11111111-0000-4000-8000-000000000004")
    before, now = (
        acceptance(audit, idempotency=key("A-5", kind="deduplicate-by", again=again)) for again in (False, True)
    )

    outcomes = [outcome for item in (before, now) for outcome in (await Acceptances(migrated).accept([item])).outcomes]

    assert outcomes == [
        Repeated(id=CANCELLED, state=ExecutionState.CANCELLED, same_body=False),
        Accepted(id=now.id, state=ExecutionState.STARTING, repeat_of=CANCELLED),
    ]
    first, second = [await Reading(migrated).execution(each) for each in (CANCELLED, now.id)]
    assert first is not None
    assert second is not None
    assert (first.repeated_by, second.repeat_of) == (now.id, CANCELLED)


@FIRST
async def test_mirrors_and_maintenance(migrated: Pool, old: str) -> None:
    """An unchanged instance costs no write, expired keys go, and a partition takes in what came before it."""
    mirror = InstanceMirror(
        namespace="acme", uid="22222222-0000-4000-8000-000000000001", name="acme-orders", integration="orders-to-erp",
        version="1.4.0", customer_id="acme", customer_name="ACME GmbH", labels={"tier": "gold"}, paused=False, ready=True,
    )  # fmt: skip
    maintenance = Maintenance(migrated)

    assert await Tenancy(migrated, dsn=old, prefix=PREFIX).mirror_instances([mirror]) == 0
    assert await maintenance.delete_expired_keys() > 0
    assert await maintenance.create_partitions(DAY + timedelta(days=60), days=0)
    rows = await Database(migrated).rows(
        "select tableoid::regclass::text as place from step_results where execution_id = %(id)s", id=WITHOUT_PARTITION
    )
    assert {row["place"] for row in rows} == {"step_results_p20260501"}
