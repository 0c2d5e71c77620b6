"""`Flow.status.lastExecution`, for `kubectl get flows`: written in batches, so that it costs next to nothing per execution.

At most once per flow in 30 s, and 5 flows a second in all, only where it changed.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from penstock_core import names
from penstock_core.cluster import FLOWS, Key
from penstock_core.store.flows.model import LastExecution
from penstock_core.store.flows.statistics import Statistics
from penstock_operator.objects.reporter import Reporter
from penstock_operator.watch.inventory import Inventory

FLOW_SECONDS: Final = 30.0
BATCH: Final = 5
"""Flows written in one step; steps are a second apart."""


class LastRuns:
    """Collects what ran last and publishes it slowly; `monotonic` is a clock in seconds."""

    def __init__(
        self, statistics: Statistics, inventory: Inventory, reporter: Reporter, *, monotonic: Callable[[], float]
    ) -> None:
        self._statistics = statistics
        self._inventory = inventory
        self._reporter = reporter
        self._monotonic = monotonic
        self._waiting: dict[Key, LastExecution] = {}
        self._written: dict[Key, float] = {}

    async def step(self) -> int:
        """Reads what changed, writes what is due; how many Flows were written."""
        await self._collect()
        due = [key for key in self._waiting if self._is_due(key)][:BATCH]
        for key in due:
            await self._publish(key, self._waiting.pop(key))
        return len(due)

    async def _collect(self) -> None:
        """Takes the newest of each flow, and settles all others.

        One that waits is settled when it comes again after it was published: until then it outlives a restart.
        """
        changes = await self._statistics.changes(kept=self._ended())
        for last in changes.last:
            key = (last.namespace, names.flow_object(last.instance, last.flow))
            known = self._waiting.get(key)
            if known is None or last.id >= known.id:
                self._take(key, last)
        if changes.marks:
            await self._statistics.settle(changes.marks, kept=self._ended())

    def _ended(self) -> list[UUID]:
        return [last.id for last in self._waiting.values() if last.state.final]

    def _take(self, key: Key, last: LastExecution) -> None:
        flow = self._inventory.get(FLOWS, key)
        if flow is None or flow.uid != last.flow_uid:
            return
        shown = flow.status.get("lastExecution")
        if shown == entry(last) or (shown and shown["id"] > str(last.id)):
            self._waiting.pop(key, None)
            return
        self._waiting[key] = last

    def _is_due(self, key: Key) -> bool:
        return self._monotonic() - self._written.get(key, -FLOW_SECONDS) >= FLOW_SECONDS

    async def _publish(self, key: Key, last: LastExecution) -> None:
        flow = self._inventory.get(FLOWS, key)
        if flow is None:
            return
        now = self._monotonic()
        self._written = {one: at for one, at in self._written.items() if now - at < FLOW_SECONDS} | {key: now}
        await self._reporter.status(FLOWS, flow, {**flow.status, "lastExecution": entry(last)})


def entry(last: LastExecution) -> dict[str, Any]:
    """`status.lastExecution`; times in whole seconds, absent where there is none yet."""
    times = {"startedAt": last.started_at, "endedAt": last.ended_at}
    return {
        "id": str(last.id),
        "state": str(last.state),
        **{name: _text(at) for name, at in times.items() if at is not None},
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
