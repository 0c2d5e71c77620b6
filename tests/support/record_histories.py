"""Records executions of this release: `PYTHONPATH=tests/support python -m record_histories 0.1` writes that folder.

Each scenario runs once, by today's engine, and every write goes to a real database at once. After each write the
execution is claimed anew, which tells what a replacement would be handed; what a replacement makes of that is then
tried in memory. Once a release is out its folder is never written again.
"""

import asyncio
import base64
import json
import sys
import textwrap
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from executions import acceptance, flow_identity
from histories import BYTES, PLACE, TIMES, Ending, Erp, Key, Recording, Row, resume, run
from penstock_core import codec
from penstock_core.store.connection.pool import open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.model import Claim, RecordedStep, StepRecord
from penstock_core.store.executions.running import Running, connect
from penstock_runner.errors import Interrupted, Reason
from postgres import server

URL = "https://erp.example"
AGAIN = {"attempts": 3, "delay": "1ms"}
ITEMS = {"items": "${config.items}"}
_OMITTED = ("withheld", "code", "failed_step", "calls", "without", "otherwise")
"""Of a loss, what is left out where it is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One execution to be recorded; `lost` are numbers of writes behind which its runner is lost while it is recorded."""

    name: str
    about: str
    steps: Sequence[Mapping[str, Any]]
    config: Mapping[str, Any] = field(default_factory=dict)
    trigger: Mapping[str, Any] = field(default_factory=dict)
    connections: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answers: Mapping[str, Sequence[Mapping[str, int]]] = field(default_factory=dict)
    is_parallel: bool = False
    lost: tuple[int, ...] = ()

    def definition(self) -> dict[str, Any]:
        """What the compiler makes of it."""
        return {
            "schema": 1,
            "flow": {"name": "importOrder", "urls": {}},
            "instance": {
                "name": "acme-orders",
                "namespace": "acme",
                "customer": {"id": "acme", "name": "ACME"},
                "labels": {"tier": "gold"},
            },
            "integration": {"name": "orders-to-erp", "version": "1.4.0"},
            "config": self.config,
            "connections": self.connections,
            "timeoutMs": 60_000,
            "steps": list(self.steps),
        }


def _set(name: str, value: Any, **members: Any) -> dict[str, Any]:
    return {"name": name, "set": {"value": value}, **members}


def _post(name: str, path: str, /, **members: Any) -> dict[str, Any]:
    return {"name": name, "http": {"url": f"{URL}{path}", "method": "POST", "json": {"n": 1}}, **members}


def _check(name: str, *that: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "check": {"that": list(that)}, **members}


