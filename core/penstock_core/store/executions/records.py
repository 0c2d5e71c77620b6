"""What the runner and the store hand to each other; everybody else finds these in `model` too.

Kept apart from `model`, and named tuples where that has dataclasses, because a frozen dataclass with slots costs a
runner's start more than half a millisecond, a named tuple a tenth of it. Construct them by keyword all the same.
Times are aware datetimes, durations integers of milliseconds, packed values the bytes of `codec`.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from penstock_core.flow_identity import FlowIdentity
from penstock_core.states import ExecutionState, StepStatus, Trigger

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
"""Before everything that was recorded."""


class RecordedStep(NamedTuple):
    """One attempt of a step that an earlier claim recorded.

    `output`, `extracted` and `error_details` are packed, None where there is none or where no resumption reads it.
    Times are of the clock of the runner that recorded it; `ended_at` of what has not ended is its start.
    """

    path: str
    attempt: int
    status: StepStatus
    output: bytes | None
    extracted: bytes | None
    error_code: str | None
    error_message: str | None
    error_details: bytes | None = None
    started_at: datetime = LONG_AGO
    ended_at: datetime = LONG_AGO


class Claim(NamedTuple):
    """The execution is ours until a later claim; every write carries `epoch`, which counts claims from 1.

    `definition` and `payload` are packed; `steps` is empty at the first claim.
    `ran_ms` is how long the execution has run so far, on the database's clock.
    """

    id: UUID
    epoch: int
    flow: FlowIdentity
    trigger: Trigger
    created_at: datetime
    started_at: datetime
    cancel: bool
    definition: bytes
    payload: bytes
    ran_ms: int = 0
    steps: tuple[RecordedStep, ...] = ()


class AlreadyEnded(NamedTuple):
    """Nothing to do: the execution has its final state (or its rows are gone: `state` None)."""

    id: UUID
    state: ExecutionState | None


class HeldUntil(NamedTuple):
    """Not ours now: another runner holds the lease until `until`, or (`state` queued) nobody has started it yet."""

    id: UUID
    state: ExecutionState
    until: datetime


class Skipped(NamedTuple):
    """The tick was recorded as skipped; `reason` is `overlap` or `paused`."""

    id: UUID
    reason: str


class LeftQueued(NamedTuple):
    """The tick's execution waits for a slot of its flow; the dispatcher starts it in a Job of its own."""

    id: UUID


class Tick(NamedTuple):
    """A schedule's tick, as a CronJob's runner asks for it.

    `id` is a new UUIDv7 that is used unless the tick has its row already.
    `scheduled_at` is the due minute; None marks a manual run of the CronJob, which is never a duplicate.
    `limit` is the flow's concurrency limit, None without one; `skip_overlap` is true for `overlap: skip`.
    """

    id: UUID
    flow: FlowIdentity
    scheduled_at: datetime | None
    skip_overlap: bool
    limit: int | None
    payload: bytes
    requested_by: str


class Renewal(NamedTuple):
    """What the row says at a renewal: `lost` where a later claim exists or the execution has ended, `cancel` the mark."""

    lost: bool
    cancel: bool


class StepRecord(NamedTuple):
    """One attempt of a step, to be inserted or to replace the row with the same `path` and `attempt`.

    `input`, `output`, `extracted`, `assertions` and `error_details` are packed; the sizes are those before they were cut
    to the limit.
    Times are of the runner's clock; `ended_at` and `duration_ms` are None while the step runs.
    """

    path: str
    attempt: int
    action: str
    status: StepStatus
    started_at: datetime
    ended_at: datetime | None = None
    duration_ms: int | None = None
    input: bytes | None = None
    output: bytes | None = None
    extracted: bytes | None = None
    assertions: bytes | None = None
    input_size: int = 0
    output_size: int = 0
    truncated: bool = False
    error_code: str | None = None
    error_message: str | None = None
    error_details: bytes | None = None
    items_total: int | None = None
    items_failed: int | None = None
    warnings: tuple[str, ...] = ()


class LogRecord(NamedTuple):
    """One log line; `sequence` counts the lines of a claim, so that a repeated write adds no second copy.

    `severity` is one of debug, info, warn, error; `fields` are packed.
    """

    sequence: int
    at: datetime
    severity: str
    message: str
    step: str | None = None
    fields: bytes | None = None


class Outcome(NamedTuple):
    """How an execution ended; messages are short and already masked. `error_code` is kept for every state but passed."""

    state: ExecutionState
    error_code: str | None = None
    error_message: str | None = None
    failed_step: str | None = None
    steps_total: int = 0
    steps_failed: int = 0
    warnings: tuple[str, ...] = ()
