"""Recorded executions (`tests/histories`): how their files read, and how the present runner goes on with one.

A file holds one execution, write by write. Wherever its runner could have been lost there is a history: what was
written until then, and what a replacement made of it. Requests go to no network but to an `Erp`.
"""

import base64
import io
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from unittest import mock
from urllib.parse import urlsplit
from uuid import UUID

import urllib3
import yaml

from penstock_core import codec
from penstock_core.executions.records import Outcome, RecordedStep, StepRecord
from penstock_core.executions.states import StepStatus
from penstock_core.values import plain_values
from penstock_runner.actions.http.transport import Transport
from penstock_runner.actions.table import TABLE
from penstock_runner.engine.connections import connections
from penstock_runner.engine.flow_run import Engine, Execution
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.engine.ports import Recorder
from penstock_runner.process.session import SystemClock

PLACE: Final = Path(__file__).parent.parent / "histories"
BYTES: Final = ("input", "output", "extracted", "assertions", "error_details")
"""Columns of packed values: base64 in the files."""
TIMES: Final = ("started_at", "ended_at")
EXECUTION: Final = UUID("0190a000-0000-7000-8000-000000000001")

_MADE_OTHERWISE: Final[Mapping[str, Mapping[str, tuple[str, Any]]]] = {
    f"0.1-python-{number}": {"reads": ("passed", ["Decimal", "str", "bytes", "list", "str", "int", "str"])}
    for number in ("00", "01")
}
"""What comes of a step that is made anew, by a release since: here the code reads a result that is made anew, too."""

