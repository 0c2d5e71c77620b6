"""How a runner gets and keeps an execution; everybody else finds these in `model` too.

Kept apart from `model`, and named tuples where that has dataclasses, for the runner's start (see `penstock_core.executions.records`).
Times are aware datetimes, durations integers of milliseconds, packed values the bytes of `codec`.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from penstock_core.executions.flow_identity import FlowIdentity
from penstock_core.executions.records import RecordedStep
from penstock_core.executions.states import ExecutionState, Trigger


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
