"""What a runner does with what an earlier one recorded of a step. Decides only: `step_run` acts. Pure."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from penstock_core.executions.states import StepStatus
from penstock_runner.engine.action import Step
from penstock_runner.engine.context import Placed
from penstock_runner.engine.history import History, Past
from penstock_runner.engine.variables import Frame
from penstock_runner.errors import Stopped


class Decision(Enum):
    """What becomes of a step of which something is recorded; one of which nothing is begins from the start."""

    STANDS = "it has its result, passed or skipped: nothing of it runs"
    FAILED = "its last attempt failed: that stands, unless its `retry` has another one follow"
    TAKEN_OVER = "its runner was lost during an attempt"
    GOES_ON = "its runner was lost between two attempts, after the one before had been closed: the next one follows"


def decide(past: Past) -> Decision:
    """By the last attempt that is recorded."""
    if past.ended:
        return Decision.STANDS
    if past.last.status is StepStatus.RUNNING:
        return Decision.TAKEN_OVER
    return Decision.FAILED if past.failure() else Decision.GOES_ON


def within(placed: Placed, history: History) -> Iterator[tuple[Step, Frame]]:
    """The steps inside of a step of which something may be recorded, each with the frame it ran in."""
    action, frame = placed.action, placed.frame
    if history.is_empty or not action.holds_steps:
        return
    lists = action.steps_in(placed.fields)
    for number in history.indexes(placed.path):
        prefix = f"{placed.path}/{number}/"
        if action.iterates:
            # nothing inside runs any more, so that nobody asks for the item
            inside = frame.iteration(prefix=prefix, item=None, index=number, deadline=frame.deadline)
        else:
            inside = frame.case(prefix=prefix, deadline=frame.deadline)
        yield from ((step, inside) for step in lists[0 if action.iterates else number])


def is_behind(placed: Placed, prefix: str, history: History) -> bool:
    """True where the iteration of this prefix is through, so that a further attempt of the loop leaves it as it is.

    A case is never: a branch fails by a step inside of it alone, so the case that failed has to run.
    """
    if not placed.action.iterates:
        return False
    (steps,) = placed.action.steps_in(placed.fields)
    return all(history.stands(prefix + step["name"], continues=step.get("onError") == "continue") for step in steps)


def stopped(placed: Placed, output: Any) -> Stopped:
    """How a step that ended the flow ends it again."""
    # not every `record` keeps the output: the status is in the definition as well
    said = {**placed.fields, "message": "", **(output or {})}
    return Stopped(placed.path, passed=said.get("status", "passed") == "passed", message=said["message"])
