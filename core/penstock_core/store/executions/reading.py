"""What the REST API reads: lists with keyset cursors, and single values.

A list never touches a payload and never counts; conditions that are not asked for are not in the statement, so that each
combination is planned for what it is.
The caller decides which namespaces a person may see and puts them into the filter; what belongs to an execution is read with
its namespace, so that a row of another's that names it is not there.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from psycopg.rows import DictRow

from penstock_core.errors import InvalidInput, TooLarge
from penstock_core.executions.states import ExecutionState, StepStatus, Trigger
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.connection.readable import texts
from penstock_core.store.executions.model import (
    EPOCH,
    Counts,
    Execution,
    Filter,
    FlowIdentity,
    LogLine,
    Page,
    Step,
    StepDetails,
    step_cursor,
)
from penstock_core.uuid7 import first_at

_QUERIES = load("executions/reading")
_COLUMNS: Final = _QUERIES["columns"].format(warnings=_QUERIES["warnings"])
_EXECUTION: Final = _QUERIES["execution"].format(columns=_COLUMNS)
_STEPS: Final = _QUERIES["steps"].format(warnings=_QUERIES["warnings"])

_UNSUCCESSFUL: Final = frozenset(
    {
        ExecutionState.FAILED,
        ExecutionState.COMPLETED_WITH_ERRORS,
        ExecutionState.CANCELLED,
        ExecutionState.TIMED_OUT,
        ExecutionState.SKIPPED,
    }
)
"""States that always carry an error code, which the index of unsuccessful executions goes by."""


VALUE_BYTES: Final = 32 * 1024 * 1024
"""Stored bytes of a value that is read; runners and gateways write half of that, but rows are a tenant's."""

_STEP_CURSOR: Final = re.compile(r"(-?\d{1,18})\.(\d{1,9})\.([^\x00]*)")

StepSide = Literal["input", "output", "assertions", "extracted"]
"""The packed values of an attempt."""


class Reading(Database):
    """What the gateway's REST API shows. Methods that give one packed value raise `TooLarge` above `value_bytes`."""

    def __init__(self, pool: Pool, *, value_bytes: int = VALUE_BYTES) -> None:
        super().__init__(pool)
        self._value_bytes = value_bytes

    async def executions(self, filter: Filter, *, cursor: str | None = None, limit: int = 50) -> Page:  # noqa: A002
        """One page, newest first; InvalidInput for a cursor that no page gave."""
        conditions, parameters = _conditions(filter, cursor)
        query = _QUERIES["executions"].format(columns=_COLUMNS, conditions=conditions)
        found = await self.rows(query, limit=limit + 1, **parameters)
        items = tuple(self._pool.aside.values("executions", found[:limit], _execution))
        return Page(items=items, next_cursor=str(found[limit - 1]["id"]) if len(found) > limit else None)

    async def counts(self, filter: Filter, *, cap: int = 10_000) -> Counts:  # noqa: A002
        """Executions per state among the newest `cap` that match."""
        conditions, parameters = _conditions(filter, None)
        found = await self.rows(_QUERIES["counts"].format(conditions=conditions), limit=cap, **parameters)
        by_state = {ExecutionState(row["state"]): row["count"] for row in found}
        return Counts(by_state=by_state, capped=sum(by_state.values()) >= cap)

    async def execution(self, execution: UUID) -> Execution | None:
        """One execution's summary, None where there is none, or none that can be understood.

        Whoever asks for an id knows no namespace: what is found says which, and the caller compares it before anything else
        of the execution is read.
        """
        found = await self.values("executions", _EXECUTION, _execution, id=execution)
        return found[0] if found else None

    async def namespaces(self, *, limit: int = 1000) -> frozenset[str]:
        """Namespaces that have executions, or so many of them."""
        return frozenset(row["namespace"] for row in await self.rows(_QUERIES["namespaces"], limit=limit))

    async def steps(
        self, execution: UUID, *, namespace: str, cursor: str | None = None, limit: int = 1000
    ) -> list[Step]:
        """One page of the attempts of an execution's steps, in the order in which they began, without payloads.

        InvalidInput for a cursor that no step gave.
        """
        whose = {"id": execution, "namespace": namespace}
        page: list[Step] = []
        while (room := limit - len(page)) > 0:
            found = await self.rows(_STEPS, limit=room, **whose, **_step_cursor(cursor))
            page += self._pool.aside.values("steps", found, _step, **whose)
            # what was put aside leaves room: a page that is not full would be the last
            cursor = _behind(found)
            if len(found) < room or cursor is None:
                break
        return page

    async def step_value(
        self, execution: UUID, *, namespace: str, path: str, attempt: int, side: StepSide
    ) -> bytes | None:
        """One packed value of one attempt; None where there is no such attempt or nothing was recorded."""
        query = _QUERIES[f"step_{side}"]
        return await self._value(query, id=execution, namespace=namespace, path=path, attempt=attempt)

    async def step_error(
        self, execution: UUID, *, namespace: str, path: str, attempt: int
    ) -> tuple[str, str | None] | None:
        """Code and message of one attempt's error; None where there is no such attempt or it did not fail."""
        query = _QUERIES["step_error"]
        row = await self.row(query, id=execution, namespace=namespace, path=path, attempt=attempt)
        return (row["error_code"], row["error_message"]) if row else None

    async def step_details(
        self, execution: UUID, *, namespace: str, each: int, total: int, cursor: str | None = None, limit: int = 1000
    ) -> list[StepDetails]:
        """What the attempts of a page recorded beside input and output, of those that did.

        Values above `each` bytes are not read, nor those of later attempts once `total` bytes are.
        """
        page = {"id": execution, "namespace": namespace, "limit": limit, **_step_cursor(cursor)}
        found = await self.rows(_QUERIES["step_details"], each=each, total=total, **page)
        return [StepDetails(**row) for row in found]

    async def payload(self, execution: UUID, *, namespace: str) -> bytes | None:
        """The packed trigger data."""
        return await self._value(_QUERIES["payload"], id=execution, namespace=namespace)

    async def definition(self, *, namespace: str, hash: str) -> bytes | None:  # noqa: A002
        """A packed flow definition by its hash."""
        return await self._value(_QUERIES["definition"], namespace=namespace, hash=hash)

    async def logs(
        self, execution: UUID, *, namespace: str, cursor: str | None = None, limit: int = 200
    ) -> list[LogLine]:
        """One page of an execution's log, oldest first; InvalidInput for a cursor that no line gave."""
        epoch, sequence = _log_cursor(cursor)
        whose = {"id": execution, "namespace": namespace}
        found = await self.rows(_QUERIES["logs"], epoch=epoch, sequence=sequence, limit=limit, **whose)
        return self._pool.aside.values("logs", found, _log_line, **whose)

    async def _value(self, query: str, **parameters: Any) -> bytes | None:
        row = await self.row(_QUERIES["value"].format(query=query), most=self._value_bytes, **parameters)
        if row and row["value"] is None and row["size"] is not None:
            raise TooLarge(f"{row['size']} bytes are stored, and {self._value_bytes} can be read at most")
        return row["value"] if row else None


