"""Which minutes a schedule names, with the rules of Kubernetes' own CronJob controller. Pure.

Each minute of real time is asked whether its local clock matches: an hour that the spring clock skips names nothing,
one that the autumn clock repeats counts twice. Day of month and day of week are joined by "or" unless one of them is `*`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from croniter import croniter

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A parsed cron line; an empty set of a field stands for `*`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def matches(self, local: datetime) -> bool:
        """True where the minute of this local time is named."""
        return (
            _in(self.minutes, local.minute)
            and _in(self.hours, local.hour)
            and _in(self.months, local.month)
            and self._day_matches(local)
        )

    def _day_matches(self, local: datetime) -> bool:
        day = local.day in self.days
        weekday = local.isoweekday() % 7 in self.weekdays
        if self.days and self.weekdays:
            return day or weekday
        return (not self.days or day) and (not self.weekdays or weekday)


def _in(allowed: frozenset[int], value: int) -> bool:
    return not allowed or value in allowed


@lru_cache(maxsize=4096)
def parse(cron: str) -> Schedule:
    """A cron line of five fields, or `@daily` and its like; raises ValueError where it is none."""
    fields, nth_weekdays = croniter.expand(cron)
    if len(fields) != 5 or nth_weekdays:
        raise ValueError(f"{cron!r} is not a cron line of five plain fields")
    minutes, hours, days, months, weekdays = (_numbers(field) for field in fields)
    return Schedule(
        minutes=minutes, hours=hours, days=days, months=months, weekdays=frozenset(day % 7 for day in weekdays)
    )


def _numbers(field: list[int | str]) -> frozenset[int]:
    if field == ["*"]:
        return frozenset()
    return frozenset(int(value) for value in field)


def due(cron: str, time_zone: str, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """The minutes in (after, until] that the schedule names, in UTC, oldest first; `time_zone` is an IANA name."""
    schedule, zone = parse(cron), ZoneInfo(time_zone)
    moment = after.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
    while moment <= until:
        if schedule.matches(moment.astimezone(zone)):
            yield moment
        moment += MINUTE
