"""How many processes the code of python steps may have; what is done where they are too many is tried on a cluster."""

import os
import signal
from pathlib import Path

import pytest

from penstock_runner.actions.python import processes


def entry(place: Path, number: str, state: str) -> None:
    """A process as /proc shows it; its name may hold anything."""
    (place / number).mkdir()
    (place / number / "stat").write_text(f"{number} (a) Z (b) {state} 1 1 1")


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[int, int]]:
    """The signals sent, of a runner that is a container's first process; nothing is ended in truth."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(processes, "_PROCESSES", tmp_path)
    monkeypatch.setattr(processes, "MOST", 3)
    return sent


def test_those_that_have_ended_do_not_count(tmp_path: Path) -> None:
    """A runner takes nobody's place who has ended, and what has gone while it looked is no process either."""
    for number, state in (("1", "S"), ("7", "R"), ("8", "Z"), ("9", "X")):
        entry(tmp_path, number, state)
    (tmp_path / "10").mkdir()
    (tmp_path / "self").mkdir()

    assert processes.living(tmp_path.iterdir()) == 2


def test_too_many_are_all_ended_at_once(tmp_path: Path, ended: list[tuple[int, int]]) -> None:
    """One signal to everybody but the first process, so that none is left that could start another."""
    for number in range(1, 5):
        entry(tmp_path, str(number), "S")
    processes.bound()
    assert ended == []

    entry(tmp_path, "5", "S")
    with pytest.raises(processes.TooMany):
        processes.bound()
    assert ended == [(-1, signal.SIGKILL)]


def test_nothing_is_ended_outside_of_a_container(
    tmp_path: Path, ended: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a laptop, or where pods share their processes, most of them are not the code's."""
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    for number in range(1, 9):
        entry(tmp_path, str(number), "S")

    processes.bound()
    assert ended == []