def _loop(
    name: str, *steps: Mapping[str, Any], given: Mapping[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    return {"name": name, "forEach": {**ITEMS, **(given or {}), "steps": list(steps)}, **members}


def _branch(name: str, *cases: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    return {"name": name, "branch": list(cases), **members}


def _python(name: str, code: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "python": {"code": textwrap.dedent(code)}, **members}


FAILS = {"POST /fails": [{"status": 503}], "POST /flaky": [{"status": 503}, {"status": 503}, {}]}
SCENARIOS = (
    Scenario(
        name="pure",
        about="Steps without effect, which are recorded behind the flow: set, check, a skipped one, extract and assert.",
        steps=[
            _set("order", "${trigger.body}", extract={"ids": "$.lines[*].id"}),
            _check("valid", "size(steps.order.output.lines) == 2", 'steps.order.extracted.ids[0] == "a"'),
            _set("rush", 1, **{"if": "steps.order.output.rush"}),
            _set("total", "${steps.order.output.lines.map(line, line.n)}", **{"assert": ["output == [1, 2]"]}),
            _set("seen", "${[steps.rush.status, steps.order.extracted, steps.total.output]}"),
        ],
        trigger={
            "rawBody": b'{"rush": false, "lines": [{"id": "a", "n": 1}, {"id": "b", "n": 2}]}',
            "contentType": "application/json", "headers": {}, "query": {}, "method": "POST", "path": "",
        },
    ),
    Scenario(
        name="requests",
        about="Requests one after the other, with a connection whose key is echoed and masked.",
        steps=[
            {"name": "read", "http": {"url": f"{URL}/orders", "connection": "erp"}, "extract": {"asked": "$.body.asked"}},
            _post("write", "/orders", **{"assert": ["output.status == 200", "output.body.asked != ''"]}),
            _set("seen", "${[steps.read.output.body.key, steps.read.extracted.asked, steps.write.output.status]}"),
            _post("last", "/last"),
        ],
        connections={"erp": {"type": "apiKey", "header": "X-Api-Key"}},
        fields={"erp": {"key": "canary-key"}},
    ),
    Scenario(
        name="retry",
        about="A request that fails twice and passes at its third attempt: a retry is pending after each failure.",
        steps=[
            _post("flaky", "/flaky", retry={**AGAIN, "when": "error.status >= 500"}),
            _set("seen", "${[steps.flaky.attempts, steps.flaky.output.status]}"),
        ],
        answers=FAILS,
    ),
    Scenario(
        name="retry-unrecorded",
        about="The same with nothing recorded but the numbers and texts of the error, by which the retry decides.",
        steps=[
            _post("flaky", "/flaky", retry={**AGAIN, "when": "error.status >= 500"}, record="none"),
            _post("fails", "/fails", retry={**AGAIN, "when": "error.status == 429"}, record="metadata", onError="continue"),
            _set("seen", "${[steps.fails.error.code, steps.fails.error.status]}"),
        ],
        answers=FAILS,
    ),
    Scenario(
        name="retry-exhausted",
        about="Attempts that all fail end the execution.",
        steps=[_set("first", 1), _post("fails", "/fails", retry={"attempts": 2, "delay": "1ms"}), _post("never", "/never")],
        answers=FAILS,
    ),
    Scenario(
        name="continue",
        about="Failures with onError continue, whose errors and their details later steps read.",
        steps=[
            _check("checked", "1 > 2", "true", "size('a') == 2", onError="continue"),
            _post("refused", "/fails", onError="continue"),
            _set("asserted", 7, **{"assert": ["output == 8"]}, onError="continue"),
            _set("undecided", 1, **{"if": "trigger.body.x > 1"}, onError="continue", retry=AGAIN),
            _set("seen", {
                name: f"${{[steps.{name}.status, steps.{name}.error.code, steps.{name}.error.details]}}"
                for name in ("checked", "refused", "asserted", "undecided")
            }),
            _set("answer", "${steps.refused.output.body}"),
        ],
        trigger={"rawBody": b"{", "contentType": "application/json"},
        answers=FAILS,
    ),
    Scenario(
        name="loop",
        about="A loop of requests, then another step: what its items gave is not read any more once it has passed.",
        steps=[
            _loop("lines", _post("push", "/lines/${item}"), _set("kept", "${[index, steps.push.output.body.asked]}")),
            _set("seen", "${steps.lines.output}"),
            _post("last", "/last"),
        ],
        config={"items": ["a", "b", "c"]},
    ),
    Scenario(
        name="loop-parallel",
        about="A loop whose items run side by side.",
        steps=[
            _loop("lines", _post("push", "/lines/${item}"), _set("kept", "${item}"), given={"parallel": 2}),
            _set("seen", "${steps.lines.output}"),
        ],
        config={"items": [1, 2, 3, 4]},
        is_parallel=True,
    ),
    Scenario(
        name="loop-failing",
        about="A loop that goes on behind a failed item, and a flow that goes on behind the loop.",
        steps=[
            _loop("lines", _post("push", "/${item}"), _set("kept", "${item}"), given={"stopOnError": False}, onError="continue"),
            _set("seen", "${[steps.lines.output, steps.lines.error.details]}"),
        ],
        config={"items": ["one", "fails", "three"]},
        answers=FAILS,
    ),
    Scenario(
        name="loop-stopping",
        about="A loop that its first failed item ends, and with it the execution.",
        steps=[_loop("lines", _post("push", "/${item}")), _post("never", "/never")],
        config={"items": ["one", "fails", "three"]},
        answers=FAILS,
    ),
    Scenario(
        name="loop-retried",
        about="A loop that is tried again runs its failed item alone, whose own attempts begin anew.",
        steps=[
            _loop("lines", _post("push", "/${item}", retry={"attempts": 2, "delay": "1ms"}),
                  given={"stopOnError": False}, retry={"attempts": 2, "delay": "1ms"}),
            _set("seen", "${[steps.lines.attempts, size(steps.lines.output)]}"),
        ],
        config={"items": ["one", "flaky", "three"]},
        answers=FAILS,
    ),
    Scenario(
        name="loop-continuing-inside",
        about="Items that go on behind a failed step of theirs, in a loop that is tried again.",
        steps=[
            _loop("lines", _post("may", "/fails", onError="continue"), _post("must", "/${item}"),
                  given={"stopOnError": False}, retry={"attempts": 2, "delay": "1ms"}),
        ],
        config={"items": ["one", "once"]},
        answers={**FAILS, "POST /once": [{"status": 500}, {}]},
    ),
    Scenario(
        name="nested",
        about="A loop in a loop in a branch, with outer items read inside.",
        steps=[
            _branch("route", {"when": "false", "steps": []}, {"steps": [
                _loop("outer",
                      _loop("inner", _post("push", "/${item}"), _set("pair", "${[item, index]}"), given={"items": [1, 2]}),
                      _set("sum", "${size(steps.inner.output)}")),
            ]}),
            _set("seen", "${steps.route.output}"),
        ],
        config={"items": ["a", "b"]},
    ),
    Scenario(
        name="branches",
        about="A case that is taken, none that is, and one that fails with onError continue; its steps are seen outside.",
        steps=[
            _branch("taken", {"when": "false", "steps": [_post("not", "/not")]}, {"steps": [_post("in", "/in"), _set("b", 2)]}),
            _branch("untaken", {"when": "false", "steps": [_post("nor", "/nor")]}),
            _branch("failing", {"steps": [_set("c", 3), _post("d", "/fails"), _set("e", 5)]}, onError="continue"),
            _set("seen", "${[steps.b.output, steps.untaken.output, steps.c.output, steps.d.status, steps.failing.error.details]}"),
        ],
        answers=FAILS,
    ),
    Scenario(
        name="branch-retried",
        about="A branch that is tried again goes on with what failed in it.",
        steps=[
            _branch("route", {"steps": [_post("a", "/a"), _post("b", "/flaky"), _set("c", "${steps.a.output.status}")]}, retry=AGAIN),
            _set("seen", "${[steps.route.output, steps.route.attempts]}"),
        ],
        answers=FAILS,
    ),
    Scenario(
        name="stop-passed",
        about="A stop in a branch of a loop ends the execution as passed; steps behind it never run.",
        steps=[
            _loop("lines", _post("push", "/lines/${item}"), _branch("enough", {"when": "item == 2", "steps": [
                {"name": "end", "stop": {"status": "passed", "message": "enough: ${item}"}},
            ]})),
            _post("never", "/never"),
        ],
        config={"items": [1, 2, 3]},
    ),
    Scenario(
        name="stop-failed-unrecorded",
        about="A stop of which nothing is recorded ends the execution as failed, also where a replacement finds it.",
        steps=[
            _set("first", 1),
            {"name": "skipped", "if": "false", "stop": {"status": "failed"}},
            {"name": "end", "stop": {"status": "failed", "message": "no"}, "record": "none"},
            _post("never", "/never"),
        ],
    ),
    Scenario(
        name="unrecorded",
        about="Results of which the size or nothing is recorded are null to a replacement.",
        steps=[
            _set("sized", {"a": 1}, record="metadata"),
            _post("silent", "/silent", record="none", extract={"asked": "$.body.asked"}),
            _set("seen", "${[steps.sized.output, steps.silent.status, steps.silent.extracted]}"),
            _post("last", "/last"),
        ],
    ),
    Scenario(
        name="cut",
        about="A result that is larger than what is kept: a replacement that has to read it ends the execution.",
        steps=[
            {"name": "big", "http": {"url": f"{URL}/big", "maxResponseBytes": 20_000_000}},
            _set("told", "${steps.big.status}"),
            _post("sent", "/sent"),
            _set("read", "${size(steps.big.output.body)}", onError="continue"),
            _post("last", "/last"),
        ],
        answers={"GET /big": [{"size": 17_000_000}]},
    ),
    Scenario(
        name="sleep",
        about="A sleep whose end is recorded with its start, and one that its timeout ends.",
        steps=[
            _set("first", 1),
            {"name": "nap", "sleep": {"for": "20ms"}},
            {"name": "past", "sleep": {"until": "2026-03-02T12:00:00Z"}},
            {"name": "long", "sleep": {"until": "2999-01-01T00:00:00Z"}, "timeout": "10ms", "onError": "continue",
             "retry": {"attempts": 2, "delay": "1ms"}},
            _set("seen", "${[steps.past.output, steps.long.error.code]}"),
        ],
    ),
    Scenario(
        name="python",
        about="Code whose results have the types that only Python has, and code that raises.",
        steps=[
            _python("typed", """
                from datetime import datetime, timedelta, timezone
                from decimal import Decimal
                from uuid import UUID

                def run(context):
                    return {
                        "total": Decimal("12.30"), "at": datetime(2026, 3, 2, 12, tzinfo=timezone.utc), "raw": b"\\x00\\xff",
                        "tags": {"new"}, "took": timedelta(seconds=1.5), "large": 2**70, "id": UUID(int=7),
                        "rows": ["a row that is compressed"] * 500, "keys": {1: "one", None: "none"},
                    }
                """),
            _python("raises", """
                def run(context):
                    raise ValueError("no " + str(len(context.steps["typed"]["output"]["rows"])))
                """, onError="continue"),
            _set("seen", "${[size(steps.typed.output.rows), steps.raises.error.code, steps.raises.error.details]}"),
            _python("reads", """
                def run(context):
                    typed = context.steps["typed"]["output"]
                    return [type(typed[name]).__name__ for name in ("total", "at", "raw", "tags", "took", "large", "id")]
                """),
        ],
    ),
    Scenario(
        name="lost-twice",
        about="An execution whose runner was lost in a request, and whose replacement was lost in the next.",
        steps=[
            _set("first", 1),
            _loop("lines", _post("push", "/lines/${item}", retry=AGAIN), _set("kept", "${steps.push.attempts}")),
            _set("seen", "${steps.lines.output}"),
            _post("last", "/last"),
        ],
        config={"items": ["a", "b"]},
        lost=(3, 7),
    ),
)  # fmt: skip


class Store:
    """A recorder whose writes are in the database when they return, one by one, with what a claim hands over after each."""

    def __init__(self, dsn: str, execution: UUID, erp: Erp, *, lost: Iterable[int]) -> None:
        self._running = Running(lambda: connect(dsn), "acme")
        self._connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        self._execution = execution
        self._erp = erp
        self._lost = set(lost)
        self._seen = 0
        self._lock = threading.Lock()
        self.rows: list[Row] = []
        self.calls: list[list[str]] = []
        self.handed: list[tuple[RecordedStep, ...]] = []
        self.claim = self.claimed()

    def claimed(self) -> Claim:
        """Claim the execution, as the pod that has it may again."""
        claim = self._running.claim(self._execution, holder="pod")
        assert isinstance(claim, Claim)
        self.handed.append(claim.steps)
        self.claim = claim
        return claim

    def behind(self, record: StepRecord) -> None:
        """Write it, or be lost."""
        with self._lock:
            if len(self.rows) in self._lost:
                self._lost.remove(len(self.rows))
                raise Interrupted(Reason.LOST)
            self._running.record(self._execution, epoch=self.claim.epoch, steps=[record])
            self.rows.append(self._row(record))
            self.calls.append(self.new_calls())
            self.claimed()

    durable = behind

    def log(self, **_: Any) -> None:
        """Nothing goes on by what was logged."""

    def new_calls(self) -> list[str]:
        """Requests that were made since the last write."""
        new, self._seen = self._erp.calls[self._seen :], len(self._erp.calls)
        return new

    def close(self) -> None:
        self._running.close()
        self._connection.close()

    def _row(self, record: StepRecord) -> Row:
        """As the table has it, without columns that hold their default."""
        query = "select * from step_results where execution_id = %s and path = %s and attempt = %s"
        found = self._connection.execute(query, (self._execution, record.path, record.attempt)).fetchone()
        assert found is not None
        given = {name: value for name, value in found.items() if name not in ("execution_id", "namespace")}
        return {name: value for name, value in given.items() if value not in (None, 0, [], False)}


async def _accepted(dsn: str, scenario: Scenario) -> UUID:
    item = acceptance(flow_identity(definition_hash=scenario.name), payload=codec.pack(scenario.trigger).data)
    pool = await open_pool(dsn, name="record")
    try:
        store = Acceptances(pool)
        packed = codec.pack(scenario.definition()).data
        await store.ensure_definition(namespace="acme", hash=scenario.name, packed=packed)
        await store.accept([item])
    finally:
        await pool.close()
    return item.id


def record(dsn: str, scenario: Scenario) -> Recording:
    """Run a scenario, and try what a replacement makes of it from each of its writes on."""
    execution = asyncio.run(_accepted(dsn, scenario))
    erp = Erp(scenario.answers)
    store = Store(dsn, execution, erp, lost=scenario.lost)
    recording = _recording(scenario, store)
    try:
        recorded: tuple[RecordedStep, ...] = ()
        while True:
            try:
                run(recording, erp=erp, recorder=store, execution=execution, recorded=recorded)
            except Interrupted:
                recorded = store.claim.steps
            else:
                break
    finally:
        store.close()
    return _tried(_recording(scenario, store))


def _recording(scenario: Scenario, store: Store) -> Recording:
    rows = [store.rows[:number] for number in range(len(store.rows) + 1)]
    return Recording(
        name=scenario.name,
        definition=store.claim.definition,
        payload=store.claim.payload,
        shown={"config": scenario.config, "connections": scenario.connections, "steps": scenario.steps},
        fields=scenario.fields,
        answers=scenario.answers,
        is_parallel=scenario.is_parallel,
        writes=store.rows,
        calls=[*store.calls, store.new_calls()],
        withheld=[_withheld(before, handed) for before, handed in zip(rows, store.handed, strict=True)],
        endings=[],
    )


def _withheld(rows: Sequence[Row], handed: Sequence[RecordedStep]) -> frozenset[Key]:
    """The attempts whose values the store keeps to itself."""
    given = {(row["path"], row["attempt"]): row.get("output") or row.get("extracted") for row in rows}
    return frozenset(
        (step.path, step.attempt)
        for step in handed
        if given[step.path, step.attempt] is not None and step.output is None and step.extracted is None
    )


def _tried(recording: Recording) -> Recording:
    values = {name: getattr(recording, name) for name in Recording.__slots__}
    return Recording(**{**values, "endings": [resume(history) for history in recording.histories()]})


def text(recording: Recording, *, about: str) -> str:
    """A recording's file: JSON in YAML, one line for each write and each loss, and in comments what the bytes say."""
    last = recording.endings[-1]
    lines = [
        f"about: {_json(about)}",
        f"definition: {_base64(recording.definition)}",
        f"payload: {_base64(recording.payload)}",
        "shown:  # the definition, for people",
        f"  config: {_json(recording.shown['config'])}",
        f"  connections: {_json(recording.shown['connections'])}",
        "  steps:",
        *(f"  - {_json(step)}" for step in recording.shown["steps"]),
        f"fields: {_json(recording.fields)}",
        f"answers: {_json(recording.answers)}",
        f"is_parallel: {_json(recording.is_parallel)}",
        "writes:  # rows as they were after each write, and the requests before it",
        *_writes(recording),
        f"calls_behind: {_json(recording.calls[-1])}",
        "final:  # what each step came to where no runner was lost any more",
        *(f"  {_json(path)}: {_came_to(recording, path)}" for path in last.final),
        "lost:  # after so many writes: what a replacement was not handed, and what it made of it",
        *(_lost(number, ending, recording) for number, ending in enumerate(recording.endings)),
    ]
    return "\n".join(lines) + "\n"


def _writes(recording: Recording) -> Iterable[str]:
    for row, calls in zip(recording.writes, recording.calls, strict=False):
        yield f"- {_json({'row': {name: _column(name, value) for name, value in row.items()}, 'calls': calls})}"
        yield from (f"  # {name}: {_readable(row[name])}" for name in BYTES if name in row)


def _column(name: str, value: Any) -> Any:
    if name in BYTES:
        return _base64(value)
    return value.isoformat() if name in TIMES else value


def _lost(number: int, ending: Ending, recording: Recording) -> str:
    common = recording.endings[-1].final
    otherwise = {path: came for path, came in ending.final.items() if path not in common or common[path] != came}
    members = {
        "after": number,
        "withheld": sorted(recording.withheld[number]),
        "state": ending.state,
        "code": ending.code,
        "failed_step": ending.failed_step,
        "steps_total": ending.steps_total,
        "steps_failed": ending.steps_failed,
        "writes": ending.writes,
        "calls": ending.calls,
        "without": sorted(set(common) - set(ending.final)),
        "otherwise": {path: _packed(status, output) for path, (status, output) in otherwise.items()},
    }
    return f"- {_json({name: value for name, value in members.items() if name not in _OMITTED or value})}"


def _came_to(recording: Recording, path: str) -> str:
    status, output = recording.endings[-1].final[path]
    return f"{_json(_packed(status, output))}  # {_shortened(output)}"


def _packed(status: str, output: Any) -> dict[str, Any]:
    return {"status": status} if output is None else {"status": status, "output": _base64(codec.pack(output).data)}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _readable(data: bytes) -> str:
    return _shortened(codec.unpack(data))


def _shortened(value: Any) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 160 else f"{shown[:160]}…"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main(release: str) -> None:
    """Record all scenarios."""
    folder: Path = PLACE / release
    folder.mkdir(parents=True, exist_ok=True)
    with server() as running, running.database() as dsn:
        for scenario in SCENARIOS:
            made = record(dsn, scenario)
            (folder / f"{scenario.name}.yaml").write_text(text(made, about=scenario.about))
            print(scenario.name, len(made.writes), made.endings[-1].state, made.endings[-1].code)


if __name__ == "__main__":
    main(sys.argv[1])
