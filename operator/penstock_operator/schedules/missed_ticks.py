"""Ticks that never happened: computed from the schedules, recorded as missed, told by an Event and a counter.

The CronJob controller makes up only for the latest tick after an outage, and for none that is older than its deadline.
So every due minute that is well past must have a row; one that has none gets it here, under the same key as the runner
would have used: whoever comes second finds it. Ticks in a pause need none; the pauses are rows, too.

A schedule counts from when its cron line or time zone was last changed, which the Flow says in an annotation: nothing else
that is written to a Flow may hide a tick.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, JOBS, Cluster
from penstock_core.cron import due
from penstock_core.errors import StoreContended, StoreUnavailable
from penstock_core.executions.flow_identity import flow_identity
from penstock_core.manifests.cronjob import STARTING_DEADLINE_SECONDS
from penstock_core.observed.flow import Flow
from penstock_core.observed.workload import Job
from penstock_core.store.flows.schedules import MOST_RECORDED, Schedules
from penstock_operator.objects.reasons import Reason
from penstock_operator.objects.reporter import Reporter
from penstock_operator.watch.inventory import Inventory
from penstock_operator.workloads.diagnosis import blocker_of
from penstock_operator.workloads.identity import is_tick
from penstock_operator.workloads.index import Workloads

log = logging.getLogger(__name__)
SETTLED: Final = timedelta(seconds=STARTING_DEADLINE_SECONDS + 60)
"""How long after its minute a tick without a row counts as missed."""
LOOK_BACK: Final = timedelta(days=6)
"""Keys of ticks are kept for seven days: older ones could be recorded twice."""
REVIEWED: Final = timedelta(hours=1)
"""What is looked at again before the replica before us was last seen: it may have lived without the database for a while."""


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
        self._since = since - SETTLED - REVIEWED
        self._checked: dict[str, datetime] = {}
        self._under_way: dict[str, list[datetime]] = {}

    async def step(self) -> None:
        """One round over all schedules; one that cannot be checked does not keep the others from it."""
        flows = {item.uid: item for item in self._inventory.all(FLOWS).values() if self._is_ours(item)}
        self._checked = {uid: at for uid, at in self._checked.items() if uid in flows}
        self._under_way = {uid: ticks for uid, ticks in self._under_way.items() if ticks and uid in flows}
        contended: set[str] = set()
        for uid, flow in flows.items():
            if flow.namespace in contended:
                continue
            try:
                await self._check(uid, flow)
            except StoreContended as error:
                # one wait a namespace and round is enough; its ticks are looked at again in the next
                contended.add(flow.namespace)
                log.warning("ticks not checked: somebody holds their rows", extra=_extra(flow) | {"cause": str(error)})
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("ticks not checked", extra=_extra(flow))
            await asyncio.sleep(0)  # days of minutes take a while, and the Lease must be renewed meanwhile

    def _is_ours(self, flow: Flow) -> bool:
        """A schedule of this release that is known to be there: a deleted namespace takes the right to see its Flows go."""
        ours = flow.labels.get(names.LABEL_RELEASE) == self._release
        return ours and flow.is_scheduled and not self._inventory.is_partial(flow.namespace)

    async def _check(self, uid: str, flow: Flow) -> None:
        now = self._clock()
        start = window_start(flow, checked=self._checked.get(uid, self._since), now=now)
        ticks = due(flow.settings["cron"], flow.settings["timeZone"], after=start, until=window_end(flow, now=now))
        under_way, lost = await self._sorted(flow, [*self._under_way.get(uid, ()), *ticks])
        if lost:
            await self._record(flow, lost)
        self._under_way[uid] = under_way
        self._checked[uid] = max(start, now - SETTLED)

    async def _sorted(self, flow: Flow, ticks: Iterable[datetime]) -> tuple[list[datetime], list[datetime]]:
        """Ticks whose Job will still come to something, and the others."""
        cron_job = names.cron_job(flow.instance, flow.uid)
        under_way: list[datetime] = []
        lost: list[datetime] = []
        for tick in ticks:
            job = self._workloads.job((flow.namespace, f"{cron_job}-{int(tick.timestamp()) // 60}"))
            ours = job is not None and is_tick(job, cron_job=cron_job)
            alive = job is not None and ours and not job.is_over and await self._may_start(flow, job, tick)
            (under_way if alive else lost).append(tick)
        return under_way, lost

    async def _may_start(self, flow: Flow, job: Job, tick: datetime) -> bool:
        """False where a tick's Job cannot start in its time; it is deleted then."""
        blockers = [blocker_of(pod, now=self._clock()) for pod in self._workloads.pods_of(job)]
        overdue = next((found[0] for found in blockers if found and found[1]), None)
        if overdue is None:
            return True
        await self._cluster.delete(JOBS, *job.key, uid=job.uid)
        await self._tell(flow, f"{flow.flow}: the tick of {_text(tick)} could not start: {overdue.words}")
        return False

    async def _record(self, flow: Flow, ticks: list[datetime]) -> None:
        missed = await self._schedules.record_missed(flow_identity(flow), ticks)
        if not missed:
            return
        self._missed(len(missed))
        log.warning("ticks missed", extra=_extra(flow) | {"count": len(missed)})
        await self._tell(flow, sentence(flow.flow, missed))

    async def _tell(self, flow: Flow, message: str) -> None:
        instance = self._inventory.get(INSTANCES, flow.owner)
        if instance is not None:
            await self._reporter.event(instance, reason=Reason.TICK_MISSED, message=message)


def window_start(flow: Flow, *, checked: datetime, now: datetime) -> datetime:
    """From when on ticks count: not before the schedule held, and not before what is remembered of ticks."""
    return max(checked, flow.scheduled_since, now - LOOK_BACK)


def window_end(flow: Flow, *, now: datetime) -> datetime:
    """Until when ticks count: not while they may still start; and a paused Flow was paused when last written, at the latest."""
    until = now - SETTLED
    return min(until, flow.last_applied) if flow.paused else until


def sentence(flow: str, ticks: Sequence[datetime]) -> str:
    """What the Event says."""
    if len(ticks) == 1:
        return f"{flow}: the tick of {_text(ticks[0])} was missed"
    kept = f"; the newest {MOST_RECORDED} of them are recorded" if len(ticks) > MOST_RECORDED else ""
    return f"{flow}: {len(ticks)} ticks from {_text(ticks[0])} to {_text(ticks[-1])} were missed{kept}"


def _extra(flow: Flow) -> dict[str, Any]:
    return {"namespace": flow.namespace, "instance": flow.instance, "flow": flow.flow}


def _text(tick: datetime) -> str:
    return tick.strftime("%Y-%m-%d %H:%M UTC")
