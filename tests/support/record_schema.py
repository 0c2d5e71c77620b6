"""Records this release's database: `PYTHONPATH=tests/support python -m record_schema 0.1` writes the dump of that name.

Once a release is out its dump is never written again: what later migrations have to carry over is what was there.
Every row is made by the store's own classes and by runners; afterwards the times are moved to fixed days.
"""

import asyncio
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dumps import DAY, DAYS_AHEAD, NAMESPACES, PLACE, PREFIX, ensure_roles, identifier
from penstock_core import codec, names, uuid7
from penstock_core.executions.states import ExecutionState, StepStatus, Trigger
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.cancelling import Cancelling
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import (
    Acceptance,
    Claim,
    FlowIdentity,
    IdempotencyKey,
    LogRecord,
    Outcome,
    Skipped,
    StepRecord,
    Tick,
)
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.schema.migrate import migrate
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror, StoredDefinition
from postgres import BINARIES, server
from roles import uid

NEVER = datetime(2099, 1, 1, tzinfo=UTC)
"""When a lease, a key and a delay end that are to last in every test."""
FAR = DAY + timedelta(days=60)
"""A day without a partition."""
FLOWS = {
    "importOrder": "11111111-0000-4000-8000-000000000001",
    "syncStock": "11111111-0000-4000-8000-000000000002",
    "nightly": "11111111-0000-4000-8000-000000000003",
    "audit": "11111111-0000-4000-8000-000000000004",
}
INSTANCE_UID = "22222222-0000-4000-8000-000000000001"

CODE = """
from datetime import datetime, timedelta, timezone
from decimal import Decimal

def run(context):
    context.log.info("priced", lines=3, currency="EUR")
    context.log.warn("one line has no price")
    return {
        "total": Decimal("12.30"),
        "at": datetime(2026, 3, 2, 12, tzinfo=timezone.utc),
        "raw": bytes(range(8)),
        "tags": {"new"},
        "took": timedelta(seconds=1.5),
        "large": 2**70,
        "rows": [{"id": f"row {number}", "name": "Größe"} for number in range(300)],
    }
"""
ORDER = {"id": "A-1", "lines": [{"sku": "x", "n": 1}, {"sku": "y", "n": 0}, {"sku": "z", "n": 3}]}
WHOLE: list[dict[str, Any]] = [
    {"name": "order", "set": {"value": "${config.order}"}, "extract": {"lines": "$.lines[*].sku"}},
    {"name": "valid", "check": {"that": ["size(config.order.lines) == 3"]}, "assert": ["output.size() == 1"]},
    {"name": "price", "python": {"code": CODE, "input": {"order": "${config.order}"}}},
    {"name": "rush", "if": "config.order.id == 'none'", "set": {"value": 1}},
    {"name": "route", "branch": [
        {"when": "config.order.id == 'A-1'", "steps": [{"name": "inside", "set": {"value": "first"}}]},
        {"steps": [{"name": "otherwise", "set": {"value": "second"}}]},
    ]},
    {"name": "lines", "forEach": {"items": "${config.order.lines}", "steps": [
        {"name": "push", "set": {"value": {"sku": "${item.sku}", "n": "${item.n}"}}},
        {"name": "parts", "forEach": {"items": [1, 2], "steps": [{"name": "part", "set": {"value": "${item}"}}]}},
    ]}},
    {"name": "pause", "sleep": {"for": "1ms"}},
    {"name": "sized", "set": {"value": "only my size is kept"}, "record": "metadata"},
    {"name": "silent", "set": {"value": "nothing of me is kept"}, "record": "none"},
]  # fmt: skip
RETRIED: list[dict[str, Any]] = [
    {"name": "order", "set": {"value": "${config.order}"}},
    {
        "name": "valid",
        "check": {"that": ["config.order.id == 'B-2'", "size(config.order.lines) > 5"]},
        "retry": {"attempts": 2, "delay": "1ms"},
    },
]
ERRORS: list[dict[str, Any]] = [
    {"name": "lines", "onError": "continue", "forEach": {
        "items": "${config.order.lines}", "stopOnError": False,
        "steps": [{"name": "push", "check": {"that": ["item.n > 0"]}}],
    }},
    {"name": "told", "set": {"value": "${steps.lines.error.message}"}},
]  # fmt: skip
SLOW: list[dict[str, Any]] = [{"name": "nap", "sleep": {"for": "60s"}}]


