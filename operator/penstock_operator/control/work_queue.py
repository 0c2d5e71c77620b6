"""The queue that makes reconciliation level-triggered: keys, not events.

A key that is asked for while it waits is worked on once; one that is asked for while it is worked on is worked on again.
One key is never worked on twice at the same time, and a failing one is retried with back-off without holding up the others.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from penstock_core.backoff import Backoff
from penstock_core.errors import PenstockError
from penstock_operator.errors import NotYet

log = logging.getLogger(__name__)

RETRY: Final = Backoff(first=0.5, longest=60.0, spread=0.2)
LIMIT_SECONDS: Final = 120.0
"""How long one attempt may take: what hangs must not hold a worker for ever, however many keys it hangs for."""
FAILING_SECONDS: Final = 2.0
"""How soon a failing key is tried again at the earliest when somebody asks for it."""

Key = TypeVar("Key", bound=Hashable)


class WorkQueue(Generic[Key]):
    """Calls `work(key)` for every key asked for, with `workers` at a time; `work` returns when the key needs nothing more.

    One call may take `limit` seconds; it is broken off then, and counts as failed.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Key], Awaitable[None]],
        *,
        workers: int = 8,
        limit: float = LIMIT_SECONDS,
        retry: Backoff = RETRY,
        on_end: Callable[[str, bool, float], None] | None = None,
    ) -> None:
        self.name = name
        self._work = work
        self._workers = workers
        self._limit = limit
        self._backoff = retry
        self._on_end = on_end
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._waiting: set[Key] = set()
        self._active: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """Keys that wait to be worked on now; delayed retries do not count."""
        return len(self._waiting) + len(self._again)

    @property
    def idle(self) -> bool:
        """True where nothing waits and nothing is being worked on."""
        return not self._waiting and not self._active

    def add(self, key: Key, *, after: float = 0) -> None:
        """Asks for `key` to be worked on, now or `after` seconds; the earlier of two requests counts.

        A key that fails is not worked on at once, whoever asks: its own half-done writes come back as events.
        """
        if key in self._failures and after < FAILING_SECONDS:
            after = FAILING_SECONDS
        if after > 0:
            self._delay(key, after)
            return
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        self._enqueue(key)

    def _enqueue(self, key: Key) -> None:
        if key in self._active:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.put_nowait(key)

    async def run(self) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._serve())

    async def _serve(self) -> None:
        while True:
            key = await self._ready.get()
            self._waiting.discard(key)
            self._active.add(key)
            try:
                await self._attempt(key)
            finally:
                self._active.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.add(key)

    async def _attempt(self, key: Key) -> None:
        started = time.monotonic()
        succeeded = False
        try:
            async with asyncio.timeout(self._limit):
                await self._work(key)
        except NotYet as reason:
            log.info("waiting", extra={"queue": self.name, "key": _text(key), "reason": str(reason)})
            self._delay(key, reason.seconds)
        except Exception as error:  # noqa: BLE001 - the outermost loop: one bad object must not stop the others
            self._retry(key, error)
        else:
            self._failures.pop(key, None)
            succeeded = True
        if self._on_end is not None:
            self._on_end(self.name, succeeded, time.monotonic() - started)

    def _retry(self, key: Key, error: Exception) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        delay = self._backoff.delay(failures, chance=random.random())  # noqa: S311 - spreads load, guards nothing
        log.warning(
            "reconciliation failed",
            extra={
                "queue": self.name,
                "key": _text(key),
                "failures": failures,
                "retry_in_s": round(delay, 1),
                "cause": str(error) or type(error).__name__,
            },
            # what we raise on purpose says enough; anything else is a defect, and its place matters
            exc_info=None if isinstance(error, PenstockError) else error,
        )
        self._delay(key, delay)

    def _delay(self, key: Key, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._due, key)

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self._enqueue(key)


def _text(key: Hashable) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)