Row = dict[str, Any]
"""An attempt of a step as its row in `step_results` was; columns that held their default are left out."""
Key = tuple[str, int]
"""A step's path and attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a runner made of an execution: how it ended, what it wrote and called, and what each step came to.

    `writes` are `path attempt status [code]`, `calls` `METHOD /path`; `final` is status and output by path.
    """

    state: str
    code: str | None
    failed_step: str | None
    steps_total: int
    steps_failed: int
    writes: tuple[str, ...]
    calls: tuple[str, ...]
    final: Mapping[str, tuple[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded execution; `lost` says by the number of writes what was handed to a replacement and came of it."""

    name: str
    definition: bytes
    payload: bytes
    shown: Mapping[str, Any]
    fields: Mapping[str, Mapping[str, str]]
    answers: Mapping[str, Sequence[Mapping[str, int]]]
    is_parallel: bool
    writes: Sequence[Row]
    calls: Sequence[Sequence[str]]
    """Before each write, and after the last."""
    withheld: Sequence[frozenset[Key]]
    endings: Sequence[Ending]

    def histories(self) -> "Iterator[History]":
        """One for each place at which the runner could have been lost."""
        return (History(recording=self, after=number) for number in range(len(self.writes) + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was there when the runner was lost after so many writes."""

    recording: Recording
    after: int

    @property
    def name(self) -> str:
        """As tests show it."""
        return f"{self.recording.name}-{self.after:02}"

    @property
    def has_python(self) -> bool:
        """Whether a replacement starts processes of its own."""
        return '"python": ' in json.dumps(self.recording.shown)

    def rows(self) -> list[Row]:
        """The table's rows."""
        return list({(row["path"], row["attempt"]): row for row in self.recording.writes[: self.after]}.values())

    def recorded(self) -> list[RecordedStep]:
        """What the store hands to a replacement, in its order."""
        withheld = self.recording.withheld[self.after]
        steps = [_recorded_step(row, withheld=(row["path"], row["attempt"]) in withheld) for row in self.rows()]
        return sorted(steps, key=lambda step: (step.started_at, step.path, step.attempt))

    def erp(self) -> "Erp":
        """The other side, which has seen all that the lost runner sent, recorded or not."""
        calls = self.recording.calls[: self.after + 1]
        return Erp(self.recording.answers, before=[call for each in calls for call in each])

    def expected(self) -> Ending:
        """What a replacement makes of it."""
        ending = self.recording.endings[self.after]
        return replace(ending, final={**ending.final, **_MADE_OTHERWISE.get(self.name, {})})


class Erp:
    """Answers requests: `answers` has status and size of a body by `METHOD /path`, one call after the other."""

    def __init__(self, answers: Mapping[str, Sequence[Mapping[str, int]]], *, before: Iterable[str] = ()) -> None:
        self._answers = answers
        self._counts = Counter(before)
        self._lock = threading.Lock()
        self.calls: list[str] = []

    def request(self, method: str, url: str, **given: Any) -> Any:
        """In the place of the runner's transport."""
        call = f"{method} {urlsplit(url).path}"
        with self._lock:
            self.calls.append(call)
            answers = self._answers.get(call, [{}])
            answer = answers[min(self._counts[call], len(answers) - 1)]
            self._counts[call] += 1
        headers, body = {"Content-Type": "application/json"}, json.dumps({"asked": call, **_key(given["headers"])})
        if size := answer.get("size"):
            headers, body = {"Content-Type": "text/plain"}, "x" * size
        return urllib3.HTTPResponse(
            body=io.BytesIO(body.encode()),
            headers=headers,
            status=answer.get("status", 200),
            preload_content=False,
        )


def _key(headers: Mapping[str, str]) -> dict[str, str]:
    return {"key": headers["X-Api-Key"]} if "X-Api-Key" in headers else {}


@dataclass
class Kept:
    """A recorder in memory: all writes in their order."""

    writes: list[StepRecord] = field(default_factory=list)

    def behind(self, record: StepRecord) -> None:
        self.writes.append(record)

    durable = behind

    def log(self, **_: Any) -> None:
        """Nothing goes on by what was logged."""


def recordings(release: str) -> list[Recording]:
    """All of a release's, by name."""
    return [_load(file) for file in sorted((PLACE / release).glob("*.yaml"))]


def all_histories() -> list[History]:
    """Of all releases."""
    releases = sorted(folder.name for folder in PLACE.iterdir() if folder.is_dir())
    return [history for release in releases for each in recordings(release) for history in each.histories()]


def run(
    recording: Recording, *, erp: Erp, recorder: Recorder, execution: UUID, recorded: Iterable[RecordedStep]
) -> Outcome:
    """The present runner's engine, with what was recorded before."""
    definition = codec.unpack(recording.definition)
    engine = Engine(
        definition=definition,
        trigger=codec.unpack(recording.payload),
        execution=Execution(id=execution, started_at=datetime(2026, 3, 2, 12, tzinfo=UTC)),
        actions=TABLE,
        recorder=recorder,
        clock=SystemClock(),
        connections=connections(definition["connections"], recording.fields),
        interrupt=Interrupt(),
        recorded=recorded,
    )

    def request(_: Transport, method: str, url: str, **given: Any) -> Any:
        return erp.request(method, url, **given)

    with mock.patch.object(Transport, "request", request):
        return engine.run()


def resume(history: History) -> Ending:
    """What the present runner makes of a history, in memory."""
    recorder, erp = Kept(), history.erp()
    outcome = run(history.recording, erp=erp, recorder=recorder, execution=EXECUTION, recorded=history.recorded())
    return ending(history, outcome, recorder.writes, erp.calls)


def ending(history: History, outcome: Outcome, writes: Sequence[StepRecord], calls: Sequence[str]) -> Ending:
    """What came of a history; of what runs side by side the order does not count."""
    order = sorted if history.recording.is_parallel else list
    return Ending(
        state=str(outcome.state),
        code=outcome.error_code,
        failed_step=outcome.failed_step,
        steps_total=outcome.steps_total,
        steps_failed=outcome.steps_failed,
        writes=tuple(order(_words(write) for write in writes)),
        calls=tuple(order(calls)),
        final=_final(history, writes),
    )


def _words(write: StepRecord) -> str:
    code = f" {write.error_code}" if write.error_code else ""
    return f"{write.path} {write.attempt} {write.status}{code}"


def _final(history: History, writes: Sequence[StepRecord]) -> dict[str, tuple[str, Any]]:
    """Status and output of each step's last attempt, whoever made it."""
    rows = sorted(history.rows(), key=lambda row: int(row["attempt"]))
    last: dict[str, tuple[str, bytes | None]] = {row["path"]: (row["status"], row.get("output")) for row in rows}
    fixed = set(last)
    for write in writes:
        # the end of a sleep that begins now is another each time
        output = None if write.action == "sleep" and write.path not in fixed else write.output
        last[write.path] = (str(write.status), output)
    return {
        path: (status, None if data is None else comparable(codec.unpack(data)))
        for path, (status, data) in last.items()
    }


def comparable(value: Any) -> Any:
    """A value as the present release has it: results of 0.1's python steps kept types that only Python has.

    Without the body that a message quotes: 0.1 quoted it as Python writes it, since then it is as it came.
    """
    return _without_quotes(plain_values.recorded(value))


def _without_quotes(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_quotes(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_without_quotes(item) for item in value]
    return value.split("; the body begins: ", 1)[0] if isinstance(value, str) else value


def _recorded_step(row: Row, *, withheld: bool) -> RecordedStep:
    return RecordedStep(
        path=row["path"],
        attempt=row["attempt"],
        status=StepStatus(row["status"]),
        output=None if withheld else row.get("output"),
        extracted=None if withheld else row.get("extracted"),
        error_code=row.get("error_code"),
        error_message=row.get("error_message"),
        error_details=row.get("error_details"),
        started_at=row["started_at"],
        ended_at=row.get("ended_at") or row["started_at"],
    )


def _load(file: Path) -> Recording:
    given = yaml.safe_load(file.read_text())
    common = {path: _came_to(came) for path, came in given["final"].items()}
    return Recording(
        name=f"{file.parent.name}-{file.stem}",
        definition=base64.b64decode(given["definition"]),
        payload=base64.b64decode(given["payload"]),
        shown=given["shown"],
        fields=given["fields"],
        answers=given["answers"],
        is_parallel=given["is_parallel"],
        writes=[_row(write["row"]) for write in given["writes"]],
        calls=[*(write["calls"] for write in given["writes"]), given["calls_behind"]],
        withheld=[frozenset((path, attempt) for path, attempt in lost.get("withheld", ())) for lost in given["lost"]],
        endings=[_ending(lost, common) for lost in given["lost"]],
    )


def _row(given: Mapping[str, Any]) -> Row:
    row = dict(given)
    row |= {name: base64.b64decode(row[name]) for name in BYTES if name in row}
    row |= {name: datetime.fromisoformat(row[name]) for name in TIMES if name in row}
    return row


def _ending(lost: Mapping[str, Any], common: Mapping[str, tuple[str, Any]]) -> Ending:
    final = {**common, **{path: _came_to(came) for path, came in lost.get("otherwise", {}).items()}}
    return Ending(
        state=lost["state"],
        code=lost.get("code"),
        failed_step=lost.get("failed_step"),
        steps_total=lost["steps_total"],
        steps_failed=lost["steps_failed"],
        writes=tuple(lost["writes"]),
        calls=tuple(lost.get("calls", ())),
        final={path: came for path, came in final.items() if path not in lost.get("without", ())},
    )


def _came_to(given: Mapping[str, Any]) -> tuple[str, Any]:
    data = given.get("output")
    return given["status"], None if data is None else comparable(codec.unpack(base64.b64decode(data)))
