"""Whose turn it is on the one installation: pytest's workers share it, and a test that disturbs it has it to itself.

File locks, because workers are processes and a worker that dies gives its locks back.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """The turns of all workers of a run; `directory` is theirs together."""

    def __init__(self, directory: Path) -> None:
        self._door = directory / "door.lock"
        self._room = directory / "room.lock"

    @contextmanager
    def together(self) -> Iterator[None]:
        """A turn with others that want no more than this; waits while somebody is alone or waits for it."""
        with self._entered(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A turn with nobody else; waits until the others have ended theirs."""
        with self._entered(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _entered(self, how: int) -> Iterator[None]:
        with self._room.open("a") as room:
            # whoever waits for the room stands in the door, so that newcomers do not overtake him for ever
            with self._door.open("a") as door:
                fcntl.flock(door, fcntl.LOCK_EX)
                fcntl.flock(room, how)
            yield
