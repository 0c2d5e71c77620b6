"""Loops that must go on for ever: each step's failure is logged and followed by the next step.

`Pulse` remembers when each loop last finished a step, well or not: a loop that hangs makes the process unhealthy.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from penstock_core.errors import StoreContended, StoreUnavailable

log = logging.getLogger(__name__)


class Pulse:
    """When each loop was last seen moving; `monotonic` is a clock in seconds."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._beats: dict[str, tuple[float, float]] = {}

    def beat(self, name: str, *, within: float) -> None:
        """The loop `name` moved, and will again `within` so many seconds."""
        self._beats[name] = (self._monotonic(), within)

    def forget(self, name: str) -> None:
        """The loop ended on purpose."""
        self._beats.pop(name, None)

    def silent(self) -> Mapping[str, float]:
        """Loops that should have moved since, and the seconds since they did."""
        now = self._monotonic()
        return {name: now - at for name, (at, within) in self._beats.items() if now - at > within}


async def every(
    seconds: float,
    name: str,
    step: Callable[[], Awaitable[object]],
    *,
    pulse: Pulse,
    limit: float = 120.0,
    store_away: Callable[[], None] | None = None,
) -> None:
    """Calls `step` until cancelled, `seconds` after it last ended; one call may take `limit` seconds.

    `store_away` is called when the database did not answer.
    """
    try:
        while True:
            pulse.beat(name, within=limit + seconds + 30)
            try:
                async with asyncio.timeout(limit):
                    await step()
            except StoreContended as error:
                # somebody holds what the step needs: the database is there, and runners reach it
                log.warning("a lock was not to be had", extra={"loop": name, "cause": str(error)})
            except StoreUnavailable as error:
                log.warning("database away", extra={"loop": name, "cause": str(error)})
                if store_away is not None:
                    store_away()
            except Exception:  # the outermost loop: the next step may succeed
                log.exception("step failed", extra={"loop": name})
            await asyncio.sleep(seconds)
    finally:
        pulse.forget(name)
