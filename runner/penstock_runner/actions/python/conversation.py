"""One call of a worker: the code and its context out, log lines and the answer in."""

import signal
from collections.abc import Mapping
from typing import Any, Final

from penstock_core import codec
from penstock_runner.actions.python.workers import Worker
from penstock_runner.engine.action import Call
from penstock_runner.engine.interrupt import Apart
from penstock_runner.errors import Failure


class Conversation:
    """One call: the code and its context out, log lines and the answer in."""

    def __init__(self, call: Call, worker: Worker) -> None:
        self._call = call
        self._worker = worker
        self._message, _ = codec.to_message(
            {"name": call.name, "code": call.input["code"], "context": _context(call.frame.variables)}
        )

    def run(self, apart: Apart[dict[str, Any]]) -> dict[str, Any]:
        """The answer: result and warnings, or an error. Raises Failure where the code's process ended without one."""
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


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
