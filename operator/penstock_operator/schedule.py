"""Which minutes a schedule names, with the rules of Kubernetes' own CronJob controller. Pure.

Each minute of real time is asked whether its local clock matches: an hour that the spring clock skips names nothing,
one that the autumn clock repeats counts twice. Day of month and day of week are joined by "or" unless one of them has a
star: `*`, `?` or `*/1` in any of its parts, while `*/2` is a list of days like any other (robfig/cron, which the
controller uses).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from penstock_core.compiler import cron_fields

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
