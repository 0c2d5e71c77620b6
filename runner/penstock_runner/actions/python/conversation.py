"""One call of a worker: the code and its context out, log lines and the answer in."""

import signal
from collections.abc import Mapping
from typing import Any, Final

from penstock_core import codec
from penstock_runner.actions.python import processes
from penstock_runner.actions.python.messages import Answer, Line, received
from penstock_runner.actions.python.workers import Worker
from penstock_runner.engine.action import Call
from penstock_runner.engine.interrupt import Apart
from penstock_runner.engine.step_records import MAX_MESSAGE
from penstock_runner.engine.unrecorded import readable
from penstock_runner.errors import Failure

MAX_LINES: Final = 10_001
"""Log lines of one call; the worker stops one earlier, with a note of its own."""
MAX_BYTES: Final = 32 * 1024 * 1024
"""Of all log lines of one call, as they are recorded."""
MAX_FIELDS_BYTES: Final = 65_536
"""Of the fields of one line."""


class Conversation:
    """One call: the code and its context out, log lines and the answer in."""

    def __init__(self, call: Call, worker: Worker) -> None:
        self._call = call
        self._worker = worker
        self._message, _ = codec.to_message(
            {"name": call.name, "code": call.input["code"], "context": _context(call.frame.variables)}
        )
        self._lines = 0
        self._bytes = 0

    def run(self, apart: Apart[Answer]) -> Answer:
        """The answer. Raises Failure where the code's process ended without one, or wrote something else in its place."""
        try:
            self._worker.send(self._message)
        except BrokenPipeError:
            raise self._died() from None
        try:
            while frame := self._frame():
                message = received(frame)
                if isinstance(message, Answer):
                    processes.bound()  # also of what it leaves behind
                    return message
                if not apart.abandoned:
                    self._log(message, len(frame))
        except processes.TooMany:
            words = (
                f"the code had more than {processes.MOST} processes at a time, and all of them were ended: start fewer"
            )
            raise Failure("python_processes", words) from None
        raise self._died()

    def _log(self, line: Line, size: int) -> None:
        """Keep a line; whatever the code's process sends, only so many and so much."""
        before = self._lines < MAX_LINES and self._bytes < MAX_BYTES
        self._lines += 1
        # of a long line, and of many fields, only so much is recorded
        self._bytes += min(size, MAX_MESSAGE + (MAX_FIELDS_BYTES if line.fields else 0))
        if not before:
            return
        if self._lines >= MAX_LINES or self._bytes >= MAX_BYTES:
            line = Line(
                "warn", f"more than {MAX_LINES} log lines, or {MAX_BYTES >> 20} MiB of them: the rest is not kept", None
            )
        call = self._call
        call.flow.log(line.severity, line.message, step=call.path, fields=line.fields, mode=call.mode)

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
    views = {name: readable(view) for name, view in plain.get("steps", {}).items()}
    plain["steps"] = {name: members for name, (members, _) in views.items()}
    plain["missing"] = {name: missing for name, (_, missing) in views.items() if missing}
    return plain


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
