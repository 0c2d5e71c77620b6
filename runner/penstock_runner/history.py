"""What an earlier runner of the same execution recorded, so that nothing of it runs twice."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from penstock_core.states import StepStatus
from penstock_core.store.records import RecordedStep

INTERRUPTED = "interrupted"
"""Error code of an attempt whose runner vanished: it does not count against `retry.attempts`."""


class Past(NamedTuple):
    """A step's recorded attempts: the last one, how many were made, how many of them really failed."""

    last: RecordedStep
    attempts: int
    failed: int

    @property
    def ended(self) -> bool:
        """True where the last attempt has a result that stands: passed or skipped."""
        return self.last.status in (StepStatus.PASSED, StepStatus.SKIPPED)

    def view(self) -> dict[str, Any]:
        """What `steps.<name>` is."""
        return {
            "output": _unpacked(self.last.output),
            "extracted": _unpacked(self.last.extracted),
            "status": self.last.status.value,
            "error": self.error(),
            "attempts": self.attempts if self.last.status is not StepStatus.SKIPPED else 0,
        }

    def error(self) -> dict[str, Any] | None:
        """The last attempt's error, without details: those are not recorded."""
        if self.last.error_code is None:
            return None
        return {"code": self.last.error_code, "message": self.last.error_message or "", "details": None}


class History:
    """Recorded steps by path. Each is handed out once: a step that runs again afterwards runs anew."""

    def __init__(self, recorded: Iterable[RecordedStep]) -> None:
        self._steps: dict[str, list[RecordedStep]] = {}
        for step in recorded:
            self._steps.setdefault(step.path, []).append(step)
        self._attempts: dict[str, int] = {}

    def take(self, path: str) -> Past | None:
        """What was recorded of a step, None where nothing was or it was taken before."""
        if not self._steps or (attempts := self._steps.pop(path, None)) is None:
            return None
        last = max(attempts, key=lambda step: step.attempt)
        failed = sum(
            step.status in (StepStatus.FAILED, StepStatus.TIMED_OUT) and step.error_code != INTERRUPTED
            for step in attempts
        )
        self._attempts[path] = last.attempt
        return Past(last=last, attempts=last.attempt, failed=failed)

    def next_attempt(self, path: str) -> int:
        """The number of a step's next attempt, from 1; counts on over resumptions and over retries of what is around."""
        number = self._attempts.get(path, 0) + 1
        self._attempts[path] = number
        return number

    def reopen(self, path: str) -> None:
        """Let the next attempt have the number of the last one: a step that holds steps goes on where it was."""
        self._attempts[path] -= 1


def _unpacked(data: bytes | None) -> Any:
    if data is None:
        return None
    from penstock_core import codec

    return codec.unpack(data)
