"""`Flow.status.lastExecution`, for `kubectl get flows`: written in batches, so that it costs next to nothing per execution.

Another state within two seconds, the same state again at most every 30 s; 5 flows a second in all, of which some are saved up
for moments in which many change. Namespaces take turns, and of each the flow that was written longest ago comes first.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
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
"""Between two writes of a flow that shows the same state again."""
CHANGE_SECONDS: Final = 1.0
"""Between two writes of a flow that shows another state; steps are a second apart."""
RATE: Final = 5.0
"""Flows written a second, in the long run."""
SAVED: Final = 60.0
"""Writes that may be saved up."""
BATCH: Final = 20
"""Flows written in one step at most."""
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,63}")
_PATH: Final = re.compile(r"[A-Za-z0-9_./-]{1,253}")


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
        self._room, self._room_at = SAVED, monotonic()

    async def step(self) -> int:
        """Reads what changed, writes what is due; how many Flows were written."""
        await self._collect()
        due = list(self._in_turns())[: self._budget()]
        self._room -= len(due)
        for key in due:
            await self._publish(key, self._waiting.pop(key))
        return len(due)

    def _budget(self) -> int:
        now = self._monotonic()
        self._room = min(SAVED, self._room + RATE * (now - self._room_at))
        self._room_at = now
        return min(BATCH, int(self._room))

    def _in_turns(self) -> Iterator[Key]:
        """What is due, one of each namespace after the other: none that has many flows holds up another."""
        turns: Counter[str] = Counter()
        ranked = []
        for key in sorted(filter(self._is_due, self._waiting), key=lambda one: self._written.get(one, 0.0)):
            ranked.append((turns[key[0]], key))
            turns[key[0]] += 1
        return (key for _, key in sorted(ranked, key=lambda one: one[0]))

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
        flow = self._inventory.get(FLOWS, key)
        shown = (flow.status.get("lastExecution") or {}).get("state") if flow is not None else None
        pause = FLOW_SECONDS if shown == str(self._waiting[key].state) else CHANGE_SECONDS
        return self._monotonic() - self._written.get(key, -FLOW_SECONDS) >= pause

    async def _publish(self, key: Key, last: LastExecution) -> None:
        flow = self._inventory.get(FLOWS, key)
        if flow is None:
            return
        now = self._monotonic()
        self._written = {one: at for one, at in self._written.items() if now - at < FLOW_SECONDS} | {key: now}
        await self._reporter.status(FLOWS, flow, {**flow.status, "lastExecution": entry(last)})


def entry(last: LastExecution) -> dict[str, Any]:
    """`status.lastExecution`; times in whole seconds; what there is none of is absent.

    Of an error there is the code and the step, which whoever may see the flow may know: its words may quote what was sent.
    """
    told = {"error": _told(_CODE, last.error_code), "failedStep": _told(_PATH, last.failed_step)}
    times = {"startedAt": last.started_at, "endedAt": last.ended_at}
    return {
        "id": str(last.id),
        "state": str(last.state),
        **{name: _text(at) for name, at in times.items() if at is not None},
        **{name: words for name, words in told.items() if words},
    }


def _told(form: re.Pattern[str], text: str | None) -> str | None:
    """A row's text where it is what Penstock writes: the runners' own role may have put anything there."""
    return text if text and form.fullmatch(text) else None


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
