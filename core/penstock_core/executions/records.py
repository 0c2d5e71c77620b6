"""What a runner leaves of an execution and finds of it: attempts of steps, log lines, the end.

Below store and engine, which both know them. Named tuples, because a frozen dataclass with slots costs a runner's start
more than half a millisecond, a named tuple a tenth of it. Construct them by keyword all the same.
Times are aware datetimes, durations integers of milliseconds, packed values the bytes of `codec`.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from penstock_core.executions.states import ExecutionState, StepStatus

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