def definition(*steps: Mapping[str, Any], flow: str, timeout_ms: int = 60_000) -> dict[str, Any]:
    """What the compiler makes of a flow."""
    return {
        "schema": 1,
        "flow": {"name": flow, "urls": {"importOrder": "https://hooks.example/hooks/acme/acme-orders/importOrder"}},
        "instance": {
            "name": "acme-orders",
            "namespace": "acme",
            "customer": {"id": "acme", "name": "ACME GmbH"},
            "labels": {"tier": "gold"},
        },
        "integration": {"name": "orders-to-erp", "version": "1.4.0"},
        "config": {"order": ORDER},
        "connections": {},
        "timeoutMs": timeout_ms,
        "steps": list(steps),
    }


def identity(flow: str = "importOrder", *, namespace: str = "acme", hash: str = "") -> FlowIdentity:  # noqa: A002
    """A flow of an instance of that namespace."""
    return FlowIdentity(
        namespace=namespace,
        instance=f"{namespace}-orders",
        instance_uid=INSTANCE_UID if namespace == "acme" else "22222222-0000-4000-8000-000000000002",
        flow=flow,
        flow_uid=FLOWS[flow] if namespace == "acme" else f"{namespace}-{flow}",
        integration="orders-to-erp",
        version="1.4.0" if namespace == "acme" else "1.5.0-rc.1",
        definition_hash=hash,
        customer_id="acme" if namespace == "acme" else None,
        customer_name="ACME GmbH" if namespace == "acme" else None,
    )


def payload(number: int) -> bytes:
    """Trigger data as the gateway stores it."""
    data = {
        "headers": {"content-type": "application/json", "x-number": str(number)},
        "query": {"a": "1", "b": ["2", "3"]},
        "path": f"orders/{number}",
        "method": "POST",
        "contentType": "application/json",
        "rawBody": b'{"id": "A-%d", "name": "Gr\xc3\xb6\xc3\x9fe"}' % number,
        "startedAt": "2026-03-02T12:00:00.000Z",
    }
    return codec.pack(data).data


