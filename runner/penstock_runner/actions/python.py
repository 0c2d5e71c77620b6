"""`python`: the user's code, in a process that holds no secret, that can be killed and whose memory is its own.

One worker process at a time and parallel step; each call is a fork of it (see `worker`).
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from penstock_core import codec
from penstock_core.names import ENV_CONNECTION_PREFIX, ENV_DSN
from penstock_runner.call import Call
from penstock_runner.errors import Failure
from penstock_runner.frames import read_frame, write_frame
from penstock_runner.interrupt import Apart

MAX_RESULT_BYTES: Final = 256 * 1024 * 1024
SCRATCH: Final = "/dev/shm"  # noqa: S108 - pods have no volume and a read-only root: the only place to write


class Python:
    """Calls the code's `run(context)`."""

    evaluates = True

    def has_effect(self, fields: Any) -> bool:
        """Yes: nobody knows what the code does."""
        return True

    def prepare(self, call: Call) -> None:
        """The recorded input is what the engine gives: the code is in the definition."""
        call.attempt.input = {name: value for name, value in call.input.items() if name != "code"} or None

    def run(self, call: Call) -> Any:
        """What `run` returned."""
        workers = call.flow.workers
        worker = workers.take()
        try:
            answer = Apart(_Conversation(call, worker).run, call.flow.interrupt).run(until=call.deadline)
        except BaseException:
            worker.kill()
            raise
        workers.give_back(worker)
        call.attempt.warnings = tuple(answer.get("warnings", ()))
        if error := answer.get("error"):
            raise Failure("python_error", error["message"], details={"type": error["type"], "line": error["line"]})
        return answer["result"]


class Worker:
    """One worker process, in a session of its own, so that everything it started can be killed with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "penstock_runner.worker"],
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
        """What there is, nothing once it is gone: what the code started may hold the pipe open for long."""
        events = dict(self._events.poll())
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


class _Conversation:
    """One call: the code and its context out, log lines and the answer in."""

    def __init__(self, call: Call, worker: Worker) -> None:
        self._call = call
        self._worker = worker
        self._message, _ = codec.to_message(
            {"name": call.name, "code": call.input["code"], "context": _context(call.frame.variables)}
        )

    def run(self, apart: Apart[dict[str, Any]]) -> dict[str, Any]:
        try:
            self._worker.send(self._message)
        except BrokenPipeError:
            raise self._died() from None
        while frame := self._frame():
            answer: dict[str, Any] = codec.from_message(frame)
            if "log" not in answer:
                return answer
            if not apart.abandoned:
                severity, message, fields = answer["log"]
                self._call.flow.log(severity, message, step=self._call.path, fields=fields)
        raise self._died()

    def _frame(self) -> bytes:
        try:
            return self._worker.receive()
        except ValueError as exc:
            raise Failure("python_result_too_large", f"the result is too large: {exc}; return less") from exc

    def _died(self) -> Failure:
        code = self._worker.exit_code()
        if code > 128:
            name = _signal(code - 128)
            why = f"was killed by {name}"
            if name == "SIGKILL":
                why += f": probably for memory{_memory_limit()}; raise the flow's `resources.limits.memory`, or handle less at a time"
            return Failure("python_died", f"the code's process {why}", details={"signal": name})
        return Failure(
            "python_died",
            f"the code ended its process with exit code {code} instead of returning",
            details={"exit": code},
        )


MEMORY_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where the kernel tells a container its limit: control groups v2, then v1."""


def _memory_limit() -> str:
    """` (limit 96Mi)`, or nothing where the container has none."""
    from pathlib import Path

    for place in MEMORY_LIMITS:
        try:
            limit = int(Path(place).read_text())
        except (OSError, ValueError):  # the other version's, or "max"
            continue
        if limit < 1 << 50:
            return f" (limit {limit >> 20}Mi)"
    return ""


def _context(variables: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: dict(value) if isinstance(value, Mapping) else value for name, value in variables.items()}
    if "item" in variables:
        plain["item"] = variables["item"]
    return plain


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The image's own variables; the runner's were taken out before, this holds even if they were not."""
    kept = {
        name: value
        for name, value in environment.items()
        if name != ENV_DSN and not name.startswith((ENV_CONNECTION_PREFIX, "PENSTOCK_"))
    }
    return {**kept, "TMPDIR": SCRATCH, "PYTHONDONTWRITEBYTECODE": "1"}


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
