"""Values of what the store knows of flows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from penstock_core.executions.states import ExecutionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A time in which a flow's schedule did not count; `until` None while it lasts."""

    namespace: str
    flow_uid: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastExecution:
    """The newest execution of a flow, as `Flow.status.lastExecution` shows it."""

    id: UUID
    namespace: str
    instance: str
    flow: str
    flow_uid: str
    state: ExecutionState
    started_at: datetime | None
    ended_at: datetime | None
    error_code: str | None = None
    failed_step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowChange:
    """The newest change of each flow, and the `marks` of all that were read, to settle."""

    last: tuple[LastExecution, ...]
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCounts:
    """Live executions per state, and the age of the oldest that is queued and due, 0.0 without one."""

    by_state: Mapping[ExecutionState, int]
    oldest_queued_seconds: float