class Seed:
    """One database while it is filled."""

    def __init__(self, dsn: str, pool: Pool) -> None:
        self._dsn = dsn
        self._accepting = Acceptances(pool)
        self._tenancy = Tenancy(pool, dsn=dsn, prefix=PREFIX)
        self._dispatch, self._cancelling = Dispatch(pool), Cancelling(pool)
        self._schedules = Schedules(pool)
        self._runners: dict[str, str] = {}

    async def fill(self) -> None:
        """Every table and every state."""
        self._runners = await ensure_roles(self._tenancy)
        await self._mirror()
        await self._run_whole()
        await self._end_early()
        await self._odd_values()
        await self._schedule()
        await self._live()
        await self._elsewhere()

    async def _accept(self, number: int, *steps: Mapping[str, Any], at: datetime = DAY, **changes: Any) -> UUID:
        """An execution of these steps."""
        flow = changes.pop("flow", "importOrder")
        namespace = changes.pop("namespace", "acme")
        packed = codec.pack(definition(*steps, flow=flow, timeout_ms=changes.pop("timeout_ms", 60_000))).data
        digest = hashlib.sha256(packed).hexdigest()
        defined = identity(flow, namespace=namespace, hash=digest)
        kept = StoredDefinition(hash=digest, packed=packed, instance_uid=defined.instance_uid)
        await self._tenancy.keep_definitions(namespace, [kept])
        values: dict[str, Any] = {
            "id": identifier(number, at=at),
            "flow": defined,
            "trigger": Trigger.WEBHOOK,
            "payload": payload(number),
            "requested_by": "webhook",
        }
        await self._accepting.accept([Acceptance(**{**values, **changes})])
        return identifier(number, at=at)

    async def _mirror(self) -> None:
        for namespace, labels, paused in (("acme", {"tier": "gold"}, False), ("globex", {}, True)):
            flow = identity(namespace=namespace)
            mirror = InstanceMirror(
                namespace=namespace,
                uid=flow.instance_uid,
                name=flow.instance,
                integration=flow.integration,
                version=flow.version if namespace == "acme" else None,
                customer_id=flow.customer_id,
                customer_name=flow.customer_name,
                labels=labels,
                paused=paused,
                ready=not paused,
            )
            await self._tenancy.mirror_instances([mirror])

    async def _run_whole(self) -> None:
        """Those that runners ran from their start to their end."""
        self._run(await self._accept(1, *WHOLE, idempotency=_key("idempotency-key", "order-1", b'{"a":1}')))
        self._run(await self._accept(2, *RETRIED, idempotency=_key("webhook-id", "msg_2", b"{}")))
        self._run(await self._accept(3, *ERRORS, warnings=("body: one character was replaced",)))
        self._run(await self._accept(4, *SLOW, timeout_ms=300))

    async def _end_early(self) -> None:
        """Those that somebody else ended: before they began, and in the middle."""
        key = _key("deduplicate-by", "A-5", b"{}")
        await self._cancelling.cancel(
            await self._accept(5, *SLOW, flow="audit", idempotency=key), namespace="acme", requester="anna"
        )
        for number, state, code, cause in (
            (6, ExecutionState.CANCELLED, "cancelled", "cancelled on request"),
            (7, ExecutionState.FAILED, "node_lost", "the node worker-1 was lost with the runner's pod pex-7"),
        ):
            execution = await self._accept(number, *WHOLE)
            with self._claimed(execution) as (running, claim):
                running.record(execution, epoch=claim.epoch, steps=_begun(), logs=_lines())
                await self._dispatch.replaced(execution, namespace="acme", job_attempt=2, epoch=claim.epoch)
            await self._dispatch.end(execution, state, namespace="acme", cause=cause, code=code)

    async def _odd_values(self) -> None:
        """What was cut, is damaged, nested too deep or too much to be searched."""
        execution = await self._accept(8, *WHOLE, flow="syncStock")
        deep: Any = "the ground"
        for _ in range(260):
            deep = [deep]
        cut = codec.pack([f"row {number}" for number in range(1000)], limit=2000)
        values = {
            "cut": cut.data,
            "damaged": b"\x02nonsense",
            "deep": codec.pack(deep).data,
            "huge": codec.pack([{}] * 12_000_000).data,
            "keys": codec.pack({"a b": {1: "one", None: "none"}, 'say "x"': [1.5, float("nan")]}).data,
        }
        with self._claimed(execution) as (running, claim):
            for place, (name, data) in enumerate(values.items()):
                step = _step(name, place, StepStatus.PASSED, output=data, output_size=len(data))
                if name == "damaged":
                    step = step._replace(extracted=data, assertions=data)
                if name == "cut":
                    step = step._replace(truncated=True, warnings=cut.warnings)
                running.record(execution, epoch=claim.epoch, steps=[step])
            running.finish(
                execution,
                epoch=claim.epoch,
                outcome=Outcome(state=ExecutionState.PASSED, steps_total=5, warnings=("output: cut",)),
            )

    async def _schedule(self) -> None:
        """Ticks that ran, were skipped, wait and never came; pauses that lasted and last."""
        flow = identity("nightly", hash=self._hash_of(RETRIED, "nightly"))
        packed = codec.pack(definition(*RETRIED, flow="nightly")).data
        kept = StoredDefinition(hash=flow.definition_hash, packed=packed, instance_uid=INSTANCE_UID)
        await self._tenancy.keep_definitions("acme", [kept])
        with closing(Running(lambda: connect(self._runners["acme"]), "acme")) as running:
            ran = running.accept_tick(_tick(10, flow), holder="pod-10")
            assert isinstance(ran, Claim)
            skipped = running.accept_tick(_tick(11, flow), holder="pod-11")
            assert isinstance(skipped, Skipped)
            outcome = Outcome(state=ExecutionState.PASSED)
            running.finish(ran.id, epoch=ran.epoch, outcome=outcome)
            manual = running.accept_tick(_tick(12, flow, scheduled=False), holder="pod-12")
            assert isinstance(manual, Claim)
            running.finish(manual.id, epoch=manual.epoch, outcome=outcome)
        for number, answer in ((10, ran), (11, skipped), (12, manual)):
            self._number(answer.id, number)
        begin = DAY - timedelta(hours=6)
        await self._schedules.pause(namespace="acme", flow_uid=flow.flow_uid, at=begin)
        await self._schedules.unpause(namespace="acme", flow_uid=flow.flow_uid, at=begin + timedelta(hours=1))
        await self._schedules.pause(namespace="acme", flow_uid=FLOWS["syncStock"], at=begin)
        with mock.patch.object(uuid7, "new", return_value=identifier(13)):
            await self._schedules.record_missed(flow, [DAY + timedelta(minutes=13)])

    async def _live(self) -> None:
        """Those that have not ended: one that nobody runs any more, one that is run, and those that wait."""
        for number in (20, 21, 22):
            execution = await self._accept(number, *WHOLE)
            with self._claimed(execution) as (running, claim):
                running.record(execution, epoch=claim.epoch, steps=_begun(), logs=_lines())
        await self._cancelling.cancel(identifier(22), namespace="acme", requester="anna")
        await self._accept(23, *WHOLE)
        for number in (24, 25, 26):
            await self._accept(number, *WHOLE, flow="audit", limit=1)
        await self._accept(27, *WHOLE, flow="syncStock", start=False)

    async def _elsewhere(self) -> None:
        """Another namespace, other days, and a day that has no partition."""
        self._run(await self._accept(30, *ERRORS, namespace="globex"), namespace="globex")
        await self._accept(31, *WHOLE, namespace="globex", flow="audit", start=False)
        yesterday = DAY - timedelta(days=1)
        self._run(await self._accept(40, *RETRIED, at=yesterday))
        self._run(await self._accept(41, *WHOLE, at=DAY + timedelta(days=1)))
        self._run(await self._accept(42, *WHOLE, at=FAR, trigger=Trigger.MANUAL, requested_by="kubectl"))

    def _number(self, execution: UUID, number: int) -> None:
        """Gives a tick its place among the dump's executions: a runner's may not lie months back."""
        with psycopg.connect(self._dsn) as connection:
            for table, column in (
                ("executions", "id"),
                ("execution_payloads", "execution_id"),
                ("idempotency_keys", "execution_id"),
                ("ended_executions", "id"),
            ):
                connection.execute(
                    f"update {table} set {column} = %s where {column} = %s".encode(), (identifier(number), execution)
                )

    def _hash_of(self, steps: Sequence[Mapping[str, Any]], flow: str) -> str:
        return hashlib.sha256(codec.pack(definition(*steps, flow=flow)).data).hexdigest()

    def _claimed(self, execution: UUID) -> "_Claimed":
        return _Claimed(self._runners["acme"], execution)

    def _run(self, execution: UUID, *, namespace: str = "acme") -> None:
        """A runner from its start to its end."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_")}
        given = {
            names.ENV_DSN: self._runners[namespace],
            names.ENV_NAMESPACE: namespace,
            names.ENV_POD: f"pex-{execution}",
            names.ENV_EXECUTION: str(execution),
        }
        subprocess.run([sys.executable, "-m", "penstock_runner"], env={**clean, **given}, check=True)


class _Claimed:
    """A claim by hand: the runner's side of the store while the block lasts."""

    def __init__(self, dsn: str, execution: UUID) -> None:
        self._running = Running(lambda: connect(dsn), "acme")
        self._execution = execution

    def __enter__(self) -> tuple[Running, Claim]:
        claim = self._running.claim(self._execution, holder=f"pex-{self._execution}")
        assert isinstance(claim, Claim)
        return self._running, claim

    def __exit__(self, *_: object) -> None:
        self._running.close()


