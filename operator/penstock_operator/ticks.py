"""Ticks that never happened: computed from the schedules, recorded as missed, told by an Event and a counter.

The CronJob controller makes up only for the latest tick after an outage, and for none that is older than its deadline.
So every due minute that is well past must have a row; one that has none gets it here, under the same key as the runner
would have used: whoever comes second finds it.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, JOBS, Cluster, Object
from penstock_core.manifests.cronjob import STARTING_DEADLINE_SECONDS
from penstock_core.manifests.identity import flow_identity
from penstock_core.store.schedules import Schedules
from penstock_operator.diagnosis import hindrance_of, job_is_over, timestamp
from penstock_operator.inventory import Inventory
from penstock_operator.reporting import Reporter
from penstock_operator.schedule import due
from penstock_operator.workloads import Workloads

log = logging.getLogger(__name__)

SETTLED: Final = timedelta(seconds=STARTING_DEADLINE_SECONDS + 60)
"""How long after its minute a tick without a row counts as missed."""
LOOK_BACK: Final = timedelta(days=6)
"""Keys of ticks are kept for seven days: older ones could be recorded twice."""


class Ticks:
    """Looks at every scheduled flow; `since` is when the replica before us was last seen alive."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        workloads: Workloads,
        schedules: Schedules,
        *,
        reporter: Reporter,
        clock: Callable[[], datetime],
        missed: Callable[[int], None],
        since: datetime,
        release: str,
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._workloads = workloads
        self._schedules = schedules
        self._reporter = reporter
        self._clock = clock
        self._missed = missed
        self._release = release
        self._since = since - SETTLED
        self._checked: dict[str, datetime] = {}

    async def step(self) -> None:
        """One round over all schedules."""
        flows = [item for item in self._inventory.all(FLOWS).values() if self._is_ours(item)]
        self._checked = {uid: at for uid, at in self._checked.items() if uid in {f["metadata"]["uid"] for f in flows}}
        for flow in flows:
            if not flow["spec"]["paused"]:
                await self._check(flow)

    def _is_ours(self, flow: Object) -> bool:
        release = flow["metadata"].get("labels", {}).get(names.LABEL_RELEASE)
        return bool(flow["spec"]["trigger"] == "schedule" and release == self._release)

    async def _check(self, flow: Object) -> None:
        uid = flow["metadata"]["uid"]
        now = self._clock()
        start = window_start(flow, checked=self._checked.get(uid, self._since), now=now)
        until = now - SETTLED
        schedule = flow["spec"]["schedule"]
        pending = None
        ticks = []
        for tick in due(schedule["cron"], schedule["timeZone"], after=start, until=until):
            if await self._is_under_way(flow, tick):
                pending = pending or tick
            else:
                ticks.append(tick)
        if ticks:
            await self._record(flow, ticks)
        self._checked[uid] = pending - timedelta(minutes=1) if pending else max(start, until)

    async def _is_under_way(self, flow: Object, tick: datetime) -> bool:
        """True where the tick's Job will still come to something; one that cannot start is deleted after its time."""
        name = names.cron_job(flow["spec"]["instance"], flow["metadata"]["uid"])
        job = self._workloads.job((flow["metadata"]["namespace"], f"{name}-{int(tick.timestamp()) // 60}"))
        if job is None or job_is_over(job):
            return False
        hindrances = [hindrance_of(pod, now=self._clock()) for pod in self._workloads.pods_of(job)]
        overdue = next((found[0] for found in hindrances if found and found[1]), None)
        if overdue is None:
            return True
        metadata = job["metadata"]
        await self._cluster.delete(JOBS, metadata["namespace"], metadata["name"])
        await self._tell(flow, f"{flow['spec']['flow']}: the tick of {_text(tick)} could not start: {overdue.words}")
        return False

    async def _record(self, flow: Object, ticks: list[datetime]) -> None:
        recorded = await self._schedules.record_missed(flow_identity(flow), ticks)
        if not recorded:
            return
        self._missed(len(recorded))
        extra = {"namespace": flow["metadata"]["namespace"], "instance": flow["spec"]["instance"]}
        log.warning("ticks missed", extra={**extra, "flow": flow["spec"]["flow"], "count": len(recorded)})
        await self._tell(flow, sentence(flow["spec"]["flow"], recorded))

    async def _tell(self, flow: Object, message: str) -> None:
        instance = self._inventory.get(INSTANCES, (flow["metadata"]["namespace"], flow["spec"]["instance"]))
        if instance is not None:
            await self._reporter.event(instance, type="Warning", reason="TickMissed", message=message)


def window_start(flow: Mapping[str, Any], *, checked: datetime, now: datetime) -> datetime:
    """From when on ticks count: not before the schedule was last written, and not before what is remembered of ticks."""
    return max(checked, last_applied(flow), now - LOOK_BACK)


def last_applied(flow: Mapping[str, Any]) -> datetime:
    """When the Flow's spec was last written: ticks of its schedule and its pauses count from then on."""
    metadata = flow["metadata"]
    times = [
        timestamp(entry["time"])
        for entry in metadata.get("managedFields", ())
        if entry.get("manager") == names.MANAGER and not entry.get("subresource") and entry.get("time")
    ]
    return max([timestamp(metadata["creationTimestamp"]), *times])


def sentence(flow: str, ticks: list[datetime]) -> str:
    """What the Event says."""
    if len(ticks) == 1:
        return f"{flow}: the tick of {_text(ticks[0])} was missed"
    return f"{flow}: {len(ticks)} ticks from {_text(ticks[0])} to {_text(ticks[-1])} were missed"


def _text(tick: datetime) -> str:
    return tick.strftime("%Y-%m-%d %H:%M UTC")
