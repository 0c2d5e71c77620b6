"""How a step, a flow or this process can end early, as a tree:

RunnerError
├── ConfigurationError      the environment lacks what a runner needs: a defect of whoever made the Job
├── Failure                 an attempt of a step failed: code, message and details are what `retry.when` and the record see
├── StepFailed              a step failed for good, and nothing says to go on
├── Expired                 a deadline passed: the step's own, an enclosing step's or the flow's
├── Interrupted             somebody outside wants this process to stop: cancelled, SIGTERM, lost lease
├── NotRecorded             what follows reads a result that the record of an earlier runner does not have as it was
└── Stopped                 a `stop` step ended the flow
"""

from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a running flow is interrupted."""

    CANCELLED = "cancelled"
    HANDED_OVER = "handed_over"
    """SIGTERM: the replacement goes on."""
    LOST = "lost"
    """A later claim exists: nothing more may be written."""
    UNAVAILABLE = "unavailable"
    """The database stayed away past the flow's deadline."""


class RunnerError(Exception):
    """Base of everything that the runner raises on purpose."""


class ConfigurationError(RunnerError):
    """The environment lacks what a runner needs; the message names the variable."""


class Failure(RunnerError):
    """An attempt failed; `code` is for programs, the message for people, `details` for `retry.when`.

    `output` is what the action had produced all the same, such as a response with an unexpected status; `bare` is the
    message without what it tells of the flow's values.
    """

    def __init__(self, code: str, message: str, *, details: Any = None, output: Any = None, bare: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.bare = bare
        self.shown = message
        """What may be recorded of the message: less of it where the step's `record` keeps no values."""
        self.details = details
        self.output = output

    @property
    def asked_seconds(self) -> int | None:
        """Seconds that the other side asks to wait before another attempt, kept in the details; None where it does not."""
        found = self.details.get("retryAfter") if isinstance(self.details, dict) else None
        # details of a `check` or of an older record are whatever they are
        return found if type(found) is int and found > 0 else None

    def as_value(self) -> dict[str, Any]:
        """What expressions see as `error`; `type` is another name of `code`, `status` 0 where no response came."""
        details = self.details if isinstance(self.details, dict) else {}
        return {
            "code": self.code,
            "type": self.code,
            "message": self.message,
            "details": self.details,
            "status": details.get("status", 0),
        }


class StepFailed(RunnerError):
    """A step failed for good and its `onError` is fail; `path` names it."""

    def __init__(self, path: str, failure: Failure) -> None:
        super().__init__(failure.message)
        self.path = path
        self.failure = failure


class Gap(StrEnum):
    """Why the record does not have a value as it was."""

    CUT = "cut"
    MASKED = "masked"
    LEFT_OUT = "left_out"


_GAPS = {
    Gap.CUT: "was too large to be recorded whole, and the runner that held all of it was lost:"
    " let the step give less, or extract in it what later steps read",
    Gap.MASKED: "held a connection's secret, which no record keeps, and the runner that held it was lost:"
    " extract in the step what later steps read, without the secret",
    Gap.LEFT_OUT: "was not recorded, as its `record` says, and the runner that held it was lost:"
    " record the step in full, or read nothing of it later",
}


class NotRecorded(RunnerError):
    """A value is needed that the record does not have as it was; `path` names its step, nothing may go on."""

    def __init__(self, path: str, gap: Gap) -> None:
        super().__init__(path)
        self.path = path
        self.gap = gap
        message = f"step {path}: its result {_GAPS[gap]}"
        self.failure = Failure(f"recorded_result_{gap.value}", message, details={"step": path})


class Expired(RunnerError):
    """A deadline passed while an action ran; its text, if any, says in which step, and what that was waiting for."""


class Interrupted(RunnerError):
    """The process was told to stop."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Stopped(RunnerError):
    """A `stop` step was reached; `passed` tells how the flow ends."""

    def __init__(self, path: str, *, passed: bool, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.passed = passed
        self.message = message