def _key(kind: Any, key: str, body: bytes) -> IdempotencyKey:
    return IdempotencyKey(kind=kind, key=key, body_sha256=hashlib.sha256(body).digest())


def _tick(number: int, flow: FlowIdentity, *, scheduled: bool = True) -> Tick:
    due = DAY + timedelta(minutes=number)
    return Tick(
        id=uuid7.new(),
        flow=flow,
        scheduled_at=due if scheduled else None,
        skip_overlap=True,
        limit=None,
        payload=payload(number),
        requested_by="schedule" if scheduled else "kubectl",
    )


def _step(path: str, second: int, status: StepStatus, **members: Any) -> StepRecord:
    began = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=second)
    ended = None if status is StepStatus.RUNNING else began + timedelta(milliseconds=7)
    duration = None if ended is None else 7
    values: dict[str, Any] = {"attempt": 1, "action": "set", **members}
    return StepRecord(path=path, status=status, started_at=began, ended_at=ended, duration_ms=duration, **values)


def _begun() -> list[StepRecord]:
    """What a runner has recorded when it is lost in the third step: a loop, in its second item."""
    order, failed = codec.pack(ORDER), codec.pack({"status": 503})
    details = codec.pack({"status": 503})
    sent = codec.pack({"url": "https://erp.example/orders", "method": "POST"})
    report = [{"expression": "output.status == 200", "passed": False, "left": 503, "op": "==", "right": 200}]
    refused = {"action": "http", "input": sent.data, "input_size": sent.size, "error_code": "http_status"}
    refused |= {"output": failed.data, "output_size": failed.size, "error_details": details.data}
    refused |= {"error_message": "POST https://erp.example/orders answered 503", "warnings": ("body: cut", "two")}
    return [
        _step("order", 0, StepStatus.PASSED, output=order.data, output_size=order.size, extracted=order.data),
        _step("send", 1, StepStatus.FAILED, **refused, assertions=codec.pack(report).data),
        _step("send", 2, StepStatus.PASSED, attempt=2, action="http", input=sent.data, output=order.data),
        _step("lines", 3, StepStatus.RUNNING, action="forEach", items_total=3),
        _step("lines/0/push", 4, StepStatus.PASSED, action="http", output=order.data, output_size=order.size),
        _step("lines/1/push", 5, StepStatus.RUNNING, action="http", input=sent.data, input_size=sent.size),
    ]


