"""Who was refused and why, for the owner: callers hear nothing of it. A metric counts all, the log has one of a kind a minute.

What concerns an instance is counted into the store, of which the operator makes Events; nothing of a request is in it.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from penstock_core.errors import StoreError
from penstock_gateway.flows import FlowTable, ServedFlow
from penstock_gateway.metrics import Metrics
from penstock_gateway.webhooks.authentication import Cause

LOG_SECONDS: Final = 60.0
STORE_SECONDS: Final = 10.0
Store = Callable[[Mapping[tuple[str, Cause], int]], Awaitable[None]]
"""Adds counts, by an instance's uid and the cause."""
KINDS: Final = 10_000
"""Kinds of refusals, a flow and a cause each, that are told apart."""
_PATH: Final = 200
_log = logging.getLogger(__name__)


class Refusals:
    """Notes refusals; `run()` must be running where the owner is to hear of them; `clock` in seconds."""

    def __init__(
        self, flows: FlowTable, metrics: Metrics, *, store: Store, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._flows = flows
        self._metrics = metrics
        self._clock = clock
        self._store = store
        self._logged: dict[tuple[str, Cause], float] = {}
        self._counts: Counter[tuple[str, Cause]] = Counter()

    def note(self, cause: Cause, *, flow: ServedFlow | None, path: str) -> None:
        """One refused request; of paths that lead nowhere, those below one namespace are of one kind."""
        self._metrics.refusals[cause].inc()
        uid = flow.identity.instance_uid if flow else self._instance(path)
        if uid and (len(self._counts) < KINDS or (uid, cause) in self._counts):
            self._counts[uid, cause] += 1
        kind = (flow.identity.flow_uid if flow else self._namespace(path), cause)
        now = self._clock()
        if self._logged.get(kind, -LOG_SECONDS) + LOG_SECONDS > now:
            return
        if len(self._logged) >= KINDS:
            self._logged.clear()
        self._logged[kind] = now
        extra = {"cause": cause.value, "path": path[:_PATH]}
        if flow is not None:
            identity = flow.identity
            extra |= {"namespace": identity.namespace, "instance": identity.instance, "flow": identity.flow}
        _log.info("webhook refused", extra=extra)

    async def run(self) -> None:
        """Stores what was counted, until cancelled; while the database is away it waits in memory, a number a cause."""
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Stores what was counted."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            await self._store(counts)
        except StoreError as error:
            self._counts.update(counts)
            _log.warning("refusals not stored", extra={"cause": str(error)})

    def _instance(self, path: str) -> str | None:
        """The uid of the instance that a path names, None where there is none."""
        parts = path.split("/", 5)
        return self._flows.instance_uid(parts[2], parts[3]) if len(parts) > 4 else None

    def _namespace(self, path: str) -> str:
        """The namespace that a path names, "" where nothing is deployed there: names are made up at will."""
        named = path.split("/", 3)[2]
        return named if self._flows.has_namespace(named) else ""
