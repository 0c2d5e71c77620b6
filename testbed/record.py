"""Which node runs on this machine: a small file that names its processes so that no other is ever taken for them."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from testbed.console import say
from testbed.errors import TestbedError
from testbed.layout import MACHINE_RUN

BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Record:
    """The running node: `holder` is the process whose end ends the node, `init` the node's process 1 as the machine sees it.

    Start times are in clock ticks after the boot named `boot`: a process id alone may be someone else's by now.
    `ready` is set once the cluster answered; a record without it is of a start that was interrupted.
    """

    state: str
    boot: str
    holder: int
    holder_started: int
    init: int = 0
    init_started: int = 0
    ready: bool = False

    @property
    def alive(self) -> bool:
        if self.boot != _boot():
            return False
        return started(self.holder) == self.holder_started or (
            self.init > 0 and started(self.init) == self.init_started
        )

    def with_init(self, init: int) -> "Record":
        return replace(self, init=init, init_started=started(init))

    def with_cluster(self) -> "Record":
        return replace(self, ready=True)

    def kill(self, seconds: float = 20) -> None:
        """End the node and wait until none of its processes is left."""
        if self.boot != _boot():
            return
        for pid, since in ((self.holder, self.holder_started), (self.init, self.init_started)):
            if pid > 0 and started(pid) == since:
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > deadline:
                raise TestbedError(f"process {self.init or self.holder} of the node does not end")
            time.sleep(0.02)


def of_holder(pid: int, state: Path) -> Record:
    """Describe a node that was just started."""
    return Record(state=str(state), boot=_boot(), holder=pid, holder_started=started(pid))


def read() -> Record | None:
    """Return the machine's record, or None where there is none or it is not whole."""
    try:
        return Record(**json.loads(_file().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write(record: Record) -> None:
    MACHINE_RUN.mkdir(parents=True, exist_ok=True)
    scratch = _file().with_suffix(".new")
    scratch.write_text(json.dumps(asdict(record)))
    scratch.replace(_file())


def forget() -> None:
    """Remove the record; the lock file beside it stays, as someone may be waiting for it."""
    _file().unlink(missing_ok=True)


@contextmanager
def locked() -> Iterator[None]:
    """Hold the machine's lock: two starts at once would take each other's devices."""
    MACHINE_RUN.mkdir(parents=True, exist_ok=True)
    with (MACHINE_RUN / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another testbed command is at work on this machine: waiting for it to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def started(pid: int) -> int:
    """Return when a process started, in clock ticks after boot; -1 where there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] in ("Z", "X") else int(fields[19])


def child_of(pid: int, seconds: float = 5) -> int:
    """Return the one child of a process, waiting for it to appear."""
    deadline = time.monotonic() + seconds
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while time.monotonic() < deadline:
        try:
            found = children.read_text().split()
        except OSError:
            break
        if found:
            return int(found[0])
        time.sleep(0.01)
    raise TestbedError("the node's first process did not start")


def _file() -> Path:
    return MACHINE_RUN / "node.json"


def _boot() -> str:
    return BOOT.read_text().strip()
