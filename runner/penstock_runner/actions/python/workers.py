"""Worker processes: started clean, fed by frames, ended."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from penstock_core.names import ENV_CONNECTION_PREFIX, ENV_DSN
from penstock_runner.actions.python import processes
from penstock_runner.actions.python.frames import read_frame, write_frame

MAX_RESULT_BYTES: Final = 256 * 1024 * 1024
SCRATCH: Final = "/dev/shm"  # noqa: S108 - pods have no volume and a read-only root: the only place to write


class Worker:
    """One worker process, in a session of its own, so that everything it started can be killed with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "penstock_runner.actions.python.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            close_fds=False,  # every descriptor of ours is closed on exec; listing them is forbidden to this process
            env=_clean(os.environ),
            cwd=SCRATCH if os.access(SCRATCH, os.W_OK) else None,
        )
        assert self._process.stdin is not None  # noqa: S101 - Popen was told to make pipes
        assert self._process.stdout is not None  # noqa: S101
        self._calls, self._answers = self._process.stdin, self._process.stdout
        self._events = select.poll()
        self._events.register(self._answers, select.POLLIN)
        self._events.register(self._calls, 0)  # tells when nobody can read them any more

    def send(self, message: bytes) -> None:
        """Give it a call."""
        write_frame(self._calls, message)

    def receive(self) -> bytes:
        """Its next frame, empty where it is gone."""
        return read_frame(self._read, limit=MAX_RESULT_BYTES)

    def _read(self, size: int) -> bytes:
        """What there is, nothing once it is gone: what the code started may hold the pipe open for long. Raises TooMany."""
        while not (events := dict(self._events.poll(processes.LOOK_SECONDS * 1000))):
            processes.bound()
        return self._answers.read(size) if events.get(self._answers.fileno(), 0) & select.POLLIN else b""

    def kill(self) -> int:
        """End it and everything that it started; its exit code."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        self._calls.close()
        self._answers.close()
        return code

    def exit_code(self) -> int:
        """Its exit code, once it said nothing more."""
        code = self._process.wait()
        self.kill()
        return code


class Workers:
    """The workers that wait for a call; threads share it."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._all: list[Worker] = []

    def take(self) -> Worker:
        """A worker that nobody else has."""
        try:
            return self._idle.pop()
        except IndexError:
            worker = Worker()
            self._all.append(worker)
            return worker

    def give_back(self, worker: Worker) -> None:
        """Let the next call have it."""
        self._idle.append(worker)

    def close(self) -> None:
        """End all of them."""
        for worker in self._all:
            worker.kill()


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The image's own variables; the runner's were taken out before, this holds even if they were not."""
    kept = {
        name: value
        for name, value in environment.items()
        if name != ENV_DSN and not name.startswith((ENV_CONNECTION_PREFIX, "PENSTOCK_"))
    }
    return {**kept, "TMPDIR": SCRATCH, "PYTHONDONTWRITEBYTECODE": "1"}
