"""SIGTERM, where it comes from outside of the container: whatever runs inside, the user's code among it, cannot say so.

The runner is the first process of its PID namespace. Who sends a signal is told by the kernel: a process outside of the
namespace has no number in it, and shows as 0. The user's code has the runner's user and may send it signals, but neither
without its number, nor, by `sigqueue`, under the code of a plain `kill`. So the signal is read, not handled.
"""

import os
import signal
import threading
from collections.abc import Callable
from typing import Final

_PLAIN: Final = frozenset({0, 0x80})
"""SI_USER and SI_KERNEL: codes that no process can give to another's signal but by `kill`, where the sender is true."""


class Termination:
    """Calls `then` for each SIGTERM from outside; whoever takes over from another may set it anew."""

    def __init__(self, then: Callable[[], object]) -> None:
        self.then = then

    def start(self) -> None:
        """Read from now on. Threads that are started before may still be killed by the signal."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        # for the first process of a namespace this means that nobody inside can send it; Python's own handler would end it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            info = signal.sigwaitinfo({signal.SIGTERM})
            if is_from_outside(code=info.si_code, sender=info.si_pid, own=os.getpid()):
                self.then()


def is_from_outside(*, code: int, sender: int, own: int) -> bool:
    """Whether a signal came from outside; where this process is not the first of its namespace, from no child of its."""
    if code not in _PLAIN:
        return False
    return sender == 0 if own == 1 else not _descends(sender, own)


def _descends(process: int, ancestor: int) -> bool:
    while process > 1:
        if process == ancestor:
            return True
        try:
            with open(f"/proc/{process}/stat", "rb") as stat:  # noqa: PTH123 - pathlib would be one more import
                process = int(stat.read().rpartition(b")")[2].split()[1])
        except OSError:
            return False
    return False
