"""The control group that all pods live in: one directory per hierarchy, removed bottom-up."""

import os
import time
from pathlib import Path

from testbed.errors import TestbedError
from testbed.layout import CGROUP

MOUNTS = Path("/proc/self/mounts")
CPUSET_FILES = ("cpuset.cpus", "cpuset.mems")
UNIFIED_CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids")


def create() -> None:
    """Make the node's directory in every hierarchy; in a new cpuset nothing runs before it has processors and memory."""
    for kind, hierarchy in hierarchies(MOUNTS.read_text()):
        directory = hierarchy / CGROUP
        directory.mkdir(exist_ok=True)
        if kind == "cgroup2":
            _delegate(hierarchy)
            continue
        for name in CPUSET_FILES:
            if (hierarchy / name).exists():
                (directory / name).write_text((hierarchy / name).read_text())


def remove(seconds: float = 10) -> None:
    """Remove the node's directories; processes that were just killed may hold them for a moment."""
    deadline = time.monotonic() + seconds
    while left := [directory for directory in existing() if not _removed(directory)]:
        if time.monotonic() > deadline:
            raise TestbedError(f"cannot remove the control groups {', '.join(map(str, left))}: processes are in them")
        time.sleep(0.05)


def existing() -> list[Path]:
    """Return the node's directories that are there."""
    places = (hierarchy / CGROUP for _, hierarchy in hierarchies(MOUNTS.read_text()))
    return [place for place in places if place.is_dir()]


def hierarchies(mounts: str) -> list[tuple[str, Path]]:
    """Read type and place of the mounted hierarchies out of the kernel's table of mounts."""
    rows = (line.split() for line in mounts.splitlines())
    return [(row[2], Path(row[1])) for row in rows if len(row) > 2 and row[2] in ("cgroup", "cgroup2")]


def _delegate(hierarchy: Path) -> None:
    """Let children have those controllers that this version 2 hierarchy holds (none where version 1 has them all)."""
    offered = (hierarchy / "cgroup.controllers").read_text().split()
    wanted = " ".join(f"+{name}" for name in UNIFIED_CONTROLLERS if name in offered)
    if wanted:
        (hierarchy / "cgroup.subtree_control").write_text(wanted)


def _removed(top: Path) -> bool:
    try:
        for directory, _, _ in os.walk(top, topdown=False):
            Path(directory).rmdir()
    except OSError:
        return not top.exists()
    return True
