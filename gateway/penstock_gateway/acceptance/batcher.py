"""Group commit: acceptances that wait at the same time share one transaction.

A few workers each take whatever is queued and store it together. Nobody waits for a batch to fill: while one commit is on its
way the next batch collects itself, so batches grow with the load and a lone request goes out at once.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from penstock_core.errors import StoreContended, StoreError, StoreUnavailable
from penstock_core.store.executions.model import Acceptance, Accepted, AcceptedBatch, Full, Repeated, Started
from penstock_gateway.metrics import Metrics

Outcome = Accepted | Repeated | Full
Accept = Callable[[Sequence[Acceptance]], Awaitable[AcceptedBatch]]
OnStarted = Callable[[Sequence[Started]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """What a batcher waits for and gives up after."""

    workers: int = 4
    batch: int = 64
    """Acceptances of one transaction."""
    batch_bytes: int = 4 * 1024 * 1024
    """Of their payloads, of which the driver makes copies; one that is larger goes alone."""
    queue: int = 2048
    """Acceptances that may wait; beyond it the database is too slow for what comes, and callers are told at once."""
    wait_seconds: float = 6.0
    """How long a caller waits for its commit."""
    store_seconds: float = 5.0
    """After which a worker cancels its transaction: a full disk or a dead network must not hold the others up."""
    mixed_seconds: float = 2.5
    """The same for a batch of several namespaces, which may have time to be stored apart: one of them may hold the others up."""
    retries: int = 8
    """As many connections as may have broken while they were idle: a pool gives one after the other."""
    broken_seconds: float = 0.5
    """A failure that comes sooner is a broken connection's, and another try may find a good one."""
    contended_seconds: float = 10.0
    """How long a namespace whose rows were locked keeps to its own lane."""


LIMITS: Final = BatchLimits()

_log = logging.getLogger(__name__)

_Waiting = tuple[Acceptance, "asyncio.Future[Outcome]"]


class _Lane:
    """Acceptances that wait for a worker; up to `most` are taken at once, `alone` keeps each namespace's in batches of their own."""

    def __init__(self, most: int, *, most_bytes: int, alone: bool = False) -> None:
        self.waiting: deque[_Waiting] = deque()
        self.arrived = asyncio.Semaphore(0)
        self._most = most
        self._most_bytes = most_bytes
        self._alone = alone

    def put(self, waiting: _Waiting) -> None:
        self.waiting.append(waiting)
        self.arrived.release()

    async def take(self) -> list[_Waiting]:
        """What waits, up to a batch, once something does; an empty list where another worker took it."""
        await self.arrived.acquire()
        batch: list[_Waiting] = []
        size = 0
        while self.waiting and len(batch) < self._most:
            if self._alone and batch and _namespace(self.waiting[0]) != _namespace(batch[0]):
                break
            size += len(self.waiting[0][0].payload or b"")
            if batch and size > self._most_bytes:
                break
            waiting = self.waiting.popleft()
            if not waiting[1].done():
                batch.append(waiting)
        return batch


