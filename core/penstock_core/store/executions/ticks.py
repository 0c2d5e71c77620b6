"""How a schedule's tick becomes an execution: decided in Postgres, by the runner of the CronJob's Job.

1. The flow's row is locked, so that ticks and acceptances of the flow are decided one after another.
2. The tick's key is claimed; whoever comes second works on the first one's execution.
3. In a pause, or beside a live execution with `overlap: skip`, the tick is recorded as skipped; at the limit it waits.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row

from penstock_core.flow_identity import FlowIdentity
from penstock_core.states import Trigger
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.records import LeftQueued, Skipped, Tick

_QUERIES = load("executions/ticks")
_REASONS: Final = {
    "paused": "the flow was paused at that time",
    "overlap": "an earlier execution of the flow had not ended",
}


def accept(connection: psycopg.Connection[Any], tick: Tick) -> tuple[UUID, Skipped | LeftQueued | None]:
    """The tick's execution, and what was decided where it does not run now; within the caller's transaction."""
    flow = tick.flow
    with connection.cursor(row_factory=dict_row) as cursor:
        slot = {"namespace": flow.namespace, "flow_uid": flow.flow_uid}
        cursor.execute(_QUERIES["make_slot"].encode(), slot)
        cursor.execute(_QUERIES["lock_slot"].encode(), slot)
        first = _tick_owner(cursor, tick)
        if first != tick.id or cursor.execute(_QUERIES["tick_stored"].encode(), {"id": tick.id}).fetchall():
            return first, None
        decision = {**slot, "scheduled_at": tick.scheduled_at, "flow_limit": tick.limit}
        (against,) = cursor.execute(_QUERIES["tick_decision"].encode(), decision).fetchall()
        reason = _reason_to_skip(tick, against)
        queued = reason is None and against["at_limit"]
        cursor.execute(_QUERIES["tick_insert"].encode(), _tick_parameters(tick, reason=reason, queued=queued))
    if reason is not None:
        return tick.id, Skipped(id=tick.id, reason=reason)
    return tick.id, LeftQueued(id=tick.id) if queued else None


def _tick_owner(cursor: psycopg.Cursor[DictRow], tick: Tick) -> UUID:
    if tick.scheduled_at is None:
        return tick.id
    parameters = {
        "flow_uid": tick.flow.flow_uid,
        "namespace": tick.flow.namespace,
        "key": tick_key(tick.scheduled_at),
        "id": tick.id,
    }
    (row,) = cursor.execute(_QUERIES["tick_key"].encode(), parameters).fetchall()
    owner: UUID = row["execution_id"]
    return owner


def tick_key(scheduled_at: datetime) -> bytes:
    """The idempotency key of a tick: its minute since the epoch, hashed like every key."""
    return sha256(str(int(scheduled_at.timestamp()) // 60).encode()).digest()


def _reason_to_skip(tick: Tick, against: DictRow) -> str | None:
    if tick.scheduled_at is not None and against["paused"]:
        return "paused"
    return "overlap" if tick.skip_overlap and against["overlap"] else None


def _tick_parameters(tick: Tick, *, reason: str | None, queued: bool) -> dict[str, Any]:
    flow = tick.flow
    return {
        **{name: getattr(flow, name) for name in FlowIdentity._fields},
        "id": tick.id,
        "trigger": str(Trigger.MANUAL if tick.scheduled_at is None else Trigger.SCHEDULE),
        "requested_by": tick.requested_by,
        "payload": tick.payload,
        "skipped": reason is not None,
        "reason": reason,
        "message": None if reason is None else _REASONS[reason],
        "live_state": "queued" if queued else "starting",
    }
