"""What a hostile tenant sends to the runner's functions: each is refused or finds nothing, and nothing is changed anywhere."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from executions import DEFINITION_HASH, acceptance, flow_identity
from penstock_core import uuid7
from penstock_core.executions.records import LogRecord, Outcome, StepRecord
from penstock_core.executions.states import ExecutionState, StepStatus
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.executions import running, ticks
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.records import Tick
from penstock_core.store.flows.statistics import Statistics
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn, StoredDefinition
from roles import drop_roles, uid

CALLS = {**load("executions/running"), **running._WRITES, "accept_tick": ticks.ACCEPT}
"""How a runner calls the functions; what a hostile tenant changes are the values."""
OF_ONE = ("claim", "recorded", "renew", "record", "finish", "finished")
"""Those that name an execution."""
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
INFINITIES = ("infinity", "-infinity", "4714-11-24 00:00:00+00 BC")
THEIR_HASH = "b" * 64


class Scene(NamedTuple):
    """A neighbour's execution that runs, and of the hostile tenant one that runs and one that has ended."""

    theirs: UUID
    mine: UUID
    ended: UUID


@pytest.fixture
async def tenancy(pool: Pool, dsn: str) -> AsyncIterator[Tenancy]:
    """The roles of a release, removed at the end."""
    prefix = f"t{uuid4().hex[:8]}"
    tenancy = Tenancy(pool, dsn=dsn, prefix=prefix)
    await tenancy.ensure_access()
    yield tenancy
    await drop_roles(pool, dsn, prefix, "acme", "beta")


@pytest.fixture
async def beta(tenancy: Tenancy) -> RoleDsn:
    """The role of the neighbour."""
    return await tenancy.ensure_runner_role("beta", uid=uid("beta"))


@pytest.fixture
async def acme(tenancy: Tenancy) -> AsyncIterator[psycopg.Connection[Any]]:
    """A session with the hostile tenant's role, in which it has set what a session may set."""
    role = await tenancy.ensure_runner_role("acme", uid=uid("acme"))
    with psycopg.connect(role.dsn, autocommit=True, row_factory=dict_row) as connection:
        for setting in (
            "standard_conforming_strings = off",
            "transform_null_equals = on",
            "timezone = 'Asia/Kathmandu'",
        ):
            connection.execute(f"set {setting}".encode())
        yield connection


@pytest.fixture
async def scene(pool: Pool, tenancy: Tenancy, acme: psycopg.Connection[Any], beta: RoleDsn) -> Scene:
    store = Acceptances(pool)
    kept = StoredDefinition(hash=DEFINITION_HASH, packed=b"d", instance_uid="uid-acme-orders")
    await tenancy.keep_definitions("acme", [kept])
    await tenancy.keep_definitions("beta", [StoredDefinition(hash=THEIR_HASH, packed=b"d", instance_uid="uid-beta")])
    neighbour = flow_identity(namespace="beta", instance_uid="uid-beta", flow_uid="theirs", definition_hash=THEIR_HASH)
    items = [acceptance(neighbour), acceptance(), acceptance()]
    await store.accept(items)
    scene = Scene(*(item.id for item in items))
    with psycopg.connect(beta.dsn, autocommit=True) as connection:
        connection.execute(CALLS["claim"].encode(), {"id": scene.theirs, "holder": "pod"})
    for execution in (scene.mine, scene.ended):
        ask(acme, "claim", {"id": execution, "holder": "pod"})
    ask(acme, "finish", finish(scene.ended))
    return scene


