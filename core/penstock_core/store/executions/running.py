"""The runner's side of the store: claim, record, finish, each one call of a function of the database and one commit.

What the functions check and do stands in `schema/migrations/0004_runner_functions.sql`; the role that calls them may do nothing else.
Synchronous, on one connection that it opens when it is needed and may drop at any time; imports psycopg and the standard
library alone, because a runner's start is paid by every execution.
Every write carries the epoch of the claim and fails with LeaseLost when a later claim exists; StoreRefused is a defect.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row

from penstock_core.errors import LeaseLost, StoreError
from penstock_core.executions.flow_identity import FlowIdentity
from penstock_core.executions.records import LogRecord, Outcome, RecordedStep, StepRecord
from penstock_core.executions.states import ExecutionState, StepStatus, Trigger, may_follow
from penstock_core.store.connection.faults import translated
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.records import AlreadyEnded, Claim, HeldUntil, LeftQueued, Renewal, Skipped, Tick

Connection: TypeAlias = psycopg.Connection[Any]

_QUERIES = load("executions/running")
_WRITES = {name: _QUERIES[name].format(records=_QUERIES["records"]) for name in ("record", "finish")}
_SEPARATOR: Final = "\x1f"


def connect(dsn: str) -> Connection:
    """A connection as `Running` needs it: autocommit, nothing prepared, and no wait of more than seconds for a dead peer."""
    return psycopg.connect(
        dsn,
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=5,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=2,
        tcp_user_timeout=15_000,
    )


class Running:
    """What a runner asks and writes about executions of one namespace; calls of several threads wait for each other.

    `connect` opens a connection as the function of that name does. After StoreUnavailable the same call may be repeated:
    no method does anything twice.
    """

    def __init__(self, connect: Callable[[], Connection], namespace: str) -> None:
        self._connect = connect
        self._namespace = namespace
        self._connection: Connection | None = None
        self._lock = Lock()

    def claim(self, execution: UUID, *, holder: str) -> Claim | AlreadyEnded | HeldUntil:
        """Takes the lease for `holder`, a pod's name; one winner. StoreError where the definition or payload is missing."""
        with self._lock:
            answer = self._claim(execution, holder)
            # Ended between the statement's look at the two tables: the second look sees both ends of it.
            return answer or self._claim(execution, holder) or AlreadyEnded(id=execution, state=None)

    def accept_tick(self, tick: Tick, *, holder: str) -> Claim | AlreadyEnded | HeldUntil | Skipped | LeftQueued:
        """Accepts a schedule's tick and claims it at once; a tick that has its row already is claimed like any other."""
        from penstock_core.store.executions import ticks  # most runners have no tick

        with self._lock:
            (row,) = self._rows(ticks.ACCEPT, ticks.parameters(tick))
        identifier, decided = ticks.accepted(row)
        return decided or self.claim(identifier, holder=holder)

    def renew(self, execution: UUID, *, epoch: int) -> Renewal:
        """Keeps the lease for another 15 seconds."""
        with self._lock:
            rows = self._rows(_QUERIES["renew"], {"id": execution, "epoch": epoch})
        return Renewal(lost=not rows, cancel=bool(rows and rows[0]["cancel"]))

    def record(
        self,
        execution: UUID,
        *,
        epoch: int,
        steps: Sequence[StepRecord] = (),
        logs: Sequence[LogRecord] = (),
    ) -> Renewal:
        """Writes steps and logs, durably when this returns, and renews the lease; LeaseLost writes nothing."""
        parameters = _parameters(execution, epoch, steps, logs)
        with self._lock:
            rows = self._rows(_WRITES["record"], parameters)
        if not rows:
            raise LeaseLost(f"execution {execution} has another runner than epoch {epoch} now, or has ended")
        return Renewal(lost=False, cancel=rows[0]["cancel"])

    def finish(
        self,
        execution: UUID,
        *,
        epoch: int,
        outcome: Outcome,
        steps: Sequence[StepRecord] = (),
        logs: Sequence[LogRecord] = (),
    ) -> None:
        """Writes the final state with the last steps and logs, and frees the slot; LeaseLost writes nothing.

        A repeat after a broken connection, where the first try had arrived, finds the state and succeeds.
        """
        if not may_follow(ExecutionState.RUNNING, outcome.state):
            raise ValueError(f"a running execution cannot become {outcome.state}")
        parameters = _parameters(execution, epoch, steps, logs) | _outcome_parameters(outcome)
        with self._lock:
            if self._rows(_WRITES["finish"], parameters):
                return
        if self.finished(execution) != outcome.state:
            raise LeaseLost(f"execution {execution} has another runner than epoch {epoch} now, or has ended otherwise")

    def finished(self, execution: UUID) -> ExecutionState | None:
        """The final state of an execution, None while it has none."""
        with self._lock:
            rows = self._rows(_QUERIES["finished"], {"id": execution})
        return ExecutionState(rows[0]["state"]) if rows else None

    def close(self) -> None:
        """Drops the connection, for a long wait or for good; the next call opens another."""
        with self._lock:
            self._drop()

    def _claim(self, identifier: UUID, holder: str) -> Claim | AlreadyEnded | HeldUntil | None:
        rows = self._rows(_QUERIES["claim"], {"id": identifier, "holder": holder})
        if not rows:
            return AlreadyEnded(id=identifier, state=None)
        row = rows[0]
        if row["epoch"] is not None:
            if row["namespace"] != self._namespace:
                raise StoreError(
                    f"the database role stands for the namespace {row['namespace']}, not {self._namespace}"
                )
            again = row["epoch"] > 1
            steps = self._rows(_QUERIES["recorded"], {"id": identifier, "epoch": row["epoch"]}) if again else []
            return _claim_of(row, steps)
        if ExecutionState(row["state"]).final:
            return AlreadyEnded(id=identifier, state=ExecutionState(row["state"]))
        if row["live_state"] is None:
            return None
        return HeldUntil(id=identifier, state=ExecutionState(row["live_state"]), until=row["held_until"])

    def _rows(self, query: str, parameters: dict[str, Any]) -> list[DictRow]:
        with translated(), self._opened() as connection, connection.cursor(binary=True, row_factory=dict_row) as cursor:
            cursor.execute(query.encode(), parameters)
            return cursor.fetchall()

    def _opened(self) -> "_Borrowed":
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return _Borrowed(self._connection, self._drop)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Borrowed:
    """A connection for one call; one that failed is dropped, so that the next call opens another."""

    def __init__(self, connection: Connection, drop: Callable[[], None]) -> None:
        self._connection = connection
        self._drop = drop

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, (psycopg.OperationalError, psycopg.InterfaceError)):
            self._drop()


