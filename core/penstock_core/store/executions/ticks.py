"""How a schedule's tick becomes an execution: decided in Postgres, for the runner of the CronJob's Job.

The function `runner_accept_tick_v1` does it in one transaction:

1. The flow's row is locked, so that ticks and acceptances of the flow are decided one after another.
2. In a pause, or beside a live execution with `overlap: skip`, the tick is to be recorded as skipped; at the limit it waits.
3. It is stored with its key (`new_executions`); whoever comes second works on the first one's execution instead.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import DictRow

from penstock_core.store.connection.queries import load
from penstock_core.store.executions.new_executions import IdempotencyKey
from penstock_core.store.executions.records import LeftQueued, Skipped, Tick

ACCEPT: Final = load("executions/ticks")["accept"]
"""Takes `parameters(tick)` and gives the one row that `accepted` reads."""

_WEEK_SECONDS: Final = 7 * 86_400


def parameters(tick: Tick) -> dict[str, Any]:
    """A tick as `ACCEPT` takes it; its namespace is that of the role that asks."""
    flow = {name: value for name, value in tick.flow._asdict().items() if name != "namespace"}
    return {
        "id": tick.id,
        "scheduled_at": tick.scheduled_at,
        "skip_overlap": tick.skip_overlap,
        "flow_limit": tick.limit,
        "payload": tick.payload,
        "requester": tick.requested_by,
        **flow,
    }


def accepted(row: DictRow) -> tuple[UUID, Skipped | LeftQueued | None]:
    """The tick's execution, and what was decided where it does not run now."""
    identifier, decision = row["execution_id"], row["decision"]
    if decision is None:
        return identifier, None
    return identifier, LeftQueued(id=identifier) if decision == "queued" else Skipped(id=identifier, reason=decision)


def tick_key(scheduled_at: datetime) -> IdempotencyKey:
    """The key of a tick: its minute since the epoch. Ticks have no body, and are none of a week ago."""
    minute = int(scheduled_at.timestamp()) // 60
    return IdempotencyKey(kind="tick", key=str(minute), body_sha256=b"", window_seconds=_WEEK_SECONDS)
