"""The recorder of real executions: one thread owns the database while the flow runs in another.

It groups what comes into few transactions, keeps the lease, sees the cancel mark, and tries again while the database is
away. Algorithm, until closed:

1. wait for work: at most until the next renewal, or until what lies here has lain long enough
2. write where somebody waits for it, where enough lies here or has lain long enough; a write renews the lease as well
3. otherwise renew where it is due
4. where the database does not answer, keep everything, try again with a growing delay; give up at the deadline, after
   SIGTERM soon
"""

import _thread
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from penstock_core.backoff import Backoff
from penstock_core.errors import LeaseLost, StoreUnavailable
from penstock_core.executions.records import LogRecord, Outcome, StepRecord
from penstock_core.store.executions.records import Renewal
from penstock_core.store.executions.running import Running
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.errors import Reason

LINGER_SECONDS: Final = 0.1
"""How long a record may wait for others to share its commit."""
MAX_BATCH: Final = 500
"""Records that are written without lingering."""
MAX_FIELDS_BYTES: Final = 65_536
"""Of a log line's fields; longer ones are cut."""
ITEM_BYTES: Final = 1024
"""What a record or a log line takes beside its values."""
RETRY: Final = Backoff(first=0.2, longest=5.0)
_FOREVER: Final = 1e6
T = TypeVar("T", StepRecord, LogRecord)


class Limits(NamedTuple):
    """How long and how much."""

    renew_seconds: float = 2.0
    """Between two renewals of the lease."""
    hand_over_seconds: float = 20.0
    """How long after SIGTERM the database is still tried: its pod has 30 seconds."""
    last_call_seconds: float = 5.0
    """How long a call that the database does not answer is waited for after everything was given up."""
    batch_bytes: int = 32 * 1024 * 1024
    """Of one statement."""
    waiting_bytes: int = 32 * 1024 * 1024
    """What may wait before whoever makes more has to wait too."""


class _Ticket:
    """Somebody waits until everything before this is durable."""

    done = False


class _Close:
    """Nothing comes after this."""