def _conditions(filter: Filter, cursor: str | None) -> tuple[str, dict[str, Any]]:  # noqa: A002
    """The conditions of a list and their parameters; fixed texts, chosen by what is asked for."""
    customer, trigger = filter.customer, filter.trigger and str(filter.trigger)
    chosen: dict[str, tuple[str, Any]] = {
        "namespaces": (
            "namespace = any(%(namespaces)s)",
            None if filter.namespaces is None else list(filter.namespaces),
        ),
        "instance": ("instance = %(instance)s", filter.instance),
        "flow": ("flow = %(flow)s", filter.flow),
        "customer": ("customer_id = %(customer)s", customer),
        "trigger": ("trigger = %(trigger)s", trigger),
        "since": ("id >= %(since)s", _bound(filter.since)),
        "until": ("id < %(until)s", _bound(filter.until)),
        "cursor": ("id < %(cursor)s", _cursor(cursor)),
        "states": ("state = any(%(states)s)", _states(filter)),
    }
    texts = [text for text, value in chosen.values() if value is not None]
    if filter.states is not None and filter.states and _UNSUCCESSFUL.issuperset(filter.states):
        texts.append("error_code is not null")
    parameters = {name: value for name, (_, value) in chosen.items() if value is not None}
    return " and ".join(texts) or "true", parameters


def _bound(moment: datetime | None) -> UUID | None:
    return None if moment is None else first_at(moment)


def _states(filter: Filter) -> list[str] | None:  # noqa: A002
    return None if filter.states is None else [str(state) for state in filter.states]


def _cursor(cursor: str | None) -> UUID | None:
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError as error:
        raise InvalidInput("`cursor` is not one that a page gave: repeat the list without it") from error


def _log_cursor(cursor: str | None) -> tuple[int, int]:
    epoch, _, sequence = (cursor or "0.-1").partition(".")
    try:
        return int(epoch), int(sequence)
    except ValueError as error:
        raise InvalidInput("`cursor` is not one that a log line gave: repeat the list without it") from error


def _step_cursor(cursor: str | None) -> dict[str, Any]:
    """What `Step.cursor` says, as the parameters of a page; None begins."""
    if cursor is None:
        return {"after_start": None, "after_path": "", "after_attempt": 0}
    if found := _STEP_CURSOR.fullmatch(cursor):
        with suppress(OverflowError):
            after = EPOCH + timedelta(microseconds=int(found[1]))
            return {"after_start": after, "after_path": found[3], "after_attempt": int(found[2])}
    raise InvalidInput("`stepsCursor` is not one that a page gave: repeat the request without it")


def _execution(row: DictRow) -> Execution:
    flow = FlowIdentity(**{name: row.pop(name) for name in FlowIdentity._fields})
    return Execution(
        flow=flow,
        trigger=Trigger(row.pop("trigger")),
        state=ExecutionState(row.pop("state")),
        warnings=texts(row.pop("warnings")),
        **row,
    )


def _step(row: DictRow) -> Step:
    return Step(**{**row, "status": StepStatus(row["status"]), "warnings": texts(row["warnings"])})


def _behind(rows: Sequence[DictRow]) -> str | None:
    """The cursor behind the last of the rows that has a time; None where none has."""
    timed = (row for row in reversed(rows) if isinstance(row["started_at"], datetime))
    return next((step_cursor(row["started_at"], row["attempt"], row["path"]) for row in timed), None)


def _log_line(row: DictRow) -> LogLine:
    return LogLine(cursor=f"{row.pop('epoch')}.{row.pop('sequence')}", **row)
