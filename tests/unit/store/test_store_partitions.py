"""Days, names and bounds of partitions."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from penstock_core import uuid7
from penstock_core.store.schema import partitions

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)


def test_days_are_those_of_utc() -> None:
    """Yesterday in UTC is the first, whatever the zone of the clock."""
    late = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert list(partitions.days_ahead(late, 1)) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]


def test_days_touch_without_gap_or_overlap() -> None:
    """The end of each day is the beginning of the next."""
    days = list(partitions.days_ahead(NOON, 5))

    for day, following in pairwise(days):
        assert partitions.bounds(day)[1] == partitions.bounds(following)[0]


@pytest.mark.parametrize("moment", [datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 2, 28, 23, 59, 59, 999000, UTC)])
def test_ids_of_a_day_lie_within_its_bounds(moment: datetime) -> None:
    """The first and the last millisecond of a day belong to it."""
    low, high = partitions.bounds(date(2026, 2, 28))

    assert low <= uuid7.new(int(moment.timestamp() * 1000)) < high


def test_a_name_tells_its_day() -> None:
    """The day can be read back from a partition's name; the default partition has none."""
    day = date(2026, 11, 3)

    for table in partitions.TABLES:
        assert partitions.day_of(partitions.name(table, day)) == day
        assert partitions.day_of(f"{table}_default") is None
