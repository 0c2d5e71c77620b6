"""What is checked of a schedule: its times, which Kubernetes would refuse or read in a zone that nobody meant."""

from collections.abc import Callable, Iterator
from functools import partial

from penstock_core.compiler.fields import check_time_zone
from penstock_core.cron import check_cron
from penstock_core.resources.integration import ScheduleTrigger


def checks(trigger: ScheduleTrigger) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each field, with what raises where it is wrong."""
    yield "cron", partial(check_cron, trigger.cron)
    yield "timeZone", partial(check_time_zone, trigger.time_zone)
