"""The values that go into the store and come out of it.

Times are aware datetimes, durations integers of milliseconds, packed values the bytes of `codec`.
What the runner uses is defined in `records`, what is accepted in `new_executions`; both are found here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from penstock_core.executions.flow_identity import FlowIdentity
from penstock_core.executions.records import LogRecord, Outcome, RecordedStep, StepRecord
from penstock_core.executions.states import ExecutionState, StepStatus, Trigger
from penstock_core.store.executions.new_executions import Acceptance, IdempotencyKey, KeyKind, SkipReason, WhenFull
from penstock_core.store.executions.records import AlreadyEnded, Claim, HeldUntil, LeftQueued, Renewal, Skipped, Tick

__all__ = [
    "EPOCH",
    "Acceptance",
    "Accepted",
    "AcceptedBatch",
    "AlreadyEnded",
    "Claim",
    "Counts",
    "Execution",
    "Expired",
    "Filter",
    "FlowIdentity",
    "Full",
    "HeldUntil",
    "IdempotencyKey",
    "KeyKind",
    "LeftQueued",
    "LogLine",
    "LogRecord",
    "Outcome",
    "Page",
    "RecordedStep",
    "Renewal",
    "Repeated",
    "SkipReason",
    "Skipped",
    "Started",
    "Starting",
    "Step",
    "StepRecord",
    "Tick",
    "WaitingFlow",
    "WhenFull",
]

EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The execution is durable; `state` is starting where its Job may be created, else queued (or skipped, as asked).

    `repeat_of` is the failed one whose key it has now, if that is how it came to be.
    """

    id: UUID
    state: ExecutionState
    repeat_of: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The key was seen before: the first execution's id and state; `same_body` compares the bodies' hashes."""

    id: UUID
    state: ExecutionState
    same_body: bool


@dataclass(frozen=True, slots=True)
class Full:
    """The flow is at its limit and rejects; nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An execution that moved to starting: whoever moved it creates its Job."""

    id: UUID
    namespace: str
    flow_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedBatch:
    """What became of a batch: one outcome for each acceptance, in their order, and what is to be started now.

    Under a limit the oldest queued execution of the flow starts, which need not be one of the batch.
    """

    outcomes: tuple[Accepted | Repeated | Full, ...]
    started: tuple[Started, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFlow:
    """A flow with executions in the queue, of which one is `due`; `busy` are starting or running."""

    namespace: str
    flow_uid: str
    instance: str
    flow: str
    due: bool
    busy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """An execution whose Job was asked for and whose runner has not claimed it; `since` is when it left the queue.

    `replaced_at` is when its Job number `job_attempt` was asked for, None for the first; `cancel_at` when a cancellation was.
    """

    id: UUID
    namespace: str
    instance: str
    instance_uid: str
    flow: str
    flow_uid: str
    since: datetime
    job_attempt: int
    replaced_at: datetime | None
    cancel_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """A running execution whose lease has run out, or that should have been cancelled by now.

    `holder` is the pod that has or had the lease, `job_attempt` counts Jobs from 1, `replaced_at` is when that Job was
    asked for (None for the first), `cancel_at` when the cancellation was.
    """

    id: UUID
    namespace: str
    instance: str
    instance_uid: str
    flow: str
    flow_uid: str
    epoch: int
    holder: str
    lease_until: datetime
    job_attempt: int
    replaced_at: datetime | None
    cancel_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which executions a list shows; None means any. `namespaces` empty means none at all.

    `until` is exclusive; `instance` and `flow` are names as written. State queued includes starting.
    """

    namespaces: tuple[str, ...] | None = None
    instance: str | None = None
    flow: str | None = None
    customer: str | None = None
    states: tuple[ExecutionState, ...] | None = None
    trigger: Trigger | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What lists and details show of an execution; starting is shown as queued."""

    id: UUID
    flow: FlowIdentity
    trigger: Trigger
    state: ExecutionState
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None
    requested_by: str
    error_code: str | None
    error_message: str | None
    failed_step: str | None
    steps_total: int
    steps_failed: int
    replay_of: UUID | None
    retry_of: UUID | None
    repeat_of: UUID | None
    repeated_by: UUID | None
    cancel_requested_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of executions, newest first; `next_cursor` is None on the last."""

    items: tuple[Execution, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Executions per state among the newest that match; `capped` where there were more than were counted."""

    by_state: Mapping[ExecutionState, int]
    capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One attempt of a step without its payloads; sizes are in bytes before cutting, 0 where nothing was recorded."""

    path: str
    attempt: int
    action: str
    status: StepStatus
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    input_size: int
    output_size: int
    truncated: bool
    error_code: str | None
    error_message: str | None
    items_total: int | None
    items_failed: int | None
    warnings: tuple[str, ...]

    @property
    def cursor(self) -> str:
        """Continues after this attempt."""
        return step_cursor(self.started_at, self.attempt, self.path)


def step_cursor(started_at: datetime, attempt: int, path: str) -> str:
    """Continues behind an attempt of a step."""
    start = (started_at - EPOCH) // timedelta(microseconds=1)
    return f"{start}.{attempt}.{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDetails:
    """What one attempt of a step recorded beside input and output, packed; None with a size above 0 was too large to be read."""

    path: str
    attempt: int
    assertions: bytes | None
    extracted: bytes | None
    assertions_size: int
    extracted_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One log line of an execution; `fields` are packed, `cursor` continues after this line."""

    cursor: str
    at: datetime
    severity: str
    message: str
    step: str | None
    fields: bytes | None
