"""An engine without a database: a recorder in memory, and definitions from a list of steps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from penstock_core import codec
from penstock_core.executions.records import Outcome, RecordedStep, StepRecord
from penstock_runner.actions.table import TABLE
from penstock_runner.engine.action import Actions
from penstock_runner.engine.connections import connections
from penstock_runner.engine.flow_run import Engine, Execution
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.process.session import SystemClock

EXECUTION = UUID("0190a000-0000-7000-8000-000000000001")


@dataclass
class MemoryRecorder:
    """Keeps every record in the order in which it came, and whether it had to be durable."""

    records: list[StepRecord] = field(default_factory=list)
    starts: list[StepRecord] = field(default_factory=list)
    logs: list[tuple[str, str, str, Any]] = field(default_factory=list)

    def behind(self, record: StepRecord) -> None:
        self.records.append(record)

    def durable(self, record: StepRecord) -> None:
        self.starts.append(record)

    def log(self, *, at: datetime, severity: str, message: str, step: str, fields: Any) -> None:
        self.logs.append((severity, message, step, fields))

    def last(self, path: str) -> StepRecord:
        return [record for record in self.records if record.path == path][-1]

    def statuses(self) -> list[tuple[str, int, str]]:
        return [(record.path, record.attempt, str(record.status)) for record in self.records]

    def output(self, path: str) -> Any:
        return unpacked(self.last(path).output)

    def as_recorded(self) -> list[RecordedStep]:
        """What the next claim of the execution would get."""
        rows = {(record.path, record.attempt): record for record in [*self.starts, *self.records]}
        return [
            RecordedStep(
                path=row.path,
                attempt=row.attempt,
                status=row.status,
                output=row.output,
                extracted=row.extracted,
                error_code=row.error_code,
                error_message=row.error_message,
                error_details=row.error_details,
                started_at=row.started_at,
                ended_at=row.ended_at or row.started_at,
            )
            for row in rows.values()
        ]


def unpacked(data: bytes | None) -> Any:
    return None if data is None else codec.unpack(data)


@dataclass
class Stand:
    """Runs flows and keeps what they recorded."""

    interrupt: Interrupt = field(default_factory=Interrupt)
    clock: SystemClock = field(default_factory=SystemClock)
    recorder: MemoryRecorder = field(default_factory=MemoryRecorder)
    actions: Actions = TABLE

    def run(
        self,
        *steps: Mapping[str, Any],
        trigger: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        descriptions: Mapping[str, Any] | None = None,
        fields: Mapping[str, Mapping[str, str]] | None = None,
        timeout_ms: int = 20_000,
        started_at: datetime | None = None,
        ran_seconds: float = 0.0,
        recorded: Iterable[RecordedStep] = (),
    ) -> Outcome:
        definition = {
            "flow": {"name": "importOrder", "urls": {}},
            "instance": {
                "name": "acme-orders",
                "namespace": "acme",
                "customer": {"id": "acme", "name": "ACME"},
                "labels": {"tier": "gold"},
            },
            "config": config or {},
            "connections": descriptions or {},
            "timeoutMs": timeout_ms,
            "steps": list(steps),
        }
        engine = Engine(
            definition=codec.unpack(codec.pack(definition).data),
            trigger=trigger or {},
            execution=Execution(id=EXECUTION, started_at=started_at or datetime.now(UTC), ran_seconds=ran_seconds),
            actions=self.actions,
            recorder=self.recorder,
            clock=self.clock,
            connections=connections(descriptions or {}, fields or {}),
            interrupt=self.interrupt,
            recorded=recorded,
        )
        return engine.run()