class Writer:
    """Records through `running` under `epoch`; `give_up_at` is a reading of time.monotonic()."""

    def __init__(
        self,
        running: Running,
        *,
        execution: UUID,
        epoch: int,
        interrupt: Interrupt,
        give_up_at: float,
        limits: Limits = Limits(),  # noqa: B008 - a value that does not change
    ) -> None:
        self._running = running
        self._execution = execution
        self._epoch = epoch
        self._interrupt = interrupt
        self._give_up_at = give_up_at
        self._limits = limits
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._sequence = itertools.count(1)
        self._steps: deque[StepRecord] = deque()
        self._logs: deque[LogRecord] = deque()
        self._tickets: list[_Ticket] = []
        self._outcome: Outcome | None = None
        self._closing = False
        self._ended = False
        self._finished = False
        self._oldest = _FOREVER
        self._renew_at = time.monotonic() + self._limits.renew_seconds
        self._retry_at = 0.0
        self._failures = 0
        self._waiting = 0
        """Bytes that came and are not written, as `_size` counts them; guarded by the lock."""
        self._lock = threading.Lock()
        self.fault: BaseException | None = None
        """What ended the thread against all plans."""
        self._thread = threading.Thread(target=self._main, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write and to keep the lease."""
        self._thread.start()

    def behind(self, record: StepRecord) -> None:
        """Keep a record soon; where too much waits, wait for it."""
        self._keep(record)

    def durable(self, record: StepRecord) -> None:
        """Return when this record and everything before it is durable. Raises Interrupted: then nothing may be done."""
        self._keep(record)
        self._wait()
        self._interrupt.check()

    def log(self, *, at: datetime, severity: str, message: str, step: str, fields: Any) -> None:
        """Keep a log line soon; where too much waits, wait for it."""
        packed = None
        if fields:
            from penstock_core import codec

            packed = codec.pack(fields, limit=MAX_FIELDS_BYTES).data
        self._keep(
            LogRecord(
                sequence=next(self._sequence), at=at, severity=severity, message=message, step=step, fields=packed
            )
        )

    def terminate(self) -> None:
        """SIGTERM: stop the flow, and give up soon where the database is away; safe in a signal handler."""
        # in a thread of its own: a handler may have interrupted who holds the lock, and the writer may wait for the database
        _thread.start_new_thread(self._terminate, ())

    def finish(self, outcome: Outcome) -> bool:
        """Write the final state with everything before it; False where somebody else has to."""
        self._queue.put(outcome)
        self._join()
        return self._finished

    def hand_over(self) -> None:
        """Write everything that came, and stop."""
        self._queue.put(_Close)
        self._join()

    def _terminate(self) -> None:
        self._give_up_at = min(self._give_up_at, time.monotonic() + self._limits.hand_over_seconds)
        self._interrupt.set(Reason.HANDED_OVER)

    def _join(self) -> None:
        """Wait for the thread; one that a call holds for ever is left behind."""
        while self._thread.is_alive() and time.monotonic() < self._give_up_at + self._limits.last_call_seconds:
            self._thread.join(timeout=1.0)  # SIGTERM may bring the end nearer meanwhile
        if self.fault is not None:
            raise self.fault

    def _keep(self, item: StepRecord | LogRecord) -> None:
        with self._lock:
            self._waiting += _size(item)
        self._queue.put(item)
        if self._waiting > self._limits.waiting_bytes:
            self._wait()

    def _wait(self) -> None:
        ticket = _Ticket()
        self._queue.put(ticket)
        self._interrupt.wait_for(lambda: ticket.done, time.monotonic() + _FOREVER)

    def _main(self) -> None:
        try:
            while not self._ended:
                self._turn()
        except BaseException as exc:  # noqa: BLE001 - raised again in the main thread
            self.fault = exc
            self._interrupt.set(Reason.UNAVAILABLE)

    def _turn(self) -> None:
        self._receive()
        if self._closing and self._is_empty():
            self._release()
            self._ended = True
            return
        now = time.monotonic()
        if now < self._retry_at:
            return
        if self._work_is_due(now):
            self._attempted(self._write)
        elif now >= self._renew_at:
            self._attempted(lambda: self._running.renew(self._execution, epoch=self._epoch))

    def _work_is_due(self, now: float) -> bool:
        waits = self._tickets or self._outcome or self._closing
        return bool(waits) or now >= self._oldest or len(self._steps) + len(self._logs) >= MAX_BATCH

    def _receive(self) -> None:
        """Take all that came; wait where nothing did and nothing is due."""
        due = self._renew_at if not (self._tickets or self._outcome or self._closing) else 0.0
        until = max(min(due, self._oldest), self._retry_at)
        try:
            self._sort(self._queue.get(timeout=max(0.0, until - time.monotonic())))
            for _ in range(MAX_BATCH):
                self._sort(self._queue.get_nowait())
        except Empty:
            return

    def _sort(self, item: Any) -> None:
        if isinstance(item, StepRecord):
            self._steps.append(item)
            self._oldest = min(self._oldest, time.monotonic() + LINGER_SECONDS)
        elif isinstance(item, LogRecord):
            self._logs.append(item)
            self._oldest = min(self._oldest, time.monotonic() + LINGER_SECONDS)
        elif isinstance(item, _Ticket):
            self._tickets.append(item)
        elif isinstance(item, Outcome):
            self._outcome = item
        else:
            self._closing = True

    def _attempted(self, work: Callable[[], Renewal]) -> None:
        """Do a piece of work with the database; afterwards the next one is due, or the same again later."""
        try:
            renewal = work()
        except StoreUnavailable:
            self._put_off()
            return
        except LeaseLost:
            renewal = Renewal(lost=True, cancel=False)
        self._failures, self._retry_at = 0, 0.0
        self._renew_at = time.monotonic() + self._limits.renew_seconds
        if renewal.lost:
            self._interrupt.set(Reason.LOST)
            self._ended = True
        elif renewal.cancel:
            self._interrupt.set(Reason.CANCELLED)

    def _put_off(self) -> None:
        now = time.monotonic()
        if now >= self._give_up_at:
            self._interrupt.set(Reason.UNAVAILABLE)
            self._ended = True
        self._failures += 1
        self._retry_at = min(now + RETRY.delay(self._failures), max(now, self._give_up_at))

    def _write(self) -> Renewal:
        most = self._limits.batch_bytes
        steps, logs = _batch(self._steps, most), _batch(self._logs, most)
        rest = len(steps) < len(self._steps) or len(logs) < len(self._logs)
        if self._outcome is not None and not rest:
            self._running.finish(self._execution, epoch=self._epoch, outcome=self._outcome, steps=steps, logs=logs)
            self._finished = self._ended = True
            renewal = Renewal(lost=False, cancel=False)
        else:
            renewal = self._running.record(self._execution, epoch=self._epoch, steps=steps, logs=logs)
        self._written(steps, logs)
        if not rest:
            self._release()
        return renewal

    def _written(self, steps: list[StepRecord], logs: list[LogRecord]) -> None:
        for _ in steps:
            self._steps.popleft()
        for _ in logs:
            self._logs.popleft()
        with self._lock:
            self._waiting -= sum(map(_size, steps)) + sum(map(_size, logs))
        self._oldest = time.monotonic() + LINGER_SECONDS if self._steps or self._logs else _FOREVER

    def _is_empty(self) -> bool:
        return not (self._steps or self._logs or self._outcome) and self._queue.empty()

    def _release(self) -> None:
        for ticket in self._tickets:
            ticket.done = True
        self._tickets.clear()
        self._interrupt.wake()


def _batch(items: deque[T], most: int) -> list[T]:
    """The first items, as many as take `most` bytes; one where there is any."""
    batch: list[T] = []
    size = 0
    for item in items:
        size += _size(item)
        if batch and size > most:
            break
        batch.append(item)
    return batch


def _size(item: StepRecord | LogRecord) -> int:
    """Bytes that an item takes, roughly."""
    if isinstance(item, LogRecord):
        return ITEM_BYTES + len(item.message) + len(item.fields or b"")
    values = len(item.input or b"") + len(item.output or b"") + len(item.extracted or b"")
    return ITEM_BYTES + values + len(item.assertions or b"") + len(item.error_details or b"")
