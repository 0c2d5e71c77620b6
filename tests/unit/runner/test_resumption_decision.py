"""What a replacement decides by a step's record alone."""

import pytest

from penstock_core.executions.records import RecordedStep
from penstock_core.executions.states import StepStatus
from penstock_runner.engine.history import History
from penstock_runner.engine.steps.resumption import Decision, decide


def attempt(number: int, status: StepStatus, code: str | None = None) -> RecordedStep:
    """One attempt of the step."""
    return RecordedStep(
        path="a", attempt=number, status=status, output=None, extracted=None, error_code=code, error_message=code
    )


PASSED, FAILED = attempt(1, StepStatus.PASSED), attempt(1, StepStatus.FAILED, "http_status")


@pytest.mark.parametrize(
    ("recorded", "decision"),
    [
        ([PASSED], Decision.STANDS),
        ([FAILED, attempt(2, StepStatus.PASSED)], Decision.STANDS),
        ([attempt(1, StepStatus.SKIPPED)], Decision.STANDS),
        ([FAILED], Decision.FAILED),
        ([attempt(1, StepStatus.TIMED_OUT, "timeout")], Decision.FAILED),
        ([FAILED, attempt(2, StepStatus.RUNNING)], Decision.TAKEN_OVER),
        ([attempt(1, StepStatus.FAILED, "interrupted")], Decision.GOES_ON),
        ([FAILED, attempt(2, StepStatus.FAILED, "interrupted")], Decision.GOES_ON),
        ([attempt(1, StepStatus.CANCELLED, "cancelled")], Decision.GOES_ON),
    ],
)
def test_the_last_attempt_decides(recorded: list[RecordedStep], decision: Decision) -> None:
    """A result stands, a failure stands unless another attempt follows, what a lost runner began is taken over."""
    past = History(recorded).take("a")

    assert past is not None
    assert decide(past) is decision
