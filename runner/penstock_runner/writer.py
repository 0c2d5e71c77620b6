"""The recorder of real executions: one thread owns the database while the flow runs in another.

It groups what comes into few transactions, keeps the lease, sees the cancel mark, and tries again while the database is
away. Algorithm, until closed:

1. wait for work: at most until the next renewal, or until what lies here has lain long enough
2. write where somebody waits for it, where enough lies here or has lain long enough; a write renews the lease as well
3. otherwise renew where it is due
4. where the database does not answer, keep everything, try again with a growing delay; give up at the deadline
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, Final
from uuid import UUID

from penstock_core.errors import LeaseLost, StoreUnavailable
from penstock_core.store.records import LogRecord, Outcome, Renewal, StepRecord
from penstock_core.store.running import Running
from penstock_runner.errors import Reason
from penstock_runner.interrupt import Interrupt

RENEW_SECONDS: Final = 2.0
LINGER_SECONDS: Final = 0.1
"""How long a record may wait for others to share its commit."""
MAX_BATCH: Final = 500
MAX_BATCH_BYTES: Final = 32 * 1024 * 1024
MAX_WAITING: Final = 2000
"""Records that may wait before whoever makes more has to wait too."""
FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 5.0
_FOREVER: Final = 1e6


class _Ticket:
    """Somebody waits until everything before this is durable."""

    done = False


class _Close:
    """Nothing comes after this."""


class _Terminate:
    """SIGTERM arrived."""


class Writer:
    """Records through `running` under `epoch`; `give_up_at` is a reading of time.monotonic()."""

    def __init__(
        self, running: Running, *, execution: UUID, epoch: int, interrupt: Interrupt, give_up_at: float
    ) -> None:
        self._running = running
        self._execution = execution
        self._epoch = epoch
        self._interrupt = interrupt
        self._give_up_at = give_up_at
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
        self._renew_at = time.monotonic() + RENEW_SECONDS
        self._retry_at = 0.0
        self._delay = FIRST_DELAY
        self._size = 0
        self.fault: BaseException | None = None
        """What ended the thread against all plans."""
        self._thread = threading.Thread(target=self._main, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write and to keep the lease."""
        self._thread.start()

    def behind(self, record: StepRecord) -> None:
        """Keep a record soon; where too many wait, wait for them."""
        self._queue.put(record)
        self._size += len(record.input or b"") + len(record.output or b"")
        if self._size > MAX_BATCH_BYTES or self._queue.qsize() > MAX_WAITING:
            self._size = 0
            self._wait()

    def durable(self, record: StepRecord) -> None:
        """Return when this record and everything before it is durable. Raises Interrupted: then nothing may be done."""
        self._queue.put(record)
        self._wait()
        self._interrupt.check()

    def log(self, *, at: datetime, severity: str, message: str, step: str, fields: Any) -> None:
        """Keep a log line soon."""
        packed = None
        if fields:
            from penstock_core import codec

            packed = codec.pack(fields).data
        self._queue.put(
            LogRecord(
                sequence=next(self._sequence), at=at, severity=severity, message=message, step=step, fields=packed
            )
        )
        if self._queue.qsize() > MAX_WAITING:
            self._wait()

    def terminate(self) -> None:
        """Note SIGTERM; safe in a signal handler."""
        self._queue.put(_Terminate)

    def finish(self, outcome: Outcome) -> bool:
        """Write the final state with everything before it; False where somebody else has to."""
        self._queue.put(outcome)
        self._join()
        return self._finished

    def hand_over(self) -> None:
        """Write everything that came, and stop."""
        self._queue.put(_Close)
        self._join()

    def _join(self) -> None:
        self._thread.join()
        if self.fault is not None:
            raise self.fault

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
        elif item is _Terminate:
            self._interrupt.set(Reason.HANDED_OVER)
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
        self._delay, self._retry_at = FIRST_DELAY, 0.0
        self._renew_at = time.monotonic() + RENEW_SECONDS
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
        self._retry_at = now + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def _write(self) -> Renewal:
        steps, logs = self._batch()
        rest = len(steps) < len(self._steps)
        if self._outcome is not None and not rest:
            self._running.finish(self._execution, epoch=self._epoch, outcome=self._outcome, steps=steps, logs=logs)
            self._finished = self._ended = True
            renewal = Renewal(lost=False, cancel=False)
        else:
            renewal = self._running.record(self._execution, epoch=self._epoch, steps=steps, logs=logs)
        self._written(len(steps), len(logs))
        if not rest:
            self._release()
            self._ended |= self._closing and self._queue.empty()
        return renewal

    def _batch(self) -> tuple[list[StepRecord], list[LogRecord]]:
        steps: list[StepRecord] = []
        size = 0
        for step in self._steps:
            size += len(step.input or b"") + len(step.output or b"")
            if steps and size > MAX_BATCH_BYTES:
                break
            steps.append(step)
        return steps, list(self._logs)

    def _written(self, steps: int, logs: int) -> None:
        for _ in range(steps):
            self._steps.popleft()
        for _ in range(logs):
            self._logs.popleft()
        self._oldest = time.monotonic() + LINGER_SECONDS if self._steps else _FOREVER

    def _release(self) -> None:
        for ticket in self._tickets:
            ticket.done = True
        self._tickets.clear()
        self._interrupt.wake()
