"""The days into which the large tables are cut: names, bounds and statements; pure.

An id carries its time, so a day is a range of ids, and a look-up by id touches one partition.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from penstock_core.uuid7 import first_at

TABLES: Final = {
    "executions": "id",
    "execution_payloads": "execution_id",
    "step_results": "execution_id",
    "execution_logs": "execution_id",
}
"""Each partitioned table and the column that its partitions go by."""

_OPTIONS: Final = {"executions": " with (fillfactor = 75)"}
"""Room for the two updates of each execution, so that they stay heap-only."""


def bounds(day: date) -> tuple[UUID, UUID]:
    """The first id of a day (UTC) and the first of the next."""
    start = datetime.combine(day, time(), UTC)
    return first_at(start), first_at(start + timedelta(days=1))


def name(table: str, day: date) -> str:
    """Name of a table's partition for a day: `executions_p20261123`."""
    return f"{table}_p{day:%Y%m%d}"


def day_of(partition: str) -> date | None:
    """The day of a partition by its name; None for the default one."""
    _, _, digits = partition.rpartition("_p")
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if len(digits) == 8 and digits.isdigit() else None


def days_ahead(now: datetime, days: int) -> Iterator[date]:
    """Yesterday (for ids of clocks that are behind), today and the days that follow."""
    today = now.astimezone(UTC).date()
    return (today + timedelta(days=offset) for offset in range(-1, days + 1))


def create(table: str, day: date) -> str:
    """Statements that make a partition beside its parent, closed to everybody but the owner."""
    partition = name(table, day)
    return (
        f"create table {partition} (like {table} including all){_OPTIONS.get(table, '')};"
        f"alter table {partition} enable row level security"
    )


def move_from_default(table: str, day: date) -> str:
    """A statement that moves a day's rows out of the default partition; normally there are none."""
    low, high = bounds(day)
    key = TABLES[table]
    return (
        f"with moved as (delete from {table}_default where {key} >= '{low}' and {key} < '{high}' returning *) "
        f"insert into {name(table, day)} select * from moved"
    )


def attach(table: str, day: date) -> str:
    """A statement that hangs a partition into its parent."""
    low, high = bounds(day)
    return f"alter table {table} attach partition {name(table, day)} for values from ('{low}') to ('{high}')"


def rescue(table: str, day: date) -> str:
    """A statement that brings rows of executions that have not ended from a detached partition back through the parent."""
    return (
        f"insert into {table} select p.* from {name(table, day)} p"
        f" join live_executions l on l.id = p.{TABLES[table]} and l.namespace = p.namespace"
    )
