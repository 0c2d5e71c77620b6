"""The states of executions and steps, and which may follow which.

The table is the single source: the store's SQL enforces it with `where state = any(…)`, tests walk through all pairs.
"""

from enum import StrEnum
from typing import Final


class ExecutionState(StrEnum):
    """States of an execution. Users see `starting` as queued."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"

    @property
    def final(self) -> bool:
        """True where nothing may follow."""
        return not TRANSITIONS[self]


class StepStatus(StrEnum):
    """States of one attempt of a step."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class Refusal(StrEnum):
    """Why a webhook's caller was refused: what the owner is told, and no caller."""

    NO_SUCH_FLOW = "no_such_flow"
    NO_CREDENTIAL = "no_credential"
    KEY_UNKNOWN = "key_unknown"
    SIGNATURE_WRONG = "signature_wrong"
    SIGNATURE_OUT_OF_TIME = "signature_out_of_time"


class Trigger(StrEnum):
    """What asked for an execution."""

    WEBHOOK = "webhook"
    SCHEDULE = "schedule"
    MANUAL = "manual"


_ENDS: Final = frozenset(
    {
        ExecutionState.PASSED,
        ExecutionState.FAILED,
        ExecutionState.COMPLETED_WITH_ERRORS,
        ExecutionState.CANCELLED,
        ExecutionState.TIMED_OUT,
    }
)
_NOT_RUN: Final = frozenset({ExecutionState.FAILED, ExecutionState.CANCELLED, ExecutionState.TIMED_OUT})

TRANSITIONS: Final[dict[ExecutionState, frozenset[ExecutionState]]] = {
    ExecutionState.QUEUED: _NOT_RUN | {ExecutionState.STARTING, ExecutionState.SKIPPED},
    # back to queued: no Job came of it; straight to an end: its Job could not start (image, quota, admission)
    ExecutionState.STARTING: _NOT_RUN | {ExecutionState.RUNNING, ExecutionState.QUEUED, ExecutionState.SKIPPED},
    ExecutionState.RUNNING: _ENDS,
    **{state: frozenset() for state in [*_ENDS, ExecutionState.SKIPPED]},
}
"""From each state to the states that may follow it."""


def may_follow(before: ExecutionState, after: ExecutionState) -> bool:
    """True where an execution in state `before` may become `after`."""
    return after in TRANSITIONS[before]
