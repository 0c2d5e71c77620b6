"""Stopping from outside: every wait of the runner is one that cancellation, SIGTERM and deadlines end at once.

Work that cannot be ended from Python (a name look-up, a read from a socket) runs in a thread that is abandoned.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from penstock_runner.errors import Expired, Interrupted, Reason

SIGNAL_SECONDS: Final = 0.5
"""Longest wait for a lock at a stretch: a signal that comes just before one is seen by Python only after it."""
T = TypeVar("T")


class Interrupt:
    """Set once, by whoever learns that the flow must stop; seen by every waiting thread."""

    def __init__(self) -> None:
        self._reason: Reason | None = None
        self._changed = threading.Condition()

    @property
    def reason(self) -> Reason | None:
        """Why to stop, None while nothing says so."""
        return self._reason

    def set(self, reason: Reason) -> None:
        """Stop everything that waits; the first reason stays, but a lost lease overrules (nothing may be written)."""
        with self._changed:
            if self._reason is None or reason is Reason.LOST:
                self._reason = reason
            self._changed.notify_all()

    def check(self) -> None:
        """Raise Interrupted where the flow must stop."""
        if self._reason is not None:
            raise Interrupted(self._reason)

    def wait(self, until: float) -> None:
        """Return at `until`, a reading of time.monotonic(); raise Interrupted as soon as the flow must stop."""
        with self._changed:
            self._wait(lambda: self._reason is not None, until)
        self.check()

    def wait_for(self, ready: Callable[[], bool], until: float) -> None:
        """Return when `ready` answers true; raise Expired at `until` and Interrupted when the flow must stop.

        Whoever makes `ready` true calls `wake`.
        """
        with self._changed:
            self._wait(lambda: self._reason is not None or ready(), until)
            if ready():
                return
        self.check()
        raise Expired

    def _wait(self, ready: Callable[[], bool], until: float) -> None:
        while not ready() and (left := until - time.monotonic()) > 0:
            self._changed.wait(min(left, SIGNAL_SECONDS))

    def wake(self) -> None:
        """Let every waiting thread look at its condition again."""
        with self._changed:
            self._changed.notify_all()


class Apart(Generic[T]):
    """A call in a daemon thread of its own; `abandoned` tells it that nobody waits any more."""

    def __init__(self, call: "Callable[[Apart[T]], T]", interrupt: Interrupt) -> None:
        self._call = call
        self._interrupt = interrupt
        self._outcome: T | BaseException | None = None
        self._done = False
        self.abandoned = False

    def run(self, *, until: float) -> T:
        """The call's result or exception; raises Expired at `until`, a reading of time.monotonic(), and Interrupted."""
        self._interrupt.check()
        threading.Thread(target=self._work, daemon=True).start()
        try:
            self._interrupt.wait_for(lambda: self._done, until)
        except BaseException:
            self.abandoned = True
            raise
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome  # type: ignore[return-value]  # done, and not an exception: the call's result

    def _work(self) -> None:
        try:
            self._outcome = self._call(self)
        except BaseException as exc:  # noqa: BLE001 - it is raised again where the result is waited for
            self._outcome = exc
        self._done = True
        self._interrupt.wake()
