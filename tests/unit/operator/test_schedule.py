"""Due minutes, with Kubernetes' rules for time zones."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock_operator.schedule import due, parse


def minutes(cron, zone, start, until):
    return [at.strftime("%d %H:%M") for at in due(cron, zone, after=start, until=until)]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_window_is_open_below_and_closed_above():
    """The minute of the start does not count again, that of the end does."""
    assert minutes("*/15 * * * *", "UTC", utc(2026, 1, 1, 0, 0), utc(2026, 1, 1, 0, 30)) == ["01 00:15", "01 00:30"]


def test_seconds_of_the_start_do_not_hide_the_next_minute():
    """A start within a minute begins with the next one."""
    assert minutes("* * * * *", "UTC", utc(2026, 1, 1, 0, 0, 59), utc(2026, 1, 1, 0, 1, 5)) == ["01 00:01"]


def test_local_time_decides():
    """Six in the morning in New York is eleven in winter and ten in summer, in UTC."""
    assert minutes("0 6 * * *", "America/New_York", utc(2026, 1, 5), utc(2026, 1, 6)) == ["05 11:00"]
    assert minutes("0 6 * * *", "America/New_York", utc(2026, 7, 5), utc(2026, 7, 6)) == ["05 10:00"]


def test_skipped_hour_has_no_tick():
    """On the night of the spring change, half past two does not exist in Berlin."""
    assert minutes("30 2 * * *", "Europe/Berlin", utc(2026, 3, 28, 12), utc(2026, 3, 29, 12)) == []


def test_repeated_hour_ticks_twice():
    """On the night of the autumn change, half past two comes twice in Berlin, as with Kubernetes' own CronJobs."""
    assert minutes("30 2 * * *", "Europe/Berlin", utc(2026, 10, 24, 12), utc(2026, 10, 25, 12)) == [
        "25 00:30",
        "25 01:30",
    ]


def test_day_and_weekday_are_alternatives():
    """With both a day of the month and a weekday, either is enough."""
    days = due("0 0 13 * 5", "UTC", after=utc(2026, 3, 1), until=utc(2026, 3, 31, 23))

    assert [at.day for at in days] == [6, 13, 20, 27]


def test_weekday_alone_restricts():
    """With a weekday alone, other days do not count; Sunday is 0 and 7."""
    for sunday in ("0", "7", "sun"):
        found = due(f"0 12 * * {sunday}", "UTC", after=utc(2026, 3, 1, 13), until=utc(2026, 3, 15, 13))

        assert [at.day for at in found] == [8, 15]


def test_nicknames_are_known():
    """@daily is midnight."""
    assert minutes("@daily", "UTC", utc(2026, 1, 1, 12), utc(2026, 1, 2, 12)) == ["02 00:00"]


@pytest.mark.parametrize("cron", ["", "* * * *", "61 * * * *", "0 0 l * *", "0 0 * * 1#2", "0 0 * * * *"])
def test_what_kubernetes_refuses_is_refused(cron):
    """Lines that a CronJob would not take raise ValueError."""
    with pytest.raises(ValueError):
        parse(cron)


def test_a_week_is_computed_quickly():
    """A week of minutes has as many ticks as minutes."""
    start = utc(2026, 1, 1)

    assert sum(1 for _ in due("* * * * *", "UTC", after=start, until=start + timedelta(days=7))) == 7 * 24 * 60