def _claim_of(row: DictRow, steps: Sequence[DictRow]) -> Claim:
    if row["definition"] is None or row["payload"] is None:
        missing = "definition" if row["definition"] is None else "payload"
        raise StoreError(f"execution {row['id']} cannot run: its {missing} is not in the database")
    return Claim(
        id=row["id"],
        epoch=row["epoch"],
        flow=FlowIdentity(**{name: row[name] for name in FlowIdentity._fields}),
        trigger=Trigger(row["trigger"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        ran_ms=row["ran_ms"],
        cancel=row["cancel"],
        definition=row["definition"],
        payload=row["payload"],
        steps=tuple(RecordedStep(**{**step, "status": StepStatus(step["status"])}) for step in steps),
    )


def _parameters(identifier: UUID, epoch: int, steps: Sequence[StepRecord], logs: Sequence[LogRecord]) -> dict[str, Any]:
    return {"id": identifier, "epoch": epoch, **_step_columns(steps), **_log_columns(logs)}


def _outcome_parameters(outcome: Outcome) -> dict[str, Any]:
    passed = outcome.state is ExecutionState.PASSED
    return {
        "state": str(outcome.state),
        "error_code": None if passed else outcome.error_code or str(outcome.state),
        "error_message": _text(outcome.error_message),
        "failed_step": outcome.failed_step,
        "steps_total": outcome.steps_total,
        "steps_failed": outcome.steps_failed,
        "outcome_warnings": [_text(warning) for warning in outcome.warnings],
    }


def _step_columns(records: Sequence[StepRecord]) -> dict[str, list[Any]]:
    """The steps by columns, as `unnest` takes them; of several records of one attempt the last counts."""
    steps = {(step.path, step.attempt): step for step in records}.values()
    return {
        "paths": [step.path for step in steps],
        "attempts": [step.attempt for step in steps],
        "actions": [step.action for step in steps],
        "statuses": [str(step.status) for step in steps],
        "starts": [step.started_at for step in steps],
        "ends": [step.ended_at for step in steps],
        "durations": [step.duration_ms for step in steps],
        "inputs": [step.input for step in steps],
        "outputs": [step.output for step in steps],
        "extracts": [step.extracted for step in steps],
        "assertions": [step.assertions for step in steps],
        "input_sizes": [step.input_size for step in steps],
        "output_sizes": [step.output_size for step in steps],
        "truncations": [step.truncated for step in steps],
        "codes": [step.error_code for step in steps],
        "messages": [_text(step.error_message) for step in steps],
        "details": [step.error_details for step in steps],
        "items": [step.items_total for step in steps],
        "failed_items": [step.items_failed for step in steps],
        "warnings": [_SEPARATOR.join(_text(warning) or "" for warning in step.warnings) for step in steps],
    }


def _log_columns(logs: Sequence[LogRecord]) -> dict[str, list[Any]]:
    return {
        "log_sequences": [line.sequence for line in logs],
        "log_times": [line.at for line in logs],
        "log_severities": [line.severity for line in logs],
        "log_steps": [line.step for line in logs],
        "log_messages": [_text(line.message) for line in logs],
        "log_fields": [line.fields for line in logs],
    }


def _text(value: str | None) -> str | None:
    """What Postgres takes as text: no NUL, no lone surrogates."""
    if value is None or (value.isascii() and "\x00" not in value):
        return value
    return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
