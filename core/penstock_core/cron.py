"""Which minutes a schedule names, with the rules of Kubernetes' own CronJob controller. Pure.

Each minute of real time is asked whether its local clock matches: an hour that the spring clock skips names nothing,
one that the autumn clock repeats counts twice. Day of month and day of week are joined by "or" unless one of them has a
star: `*`, `?` or `*/1` in any of its parts, while `*/2` is a list of days like any other (robfig/cron, which the
controller uses).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from penstock_core.errors import ExpressionError

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DAYS: Final = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_CRON: Final[tuple[tuple[str, int, int, dict[str, int]], ...]] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_CRON_PART: Final = re.compile(
    r"([*?]|(?P<low>[0-9]{1,9}|[a-z]{3})(?:-(?P<high>[0-9]{1,9}|[a-z]{3}))?)(?:/(?P<step>[0-9]{1,9}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronField:
    """The numbers that one field of a cron line names; `star` where a part of it is `*` or `?`, with no step but 1."""

    values: frozenset[int]
    star: bool


_LONGEST: Final = {month: 30 if month in (4, 6, 9, 11) else 31 for month in range(1, 13)} | {2: 29}
"""The last day that a month ever has."""


def check_cron(text: str) -> None:
    """Five cron fields, as Kubernetes' CronJobs take them, that name some minute of some year."""
    _, _, days, months, weekdays = cron_fields(text)
    # with a day of the week beside it, as every month has each of them, the other day need not come
    joined = days.star or weekdays.star
    if joined and not any(min(days.values) <= _LONGEST[month] for month in months.values):
        written = text.split()
        raise ExpressionError(
            f"`{text}` can never come: no month `{written[3]}` has a day `{written[2]}`; correct the day of the month or the"
            " month"
        )


def cron_fields(text: str) -> tuple[CronField, ...]:
    """Minute, hour, day of the month, month and day of the week (Sunday is 0), read as Kubernetes' CronJobs read them."""
    fields = text.split()
    if len(fields) != len(_CRON):
        raise ExpressionError(
            f"a schedule has five fields, and this has {len(fields)}: write minute, hour, day of the month, month,"
            " day of the week, as in `0 6 * * *`"
        )
    return tuple(_cron_field(field.lower(), *bounds) for field, bounds in zip(fields, _CRON, strict=True))


def _cron_field(field: str, what: str, low: int, high: int, words: Mapping[str, int]) -> CronField:
    parts = [_cron_part(part, what, low, high, words) for part in field.split(",")]
    return CronField(values=frozenset().union(*(part.values for part in parts)), star=any(part.star for part in parts))


def _cron_part(part: str, what: str, low: int, high: int, words: Mapping[str, int]) -> CronField:
    match = _CRON_PART.fullmatch(part)
    if match is None:
        raise _no_cron_value(part, what, low, high, words)
    step = int(match["step"] or 1)
    if match["low"] is None:
        first, last = low, high
    else:
        first = _cron_number(match["low"], words)
        last = _cron_number(match["high"] or match["low"], words)
    if step == 0 or not low <= first <= last <= high:
        raise _no_cron_value(part, what, low, high, words)
    if match["step"] and match["high"] is None:
        last = high  # `5/15` begins at 5 and goes on to the end
    return CronField(values=frozenset(range(first, last + 1, step)), star=match["low"] is None and step == 1)


def _cron_number(text: str, words: Mapping[str, int]) -> int:
    """The number of a digit string or a word, -1 for an unknown word."""
    return int(text) if text.isdigit() else words.get(text, -1)


def _no_cron_value(part: str, what: str, low: int, high: int, words: Mapping[str, int]) -> ExpressionError:
    names = f" or {next(iter(words))} to {list(words)[-1]}" if words else ""
    return ExpressionError(
        f"`{part}` is no value for the {what}: write {low} to {high}{names}, `*`, a range such as {low}-{high} or a step such"
        " as */15"
    )


MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A parsed cron line; `any_day` where day of month or day of week has a star, so that both must match."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool

    def matches(self, local: datetime) -> bool:
        """True where the minute of this local time is named."""
        return (
            local.minute in self.minutes
            and local.hour in self.hours
            and local.month in self.months
            and self._day_matches(local)
        )

    def _day_matches(self, local: datetime) -> bool:
        day = local.day in self.days
        weekday = local.isoweekday() % 7 in self.weekdays
        return (day and weekday) if self.any_day else (day or weekday)


@lru_cache(maxsize=4096)
def parse(cron: str) -> Schedule:
    """A cron line of five fields; raises InvalidInput where it is none."""
    minutes, hours, days, months, weekdays = cron_fields(cron)
    return Schedule(
        minutes=minutes.values,
        hours=hours.values,
        days=days.values,
        months=months.values,
        weekdays=weekdays.values,
        any_day=days.star or weekdays.star,
    )


def due(cron: str, time_zone: str, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """The minutes in (after, until] that the schedule names, in UTC, oldest first; `time_zone` is an IANA name."""
    schedule, zone = parse(cron), ZoneInfo(time_zone)
    moment = after.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
    while moment <= until:
        if schedule.matches(moment.astimezone(zone)):
            yield moment
        moment += MINUTE
