"""How much runs in the whole release, so that what comes beyond `maxRunning` is queued for the operator's dispatcher.

Counted once a second, plus what this gateway has started since: a burst overshoots by what the other replicas start in that
second. Exact would mean a lock that every acceptance takes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from penstock_core.errors import StoreUnavailable

COUNT_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class Load:
    """Counts with `count`; `run()` must be running. Until the first count there is room."""

    def __init__(self, count: Callable[[], Awaitable[int]], *, max_running: int) -> None:
        self._count = count
        self._max_running = max_running
        self._counted = 0
        self._since = 0

    async def run(self) -> None:
        """Counts until cancelled; while the database is away the last count stands."""
        while True:
            try:
                await self.recount()
            except StoreUnavailable as error:
                _log.debug("load not counted", extra={"cause": str(error)})
            await asyncio.sleep(COUNT_SECONDS)

    async def recount(self) -> None:
        """One count."""
        started = self._since
        self._counted = await self._count()
        self._since -= started

    def take(self) -> bool:
        """Whether one more may start now; counts it if so."""
        if self._counted + self._since >= self._max_running:
            return False
        self._since += 1
        return True
