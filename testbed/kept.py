"""Directories that are made once and then kept in the cache; several checkouts and processes may want one at a time."""

import fcntl
import tempfile
from collections.abc import Callable
from pathlib import Path


def ensure(target: Path, make: Callable[[Path], None]) -> Path:
    """Return `target`, after `make` has filled it where it is not there; it appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _make(target, make)
    return target


def _make(target: Path, make: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as scratch:
        made = Path(scratch) / target.name
        made.mkdir(mode=0o755)
        make(made)
        made.rename(target)
