"""Turns on what tests share: many together or one alone."""

import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eventually import eventually
from turns import Turns

SECONDS = 30.0


def test_turns_together_overlap(tmp_path: Path) -> None:
    """Two workers that only share are there at the same time."""
    entered = 0
    with Turns(tmp_path).together():
        entered += 1
        with Turns(tmp_path).together():
            entered += 1

    assert entered == 2


def test_a_turn_alone_overlaps_with_none(tmp_path: Path) -> None:
    """Whoever wants to be alone waits for those inside, and those who come after wait for that one."""
    order: list[str] = []

    def alone() -> None:
        with Turns(tmp_path).alone():
            order.append("alone")

    def late() -> None:
        with Turns(tmp_path).together():
            order.append("late")

    with ThreadPoolExecutor(2) as pool:
        with Turns(tmp_path).together():
            first = pool.submit(alone)
            eventually(lambda: is_locked(tmp_path / "door.lock"), within=SECONDS)
            second = pool.submit(late)
            order.append("inside")
        first.result(SECONDS)
        second.result(SECONDS)

    assert order == ["inside", "alone", "late"]


def is_locked(file: Path) -> bool:
    """Whether somebody stands in the door."""
    with file.open("a") as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
