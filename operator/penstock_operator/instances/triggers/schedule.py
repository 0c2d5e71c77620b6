"""A flow that starts at times: its CronJob makes the ticks."""

from collections.abc import Mapping
from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import CRON_JOBS, Cluster
from penstock_core.compiler import check_cron, check_time_zone
from penstock_core.errors import InvalidInput
from penstock_core.manifests.cronjob import cron_job
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Override
from penstock_core.resources.base import default_of
from penstock_core.resources.integration import ScheduleTrigger
from penstock_operator.instances.triggers.kind import Site, Trigger
from penstock_operator.objects.apply import ensure

DEFAULT_TIME_ZONE: Final[str] = default_of(ScheduleTrigger, "time_zone")
DEFAULT_OVERLAP: Final[str] = default_of(ScheduleTrigger, "overlap")


class Schedule(Trigger):
    """`cron`, `timeZone` and `overlap`."""

    keeps_times = True

    def settings(self, declared: Mapping[str, Any], override: Override, *, url: str | None) -> dict[str, Any]:
        """The Instance's own times lie over the declared ones, member by member."""
        schedule = {**declared, **(override.schedule or {})}
        return {
            "cron": schedule["cron"],
            "timeZone": schedule.get("timeZone", DEFAULT_TIME_ZONE),
            "overlap": schedule.get("overlap", DEFAULT_OVERLAP),
        }

    def problems(self, place: str, override: Override) -> list[str]:
        """What is wrong with an Instance's own times: a CronJob would be refused, or tick in a zone that nobody meant."""
        problems, schedule = [], override.schedule or {}
        for field, check in (("cron", check_cron), ("timeZone", check_time_zone)):
            try:
                if schedule.get(field) is not None:
                    check(schedule[field])
            except InvalidInput as error:
                problems.append(f"{place}.schedule.{field}: {error}")
        return problems

    def warnings(self, flow: str, declared: Mapping[str, Any], override: Override) -> list[str]:
        """Versions of earlier releases may declare what is not published any more, such as a day that no month has."""
        if (override.schedule or {}).get("cron") is not None:
            return []
        try:
            check_cron(declared["cron"])
        except InvalidInput as error:
            return [f"flow {flow}: the Integration's schedule `{declared['cron']}`: {error}"]
        return []

    def line(self, settings: Mapping[str, Any]) -> str:
        """The line and the zone."""
        return f" (schedule `{settings['cron']}`, time zone {settings['timeZone']})"

    def shown(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """When it starts."""
        return {"schedule": settings["cron"], "timeZone": settings["timeZone"]}

    async def deploy(self, flow: Flow, site: Site) -> None:
        """Its CronJob."""
        wanted = cron_job(flow, runner=site.runner)
        current = site.cron_jobs.get(_key(flow))
        await ensure(site.cluster, CRON_JOBS, wanted, current=current.manifest() if current else None)

    async def remove(self, flow: Flow, site: Site) -> None:
        """A CronJob that is there."""
        current = site.cron_jobs.get(_key(flow))
        if current is not None:
            await site.cluster.delete(CRON_JOBS, *_key(flow), uid=current.uid)

    async def stop(self, flow: Flow, cluster: Cluster) -> None:
        """Its CronJob."""
        await cluster.delete(CRON_JOBS, *_key(flow))


def _key(flow: Flow) -> tuple[str, str]:
    return flow.namespace, names.cron_job(flow.instance, flow.uid)
