"""Rows become values here, one by one: what cannot be understood is named, put aside and counted, and the others go on.

Rows are written by many programs, and a row may hold what none of them meant: a time that Python has no word for
(`infinity`, a year before Christ), a word that no list of ours has, an id whose time lies far off.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg import AsyncConnection, DataError
from psycopg.abc import Buffer
from psycopg.rows import DictRow
from psycopg.types.datetime import TimestamptzBinaryLoader, TimestamptzLoader

from penstock_core import uuid7

log = logging.getLogger(__name__)
REMEMBERED: Final = 10_000
"""Rows that were named, so that a loop does not name the same one every second."""
NAMED_AN_HOUR: Final = 100
"""Rows of one namespace: a tenant that makes up thousands must not fill the log, nor keep a loop busy with it."""
Value = TypeVar("Value")


class Unloadable:
    """Stands in a row where the database holds something that has no value here."""


UNLOADABLE: Final = Unloadable()


class _Binary(TimestamptzBinaryLoader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except DataError:
            return UNLOADABLE


class _Text(TimestamptzLoader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except DataError:
            return UNLOADABLE


async def load_every_row(connection: AsyncConnection[Any]) -> None:
    """Lets a connection load rows with times that Python has no word for; nothing is sent to the server."""
    connection.adapters.register_loader("timestamptz", _Binary)
    connection.adapters.register_loader("timestamptz", _Text)


def texts(value: Any) -> tuple[str, ...]:
    """An array of texts as it should be; ValueError for one with dimensions or nulls, which a column of that type may hold."""
    if not all(isinstance(one, str) for one in value):
        raise ValueError("an array holds something else than texts")
    return tuple(value)


class PutAside:
    """Turns rows into values; `count` is told the reader's name once for each row that none came of."""

    def __init__(
        self,
        count: Callable[[str], None] | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._count = count
        self._clock = clock
        self._named: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._lines: dict[str, int] = {}
        self._since = clock()

    def values(
        self, reader: str, rows: Iterable[DictRow], make: Callable[[DictRow], Value], **about: object
    ) -> list[Value]:
        """What `make` gives of each row, without those that it raises ValueError, TypeError or OverflowError for.

        `reader` is a fixed word; `about` says what a row does not: its `namespace`, its execution's `id`.
        """
        found = []
        for row in rows:
            try:
                found.append(make(self._checked(row)))
            except (ValueError, TypeError, OverflowError) as error:
                self._put_aside(reader, {**about, **row}, str(error))
        return found

    def _checked(self, row: DictRow) -> DictRow:
        """A copy, which `make` may take apart."""
        missing = sorted(name for name, value in row.items() if value is UNLOADABLE)
        if missing:
            raise ValueError(f"no time can be read in {', '.join(missing)}")
        identifier = row.get("id")
        if isinstance(identifier, UUID) and uuid7.is_far_off(identifier, self._clock()):
            raise ValueError("the time in its id lies far off")
        return dict(row)

    def _put_aside(self, reader: str, row: Mapping[str, Any], cause: str) -> None:
        namespace, execution = str(row.get("namespace", "")), str(row.get("id", ""))
        key = (reader, execution, cause)
        if key in self._named:
            return
        self._named[key] = None
        if len(self._named) > REMEMBERED:
            self._named.popitem(last=False)
        if self._count is not None:
            self._count(reader)
        if not self._may_name(namespace):
            return
        extra = {"reader": reader, "namespace": namespace, "execution": execution, "cause": cause}
        log.warning("a row cannot be understood and is put aside", extra=extra)

    def _may_name(self, namespace: str) -> bool:
        """Whether the log has room for one more of a namespace; it is counted."""
        now = self._clock()
        if now - self._since > timedelta(hours=1):
            self._lines, self._since = {}, now
        self._lines[namespace] = self._lines.get(namespace, 0) + 1
        return self._lines[namespace] <= NAMED_AN_HOUR
