"""Group commit: acceptances that wait at the same time share one transaction.

A few workers each take whatever is queued and store it together. Nobody waits for a batch to fill: while one commit is on its
way the next batch collects itself, so batches grow with the load and a lone request goes out at once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from penstock_core.errors import StoreError, StoreUnavailable
from penstock_core.store.model import Acceptance, Accepted, AcceptedBatch, Full, Repeated, Started
from penstock_gateway.metrics import Metrics

Outcome = Accepted | Repeated | Full
Accept = Callable[[Sequence[Acceptance]], Awaitable[AcceptedBatch]]
OnStarted = Callable[[Sequence[Started]], None]

BATCH: Final = 64
WORKERS: Final = 4
QUEUE: Final = 2048
"""Acceptances that may wait; beyond it the database is too slow for what comes, and callers are told at once."""
WAIT_SECONDS: Final = 6.0
"""How long a caller waits for its commit."""
STORE_SECONDS: Final = 5.0
"""After which a worker cancels its transaction: a lock, a full disk or a dead network must not hold the others up."""

_log = logging.getLogger(__name__)

_Waiting = tuple[Acceptance, "asyncio.Future[Outcome]"]


class Batcher:
    """Collects acceptances; `run()` must be running for them to be stored."""

    def __init__(self, accept: Accept, *, on_started: OnStarted, metrics: Metrics, workers: int = WORKERS) -> None:
        self._accept = accept
        self._on_started = on_started
        self._metrics = metrics
        self._workers = workers
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Semaphore(0)

    async def run(self) -> None:
        """Store what arrives, until cancelled; what is being stored then is lost to its callers, not half stored."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._work())

    async def accept(self, acceptance: Acceptance) -> Outcome:
        """The outcome once it is durable; raises StoreUnavailable where that takes too long or fails.

        An acceptance whose caller gave up before its turn is not stored.
        """
        if len(self._waiting) >= QUEUE:
            raise StoreUnavailable("too many acceptances wait for the database")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((acceptance, future))
        self._arrived.release()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await future
        except TimeoutError as error:
            raise StoreUnavailable("the database did not commit in time") from error

    async def _work(self) -> None:
        while True:
            await self._arrived.acquire()
            batch = self._take()
            if batch:
                await self._store(batch)

    def _take(self) -> list[_Waiting]:
        """Everything that waits, up to a batch; an empty list where another worker took it."""
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < BATCH:
            waiting = self._waiting.popleft()
            if not waiting[1].done():
                batch.append(waiting)
        return batch

    async def _store(self, batch: list[_Waiting]) -> None:
        self._metrics.batch_size.observe(len(batch))
        try:
            async with asyncio.timeout(STORE_SECONDS):
                accepted = await self._accept([acceptance for acceptance, _ in batch])
        except TimeoutError:
            self._fail(batch, StoreUnavailable("the database did not answer"))
        except StoreUnavailable as error:
            self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 - the outermost loop: a defect in one acceptance must not end the worker
            await self._store_alone(batch, error)
        else:
            for (_, future), outcome in zip(batch, accepted.outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)
            if accepted.started:
                self._on_started(accepted.started)

    async def _store_alone(self, batch: list[_Waiting], error: Exception) -> None:
        """One acceptance that the database refuses must not take the others with it."""
        if len(batch) == 1:
            refused = StoreError(f"the database refused an acceptance: {type(error).__name__}")
            refused.__cause__ = error
            self._fail(batch, refused)
            return
        for waiting in batch:
            await self._store([waiting])

    def _fail(self, batch: list[_Waiting], error: StoreError) -> None:
        _log.warning("acceptances were not stored", extra={"count": len(batch), "cause": str(error)})
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