def _lines() -> list[LogRecord]:
    now = datetime.now(UTC)
    fields = codec.pack({"attempt": 1, "of": 3}).data
    return [
        LogRecord(sequence=1, at=now, severity="warn", message="attempt 1 of 3 failed", step="send", fields=fields),
        LogRecord(sequence=2, at=now, severity="info", message="sent"),
    ]


def _fix_times(connection: psycopg.Connection[Any]) -> None:
    """Each execution's times begin at that of its id; what has no execution gets a fixed time."""
    connection.execute("alter table executions disable trigger user")
    for statement in _shifts():
        connection.execute(statement)
    connection.execute("alter table executions enable trigger user")


def _shifts() -> Iterator[str]:
    made = "timestamptz '1970-01-01Z' + ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint * interval '1 ms'"
    yield f"create temporary table shift as select id, {made} - created_at as delta from executions"
    for table, key, columns in (
        ("executions", "id", ("created_at", "started_at", "ended_at")),
        ("step_results", "execution_id", ("started_at", "ended_at")),
        ("execution_logs", "execution_id", ("at",)),
        ("live_executions", "id", ("state_since", "lease_until", "cancel_at", "replaced_at")),
    ):
        moved = ", ".join(f"{column} = {table}.{column} + shift.delta" for column in columns)
        yield f"update {table} set {moved} from shift where shift.id = {table}.{key}"
    yield "drop table shift"
    yield f"update flow_definitions set created_at = '{DAY}'"
    yield f"update instances set updated_at = '{DAY}'"
    yield f"update schema_migrations set applied_at = '{DAY}'"
    yield f"update idempotency_keys set expires_at = '{DAY + timedelta(days=1)}'"
    yield f"update idempotency_keys set expires_at = '{NEVER}' where kind in ('idempotency-key', 'webhook-id')"
    yield f"update live_executions set lease_until = '{NEVER}' where id = '{identifier(21)}'"
    yield f"update live_executions set run_after = '{NEVER}' where id = '{identifier(26)}'"
    # columns that this release has and nothing in it writes yet
    yield f"update executions set replay_of = '{identifier(1)}' where id = '{identifier(41)}'"
    yield f"update executions set retry_of = '{identifier(40, at=DAY - timedelta(days=1))}' where id = '{identifier(2)}'"
    yield f"update execution_payloads set response = '\\x01c0' where execution_id = '{identifier(1)}'"


