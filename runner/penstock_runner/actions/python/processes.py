"""Bounds how many processes the code of python steps may have at a time.

The kernel's own limit counts a user's processes on the whole node, and a user's code runs as the runner does. So the runner
looks, in the container's own namespace of processes, where all but itself are the code's.
"""

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

MOST: Final = 500
LOOK_SECONDS: Final = 0.2
"""Between two looks: so long the code may have more, within the container's memory."""
_PROCESSES: Final = Path("/proc")
_FIRST: Final = 1
"""The number of a container's first process, which a runner is."""


class TooMany(Exception):
    """The code had more processes than it may: all of them have been ended."""


def bound() -> None:
    """End all of the code's processes, and raise TooMany, where there are more than `MOST`.

    Does nothing outside of a container: there the other processes are not the code's.
    """
    if os.getpid() != _FIRST:
        return
    entries = list(_PROCESSES.iterdir())
    if len(entries) <= MOST or living(entries) <= MOST + 1:
        return
    os.kill(-1, signal.SIGKILL)  # all at once, so that none can start another meanwhile; never the first process
    raise TooMany


def living(entries: Iterable[Path]) -> int:
    """How many of the entries of /proc are processes that have not ended."""
    count = 0
    for entry in entries:
        if entry.name.isdigit():
            with suppress(OSError):  # it has gone meanwhile
                state = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:1]
                count += state not in (["Z"], ["X"])
    return count
