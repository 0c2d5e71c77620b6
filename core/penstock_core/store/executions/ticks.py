"""How a schedule's tick becomes an execution: decided in Postgres, by the runner of the CronJob's Job.

1. The flow's row is locked, so that ticks and acceptances of the flow are decided one after another.
2. In a pause, or beside a live execution with `overlap: skip`, the tick is to be recorded as skipped; at the limit it waits.
3. It is stored with its key (`new_executions`); whoever comes second works on the first one's execution instead.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row

from penstock_core.states import Trigger
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.new_executions import STORE, Acceptance, IdempotencyKey, SkipReason, columns
from penstock_core.store.executions.records import LeftQueued, Skipped, Tick

_QUERIES = load("executions/ticks")
_WEEK_SECONDS: Final = 7 * 86_400
_REASONS: Final = {
    "paused": "the flow was paused at that time",
    "overlap": "an earlier execution of the flow had not ended",
}


def accept(connection: psycopg.Connection[Any], tick: Tick) -> tuple[UUID, Skipped | LeftQueued | None]:
    """The tick's execution, and what was decided where it does not run now; one transaction."""
    # what comes before the decision goes out together: each wait for an answer is a part of the runner's start
    with connection.pipeline(), connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        against = _against(cursor, tick)
        if against["stored"]:
            return tick.id, None
        reason = _reason_to_skip(tick, against)
        queued = reason is None and against["at_limit"]
        item = _acceptance(tick, reason=reason, queued=queued)
        (row,) = cursor.execute(STORE.encode(), columns([item])).fetchall()
    if row["execution_id"] != tick.id:
        return row["execution_id"], None
    if reason is not None:
        return tick.id, Skipped(id=tick.id, reason=reason)
    return tick.id, LeftQueued(id=tick.id) if queued else None


def _against(cursor: psycopg.Cursor[DictRow], tick: Tick) -> DictRow:
    """What speaks against the tick; its flow's row stays locked from here on."""
    slot = {"namespace": tick.flow.namespace, "flow_uid": tick.flow.flow_uid}
    cursor.execute(_QUERIES["make_slot"].encode(), slot)
    cursor.execute(_QUERIES["lock_slot"].encode(), slot)
    asked = {**slot, "id": tick.id, "scheduled_at": tick.scheduled_at, "flow_limit": tick.limit}
    (row,) = cursor.execute(_QUERIES["tick_decision"].encode(), asked).fetchall()
    return row


def tick_key(scheduled_at: datetime) -> IdempotencyKey:
    """The key of a tick: its minute since the epoch. Ticks have no body, and are none of a week ago."""
    minute = int(scheduled_at.timestamp()) // 60
    return IdempotencyKey(kind="tick", key=str(minute), body_sha256=b"", window_seconds=_WEEK_SECONDS)


def _reason_to_skip(tick: Tick, against: DictRow) -> str | None:
    if tick.scheduled_at is not None and against["paused"]:
        return "paused"
    return "overlap" if tick.skip_overlap and against["overlap"] else None


def _acceptance(tick: Tick, *, reason: str | None, queued: bool) -> Acceptance:
    """The tick as it was decided: the limit is settled already."""
    manual = tick.scheduled_at is None
    return Acceptance(
        id=tick.id,
        flow=tick.flow,
        trigger=Trigger.MANUAL if manual else Trigger.SCHEDULE,
        payload=tick.payload,
        requested_by=tick.requested_by,
        idempotency=None if tick.scheduled_at is None else tick_key(tick.scheduled_at),
        start=not queued,
        skipped=None if reason is None else SkipReason(code=reason, message=_REASONS[reason]),
    )