def _dump(dsn: str) -> str:
    """Plain SQL that a driver can run: the roles first, which belong to no database, and nothing that only psql knows."""
    given = conninfo_to_dict(dsn)
    address = ["-h", str(given["host"]), "-p", str(given["port"]), "-U", str(given["user"])]
    options = ["--no-owner", "--column-inserts", "--rows-per-insert=1000", "--dbname", str(given["dbname"])]
    made = subprocess.run(
        [str(BINARIES / "pg_dump"), *address, *options], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    plain = re.sub(r"^\\(?:un)?restrict .*\n", "", made, flags=re.MULTILINE)
    plain = re.sub(r"^--.*\n", "", plain, flags=re.MULTILINE)
    plain = re.sub(r"\n{3,}", "\n\n", plain).strip()
    return f"{_roles()}\n{plain}\n"


def _roles() -> str:
    logins = [
        f"{PREFIX}_gateway",
        *(names.database_role(PREFIX, namespace, uid=uid(namespace)) for namespace in NAMESPACES),
    ]
    group = f"{PREFIX}_callers"
    lines = [
        f"perform 1 from pg_roles where rolname = '{role}'; if not found then create role {role} nologin; end if;"
        for role in (group, f"{PREFIX}_interface")
    ]
    lines += [
        f"perform 1 from pg_roles where rolname = '{role}'; if not found then create role {role} login; end if;"
        for role in logins
    ]
    lines += [f"grant {group} to {role};" for role in logins[1:]]
    return "\n".join(["do $$ begin", *(f"    {line}" for line in lines), "end $$;", ""])


async def _fill(dsn: str) -> None:
    await migrate(dsn, DAY, days=DAYS_AHEAD)
    pool = await open_pool(dsn, name="seed")
    try:
        await Seed(dsn, pool).fill()
    finally:
        await pool.close()


def main(release: str) -> None:
    """Fill a database and write its dump."""
    with server() as running, running.database(template=None) as dsn:
        asyncio.run(_fill(dsn))
        with psycopg.connect(dsn) as connection:
            _fix_times(connection)
        (PLACE / f"{release}.sql").write_text(_dump(dsn))


if __name__ == "__main__":
    main(sys.argv[1])
