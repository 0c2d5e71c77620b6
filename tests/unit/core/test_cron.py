"""Due minutes, with Kubernetes' rules for time zones."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock_core.cron import due, parse
from penstock_core.errors import InvalidInput


def minutes(cron: str, zone: str, start: datetime, until: datetime) -> list[str]:
    return [at.strftime("%d %H:%M") for at in due(cron, zone, after=start, until=until)]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_window_is_open_below_and_closed_above() -> None:
    """The minute of the start does not count again, that of the end does."""
    assert minutes("*/15 * * * *", "UTC", utc(2026, 1, 1, 0, 0), utc(2026, 1, 1, 0, 30)) == ["01 00:15", "01 00:30"]


def test_seconds_of_the_start_do_not_hide_the_next_minute() -> None:
    """A start within a minute begins with the next one."""
    assert minutes("* * * * *", "UTC", utc(2026, 1, 1, 0, 0, 59), utc(2026, 1, 1, 0, 1, 5)) == ["01 00:01"]


def test_local_time_decides() -> None:
    """Six in the morning in New York is eleven in winter and ten in summer, in UTC."""
    assert minutes("0 6 * * *", "America/New_York", utc(2026, 1, 5), utc(2026, 1, 6)) == ["05 11:00"]
    assert minutes("0 6 * * *", "America/New_York", utc(2026, 7, 5), utc(2026, 7, 6)) == ["05 10:00"]


def test_skipped_hour_has_no_tick() -> None:
    """On the night of the spring change, half past two does not exist in Berlin."""
    assert minutes("30 2 * * *", "Europe/Berlin", utc(2026, 3, 28, 12), utc(2026, 3, 29, 12)) == []


def test_repeated_hour_ticks_twice() -> None:
    """On the night of the autumn change, half past two comes twice in Berlin, as with Kubernetes' own CronJobs."""
    assert minutes("30 2 * * *", "Europe/Berlin", utc(2026, 10, 24, 12), utc(2026, 10, 25, 12)) == [
        "25 00:30",
        "25 01:30",
    ]


def test_day_and_weekday_are_alternatives() -> None:
    """With both a day of the month and a weekday, either is enough."""
    days = due("0 0 13 * 5", "UTC", after=utc(2026, 3, 1), until=utc(2026, 3, 31, 23))

    assert [at.day for at in days] == [6, 13, 20, 27]


def test_weekday_alone_restricts() -> None:
    """With a weekday alone, other days do not count."""
    for sunday in ("0", "sun", "SUN", "0-0"):
        found = due(f"0 12 * * {sunday}", "UTC", after=utc(2026, 3, 1, 13), until=utc(2026, 3, 15, 13))

        assert [at.day for at in found] == [8, 15]


MONDAYS = [2, 9, 16, 23, 30]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("*", MONDAYS),
        ("?", MONDAYS),
        ("*/1", MONDAYS),
        ("*,5", MONDAYS),
        ("*/2", sorted({*MONDAYS, *range(1, 32, 2)})),
        ("1-31", list(range(1, 32))),
    ],
)
def test_a_star_joins_the_days_by_and(day: str, expected: list[int]) -> None:
    """A star in the day of the month, with a step of 1 at most, leaves the weekday to decide; another step is a list."""
    found = due(f"0 0 {day} * 1", "UTC", after=utc(2026, 2, 28, 12), until=utc(2026, 3, 31, 12))

    assert [at.day for at in found] == expected


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0-0 0 * * *", ["01 00:00"]),
        ("? 1 * * *", [f"01 01:{minute:02}" for minute in range(60)]),
        ("50/5 2 ? * ?", ["01 02:50", "01 02:55"]),
        ("1-5/3,59 3 1 MAR-apr *", ["01 03:01", "01 03:04", "01 03:59"]),
    ],
)
def test_fields_name_what_they_name_for_a_cron_job(cron: str, expected: list[str]) -> None:
    """Ranges, steps, lists and words, as the CronJob controller reads them."""
    assert minutes(cron, "UTC", utc(2026, 2, 28, 23, 59), utc(2026, 3, 1, 23, 59)) == expected


@pytest.mark.parametrize(
    "cron", ["", "@daily", "* * * *", "61 * * * *", "0 0 l * *", "0 0 * * 7", "0 0 * * 1#2", "0 0 * * * *"]
)
def test_what_kubernetes_refuses_is_refused(cron: str) -> None:
    """Lines that a CronJob would not take, or that `check_cron` refuses, raise InvalidInput."""
    with pytest.raises(InvalidInput):
        parse(cron)


def test_a_week_is_computed_quickly() -> None:
    """A week of minutes has as many ticks as minutes."""
    start = utc(2026, 1, 1)

    assert sum(1 for _ in due("* * * * *", "UTC", after=start, until=start + timedelta(days=7))) == 7 * 24 * 60