def ask(connection: psycopg.Connection[Any], call: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return connection.execute(CALLS[call].encode(), values).fetchall()


def record(execution: UUID | None, epoch: Any = 1, **changes: Any) -> dict[str, Any]:
    """A record of one step and one log line, as a runner sends it but for the changes."""
    step = StepRecord(
        path="one", attempt=1, action="set", status=StepStatus.FAILED, started_at=datetime.now(UTC),
        ended_at=datetime.now(UTC), duration_ms=1, input=b"i", output=b"o", error_code="c", error_message="m",
    )  # fmt: skip
    line = LogRecord(sequence=7, at=datetime.now(UTC), severity="info", message="m", step="one", fields=b"f")
    sent = running._parameters(uuid4(), 1, [step], [line])
    assert not changes.keys() - sent.keys() - _OUTCOME.keys()
    return {**sent, "id": execution, "epoch": epoch, **changes}


_OUTCOME = running._outcome_parameters(Outcome(state=ExecutionState.PASSED, steps_total=1))


def finish(execution: UUID | None, epoch: Any = 1, **changes: Any) -> dict[str, Any]:
    """An end with that step and line."""
    return {**record(execution, epoch), **_OUTCOME, **changes}


def tick(**changes: Any) -> dict[str, Any]:
    """A tick as a schedule's runner sends it but for the changes."""
    asked = Tick(
        id=uuid7.new(), flow=flow_identity(), scheduled_at=NOW.replace(second=0), skip_overlap=False, limit=None,
        payload=b"p", requested_by="schedule",
    )  # fmt: skip
    sent = ticks.parameters(asked)
    assert not changes.keys() - sent.keys()
    return {**sent, **changes}


async def content(pool: Pool) -> dict[str, str]:
    """A digest of every table's rows."""
    database = Database(pool)
    tables = await database.rows(
        "select c.oid::regclass::text as name from pg_class c"
        " where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace"
    )
    found = {}
    for table in (row["name"] for row in tables):
        row = await database.row(
            f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from {table} as t"
        )
        found[table] = row["digest"] if row else ""
    return found


def each(column: str, *values: Any) -> list[tuple[str, dict[str, Any]]]:
    """One case a value of a list that has one entry."""
    return [(f"{column}-{number}", {column: [value]}) for number, value in enumerate(values)]


STEPS = [
    *each("paths", None, "", "One", "a/b", "a/-1/b", "a/1/../b", "a" * 1001, "a\nb", "a'"),
    *each("attempts", None, 0, -1, 1_000_001, 2**31 - 1),
    *each("actions", None, "", "drop table", "x" * 41),
    *each("statuses", None, "", "queued", "Passed", "x" * 10_000),
    *each("starts", None, *INFINITIES, NOW - 2 * DAY, NOW + 2 * DAY),
    *each("ends", *INFINITIES, NOW - 2 * DAY, NOW + 2 * DAY),
    *each("durations", -1, 2**62),
    *((f"{column}-size", {column: [b"x" * 16_800_001]}) for column in ("inputs", "outputs", "extracts", "assertions")),
    *each("input_sizes", None, -1, 2**60),
    *each("output_sizes", None, -1, 2**60),
    *each("truncations", None),
    *each("codes", "", "a b", "x" * 101, "é"),
    *each("messages", "x" * 20_001),
    *each("details", b"x" * 70_001),
    *each("items", -1),
    *each("failed_items", -1),
    *each("warnings", None, "x" * (4 * 1024 * 1024 + 1)),
    ("longer", {"attempts": [1, 2]}),
    ("shorter", {"paths": []}),
    ("no-list", {"outputs": None}),
    ("no-lists", dict.fromkeys(record(None).keys() - {"id", "epoch"})),
    ("nested", {"paths": [["one"], ["two"]]}),
]
LINES = [
    *each("log_sequences", None, -1),
    *each("log_times", None, *INFINITIES, NOW - 2 * DAY, NOW + 2 * DAY),
    *each("log_severities", None, "", "fatal", "INFO"),
    *each("log_steps", "x" * 1001),
    *each("log_messages", None, "x" * (8 * 1024 * 1024 + 1)),
    *each("log_fields", b"x" * 70_001),
    ("log-longer", {"log_sequences": [1, 2]}),
    ("log-too-many", {
        "log_sequences": [*range(40_001)], "log_times": [NOW] * 40_001, "log_severities": ["info"] * 40_001,
        "log_steps": [None] * 40_001, "log_messages": ["m"] * 40_001, "log_fields": [None] * 40_001,
    }),
]  # fmt: skip
ENDS = [
    *(
        (f"state-{state}", {"state": state})
        for state in (None, "queued", "starting", "running", "skipped", "Passed", "")
    ),
    ("passed-with-error", {"error_code": "c"}),
    ("failed-without-error", {"state": "failed"}),
    ("code", {"state": "failed", "error_code": "a b"}),
    ("message", {"state": "failed", "error_code": "c", "error_message": "x" * 20_001}),
    ("step", {"state": "failed", "error_code": "c", "failed_step": "x" * 1001}),
    ("odd-step", {"state": "failed", "error_code": "c", "failed_step": "../x"}),
    ("total", {"steps_total": -1}),
    ("no-total", {"steps_total": None}),
    ("failed", {"steps_failed": -1}),
    ("more-failed", {"steps_failed": 2}),
    ("warnings", {"outcome_warnings": ["w"] * 1001}),
    ("long-warnings", {"outcome_warnings": ["x" * (1024 * 1024 + 1)]}),
    ("no-warnings", {"outcome_warnings": None}),
    *STEPS[:1],
    *LINES[:1],
]
TICKS = [
    ("no-id", {"id": None}),
    ("id-of-another-kind", {"id": uuid4()}),
    ("id-of-before", {"id": uuid7.new(int((NOW - 2 * DAY).timestamp() * 1000))}),
    ("id-of-later", {"id": uuid7.new(int((NOW + 2 * DAY).timestamp() * 1000))}),
    ("first-id", {"id": UUID(int=0x7 << 76)}),
    ("last-id", {"id": UUID(int=2**128 - 1)}),
    *((f"time-{number}", {"scheduled_at": value}) for number, value in enumerate((*INFINITIES, NOW + 2 * DAY))),
    ("limit", {"flow_limit": 0}),
    ("negative-limit", {"flow_limit": -1}),
    ("overlap", {"skip_overlap": None}),
    ("payload", {"payload": b"x" * 65_537}),
    ("no-payload", {"payload": None}),
    ("requester", {"requester": "x" * 501}),
    ("customers-bell", {"customer_name": "a\ab"}),
    *(
        (f"{name}-{number}", {name: value})
        for name in flow_identity()._fields[1:7]
        for number, value in enumerate(("", "../x", "a/b", "a b", "a\nb", "ä"))
    ),
    *((f"{name}-long", {name: "x" * 1001}) for name in flow_identity()._fields if name != "namespace"),
    *((f"{name}-none", {name: None}) for name in flow_identity()._fields[1:8]),
    ("unknown-flow", {"definition_hash": "e" * 64}),
    ("their-flow", {"definition_hash": THEIR_HASH, "instance_uid": "uid-beta", "flow_uid": "theirs"}),
    ("their-instance", {"instance_uid": "uid-beta", "flow_uid": "theirs"}),
]
CLAIMS = [
    (f"holder-{number}", {"holder": holder}) for number, holder in enumerate((None, "", "a b", "x" * 254, "p\nq", "é"))
]


async def refused(
    pool: Pool, connection: psycopg.Connection[Any], call: str, values: Mapping[str, Any], *, state: str = "PN400"
) -> bool:
    """Whether a call is refused with that SQLSTATE, in few words that hold no value, and nothing is changed anywhere."""
    before = await content(pool)
    try:
        ask(connection, call, values)
    except psycopg.Error as error:
        words = error.diag.message_primary or ""
        return error.sqlstate == state and len(words) < 80 and await content(pool) == before
    return False


@pytest.mark.parametrize(
    ("call", "cases"),
    [("record", [*STEPS, *LINES]), ("finish", ENDS), ("accept_tick", TICKS), ("claim", CLAIMS)],
    ids=["record", "finish", "accept_tick", "claim"],
)
async def test_what_no_runner_sends_is_refused(
    pool: Pool, acme: psycopg.Connection[Any], scene: Scene, call: str, cases: list[tuple[str, dict[str, Any]]]
) -> None:
    """Times, words, numbers, lengths and lists that no runner sends change nothing; the same call without them is taken."""
    sent = {
        "record": record(scene.mine),
        "finish": finish(scene.mine),
        "accept_tick": tick(),
        "claim": {"id": scene.mine, "holder": "pod"},
    }[call]

    assert [name for name, changes in cases if not await refused(pool, acme, call, {**sent, **changes})] == []
    assert len(ask(acme, call, sent)) == 1


@pytest.mark.parametrize("whose", ["theirs", "ended", "nobodys", "none"])
async def test_an_execution_of_somebody_else_is_not_there(
    pool: Pool, acme: psycopg.Connection[Any], scene: Scene, whose: str
) -> None:
    """Another namespace's execution, one that has ended, and one that never was: no function finds or changes it."""
    execution = {"theirs": scene.theirs, "ended": scene.ended, "nobodys": uuid7.new(), "none": None}[whose]
    before = await content(pool)

    found = {call: ask(acme, call, {**finish(execution), "holder": "pod"}) for call in OF_ONE}

    if whose == "ended":
        assert found.pop("finished") == [{"state": "passed"}]
        (row,) = found.pop("claim")
        assert (row["state"], row["epoch"], row["definition"], row["payload"]) == ("passed", None, None, None)
    assert [call for call, rows in found.items() if rows] == []
    assert await content(pool) == before


async def test_a_foreign_epoch_is_nobodys(pool: Pool, acme: psycopg.Connection[Any], scene: Scene) -> None:
    """A number that the present claim has not: nothing is read or written."""
    before = await content(pool)

    for epoch in (0, 2, -1, None, 2**31 - 1):
        for call in ("recorded", "renew", "record", "finish"):
            assert ask(acme, call, finish(scene.mine, epoch)) == [], (call, epoch)

    assert await content(pool) == before


async def test_a_ticks_id_may_not_be_another_namespaces(
    pool: Pool, acme: psycopg.Connection[Any], scene: Scene
) -> None:
    """A tick under the id of a neighbour's execution makes no live row, key or payload for it."""
    for scheduled_at in (NOW, None):
        assert await refused(pool, acme, "accept_tick", tick(id=scene.theirs, scheduled_at=scheduled_at))


async def test_a_tick_is_its_own_namespaces(pool: Pool, acme: psycopg.Connection[Any], scene: Scene) -> None:
    """Whatever flow it names, its rows are of the namespace of the role that asks, its trigger and key are the database's."""
    (made,) = ask(acme, "accept_tick", tick(flow_uid="theirs"))

    rows = await Database(pool).rows(
        "select e.namespace, e.trigger, l.namespace as live, l.epoch, l.lease_until, p.namespace as payload, k.namespace as key"
        " from executions e join live_executions l using (id) join execution_payloads p on p.execution_id = e.id"
        " join idempotency_keys k on k.execution_id = e.id where e.id = %(id)s",
        id=made["execution_id"],
    )

    assert rows == [
        {
            "namespace": "acme", "trigger": "schedule", "live": "acme", "epoch": 0, "lease_until": None,
            "payload": "acme", "key": "acme",
        }
    ]  # fmt: skip


async def test_ticks_take_a_bounded_part_of_what_may_run(
    pool: Pool, acme: psycopg.Connection[Any], scene: Scene
) -> None:
    """With a hundred executions that start or run in a namespace its ticks wait for the dispatcher; none can be claimed then."""
    flows = [f"forged-{number}" for number in range(100)]

    decisions = [ask(acme, "accept_tick", tick(flow_uid=flow))[0] for flow in flows]

    # one of the scene's own runs too
    assert [each["decision"] for each in decisions] == [None] * 99 + ["queued"]
    held = ask(acme, "claim", {"id": decisions[-1]["execution_id"], "holder": "pod"})
    assert [(row["epoch"], row["live_state"]) for row in held] == [(None, "queued")]
    assert await Statistics(pool).running() == 1 + 100


FULL = {
    "live": (
        "insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state)"
        " select gen_random_uuid(), 'acme', 'i', 'u', 'f', 'f', 'queued' from generate_series(1, 9999)"
    ),
    "a-minute": "insert into tick_counts values ('acme', date_trunc('minute', now(), 'UTC'), 1000)",
}


@pytest.mark.parametrize("full", FULL)
async def test_ticks_fill_no_table(
    pool: Pool, acme: psycopg.Connection[Any], beta: RoleDsn, scene: Scene, full: str
) -> None:
    """A namespace that has too many executions or ticks in a minute gets no more; its neighbour's ticks go on."""
    acme.execute("begin")  # the time in it stands still: no minute ends meanwhile
    ask(acme, "renew", {"id": scene.mine, "epoch": 1})
    await Database(pool).count(FULL[full])

    with pytest.raises(psycopg.Error, match="the namespace has") as too_many:
        ask(acme, "accept_tick", tick())

    assert too_many.value.sqlstate == "PN429"
    acme.execute("rollback")
    with psycopg.connect(beta.dsn, autocommit=True, row_factory=dict_row) as connection:
        theirs = tick(definition_hash=THEIR_HASH, instance_uid="uid-beta", flow_uid="theirs")
        assert ask(connection, "accept_tick", theirs)[0]["decision"] is None
    assert await Database(pool).rows("select from executions where namespace = %(acme)s", acme="acme") == [{}, {}]


async def test_ticks_are_counted_by_the_minute(pool: Pool, acme: psycopg.Connection[Any], scene: Scene) -> None:
    """A minute that is over counts no more."""
    await Database(pool).count("insert into tick_counts values ('acme', now() - interval '1 minute', 1000)")

    ask(acme, "accept_tick", tick())
    ask(acme, "accept_tick", tick(scheduled_at=None))

    (row,) = await Database(pool).rows("select ticks from tick_counts")
    assert row["ticks"] in (1, 2)


async def test_a_role_of_no_namespace_calls_nothing(pool: Pool, acme: psycopg.Connection[Any], scene: Scene) -> None:
    """A role that the operator has untied is told so by every function."""
    await Database(pool).count("delete from tenants where namespace = 'acme'")
    values = {**finish(scene.mine), **tick(), "holder": "pod"}

    for call in (*OF_ONE, "accept_tick"):
        assert await refused(pool, acme, call, values, state="PN403"), call


def functions(connection: psycopg.Connection[Any]) -> Iterator[dict[str, Any]]:
    yield from connection.execute(
        "select p.proname::text as name, p.prosrc as source, p.prosecdef as definer, p.proconfig as settings from pg_proc p"
        " where p.pronamespace = 'public'::regnamespace and left(p.proname, 7) = 'runner_'"
    )


def test_no_setting_of_a_session_reaches_into_a_function(acme: psycopg.Connection[Any]) -> None:
    """Names are looked up in our schema first and in a session's own last; no literal is read in two ways."""
    found = list(functions(acme))

    assert len(found) == 9
    for each in found:
        assert "\\" not in each["source"], each["name"]
        if each["definer"]:
            assert "search_path=public, pg_temp" in each["settings"], each["name"]