class Batcher:
    """Collects acceptances; `run()` must be running for them to be stored.

    A namespace whose rows somebody keeps locked is stored on a lane of its own for a while, so that the others' batches do
    not wait for it.
    """

    def __init__(
        self,
        accept: Accept,
        *,
        on_started: OnStarted,
        metrics: Metrics,
        limits: BatchLimits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accept = accept
        self._on_started = on_started
        self._metrics = metrics
        self._limits = limits
        self._clock = clock
        self._lane = _Lane(limits.batch, most_bytes=limits.batch_bytes)
        self._slow_lane = _Lane(limits.batch, most_bytes=limits.batch_bytes, alone=True)
        self._contended: dict[str, float] = {}

    async def run(self) -> None:
        """Store what arrives, until cancelled; what is being stored then is lost to its callers, not half stored."""
        async with asyncio.TaskGroup() as group:
            for lane in (*[self._lane] * self._limits.workers, self._slow_lane):
                group.create_task(self._work(lane))

    async def accept(self, acceptance: Acceptance) -> Outcome:
        """The outcome once it is durable; raises StoreUnavailable where that takes too long or fails.

        An acceptance whose caller gave up before its turn is not stored.
        """
        lane = self._slow_lane if self._is_contended(acceptance.flow.namespace) else self._lane
        if len(lane.waiting) >= self._limits.queue:
            raise StoreUnavailable("too many acceptances wait for the database")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        lane.put((acceptance, future))
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                return await future
        except TimeoutError as error:
            raise StoreUnavailable("the database did not commit in time") from error

    def _is_contended(self, namespace: str) -> bool:
        if not self._contended:
            return False
        if self._contended.get(namespace, 0) > self._clock():
            return True
        self._contended.pop(namespace, None)
        return False

    async def _work(self, lane: _Lane) -> None:
        while True:
            if batch := await lane.take():
                await self._store(batch)

    async def _store(self, batch: list[_Waiting]) -> bool:
        """Store a batch and tell its callers; False where the database did not get to it."""
        self._metrics.batch_size.observe(len(batch))
        groups = _by_namespace(batch)
        try:
            async with asyncio.timeout(self._limits.store_seconds if len(groups) == 1 else self._limits.mixed_seconds):
                accepted = await self._accept_again([acceptance for acceptance, _ in batch])
        except TimeoutError:
            return await self._store_apart(groups, StoreUnavailable("the database did not answer"))
        except StoreContended as error:
            return await self._store_apart(groups, error)
        except StoreUnavailable as error:
            self._fail(batch, error)
            return False
        except Exception as error:  # noqa: BLE001 - the outermost loop: a defect in one acceptance must not end the worker
            await self._store_halves(batch, error)
            return True
        for (_, future), outcome in zip(batch, accepted.outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
        if accepted.started:
            self._on_started(accepted.started)
        return True

    async def _accept_again(self, batch: list[Acceptance]) -> AcceptedBatch:
        """Stores a batch; again, which is safe, where a connection turns out to be broken, as all idle ones are after a restart."""
        for _ in range(self._limits.retries):
            since = self._clock()
            try:
                return await self._accept(batch)
            except StoreContended:
                raise
            except StoreUnavailable:
                if self._clock() - since > self._limits.broken_seconds:
                    raise
        return await self._accept(batch)

    async def _store_apart(self, groups: dict[str, list[_Waiting]], error: StoreUnavailable) -> bool:
        """Whoever holds a lock may only do so in one namespace: the others are stored, and that one is told."""
        if len(groups) == 1:
            [(namespace, batch)] = groups.items()
            if isinstance(error, StoreContended):
                self._keep_apart(namespace)
            self._fail(batch, error)
            return False
        stored = await asyncio.gather(*(self._store(batch) for batch in groups.values()))
        for namespace, is_stored in zip(groups, stored, strict=True):
            if any(stored) and not is_stored:
                self._keep_apart(namespace)
        return all(stored)

    def _keep_apart(self, namespace: str) -> None:
        self._contended[namespace] = self._clock() + self._limits.contended_seconds
        _log.warning("acceptances of a namespace would hold up others", extra={"namespace": namespace})

    async def _store_halves(self, batch: list[_Waiting], error: Exception) -> None:
        """One acceptance that the database refuses must not take the others with it."""
        if len(batch) == 1:
            refused = StoreError(f"the database refused an acceptance: {type(error).__name__}")
            refused.__cause__ = error
            self._fail(batch, refused)
            return
        middle = len(batch) // 2
        await self._store(batch[:middle])
        await self._store(batch[middle:])

    def _fail(self, batch: list[_Waiting], error: StoreError) -> None:
        _log.warning("acceptances were not stored", extra={"count": len(batch), "cause": str(error)})
        for _, future in batch:
            if not future.done():
                future.set_exception(error)


def _namespace(waiting: _Waiting) -> str:
    return waiting[0].flow.namespace


def _by_namespace(batch: list[_Waiting]) -> dict[str, list[_Waiting]]:
    groups: dict[str, list[_Waiting]] = {}
    for waiting in batch:
        groups.setdefault(_namespace(waiting), []).append(waiting)
    return groups
