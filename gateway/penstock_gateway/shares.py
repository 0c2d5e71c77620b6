"""What there is little of, shared out by namespace: nobody's use keeps others out.

Whoever holds something may have half of what the others leave, and one of the largest things as long as there is room for it.
So one namespace alone never takes more than half, two never more than three quarters, and whoever comes finds a place.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

_Waiting = tuple[int, "asyncio.Future[None]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How slow something may go: so many bytes a second on an average, after a while of grace, and `seconds` in all."""

    bytes_per_second: int
    grace_seconds: float
    seconds: float

    def deadline(self, done: int) -> float:
        """Seconds from the beginning until which more must come, where `done` bytes have."""
        return min(self.grace_seconds + done / self.bytes_per_second, self.seconds)


class Shares:
    """So many units, of which `largest` is the most that one taker asks for at a time."""

    def __init__(self, total: int, *, largest: int = 1) -> None:
        self.total: Final = total
        self.largest: Final = largest
        self.held = 0
        """Units that are taken."""
        self._held: dict[str, int] = {}
        self._waiting: dict[str, deque[_Waiting]] = {}

    def take(self, namespace: str, units: int) -> bool:
        """Take units for a namespace; False where they are not there, or would be more than its share."""
        mine = self._held.get(namespace, 0)
        left = self.total - (self.held - mine)
        if mine + units > min(max(left // 2, self.largest), left):
            return False
        self._held[namespace] = mine + units
        self.held += units
        return True

    def give(self, namespace: str, units: int) -> None:
        """Give units back; whoever waited for them has them, each namespace in its turn."""
        if units:
            self._give(namespace, units)
            # a large thing that ends makes room for several: rounds, until nobody has any more
            while True in [self._serve(waiting) for waiting in list(self._waiting)]:
                pass

    async def wait(self, namespace: str, units: int, *, within: float) -> None:
        """Take units as soon as they are there; TimeoutError where that is not `within` so many seconds."""
        if namespace not in self._waiting and self.take(namespace, units):
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(namespace, deque()).append((units, future))
        try:
            async with asyncio.timeout(within):
                await future
        except BaseException:
            if future.done() and not future.cancelled():
                self.give(namespace, units)
            else:
                self._leave(namespace, (units, future))
            raise

    def _give(self, namespace: str, units: int) -> None:
        self.held -= units
        left = self._held[namespace] - units
        if left:
            self._held[namespace] = left
        else:
            del self._held[namespace]

    def _serve(self, namespace: str) -> bool:
        """Let the first of a namespace have what it waits for, and put the namespace behind the others; False where nobody has."""
        line = self._waiting[namespace]
        while line and line[0][1].done():
            line.popleft()  # it has given up, and is about to notice
        if line and not self.take(namespace, line[0][0]):
            return False
        del self._waiting[namespace]
        if not line:
            return False
        line.popleft()[1].set_result(None)
        if line:
            self._waiting[namespace] = line
        return True

    def _leave(self, namespace: str, waiting: _Waiting) -> None:
        line = self._waiting.get(namespace)
        if line is not None and waiting in line:
            line.remove(waiting)
            if not line:
                del self._waiting[namespace]
