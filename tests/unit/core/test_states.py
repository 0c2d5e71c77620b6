"""Which state may follow which: walked through completely."""

from itertools import product

import pytest

from penstock_core.executions.states import TRANSITIONS, ExecutionState, may_follow

ALLOWED = {
    ("queued", "starting"), ("queued", "failed"), ("queued", "cancelled"), ("queued", "timed_out"), ("queued", "skipped"),
    ("starting", "running"), ("starting", "queued"), ("starting", "failed"), ("starting", "cancelled"),
    ("starting", "timed_out"), ("starting", "skipped"),
    ("running", "passed"), ("running", "failed"), ("running", "completed_with_errors"), ("running", "cancelled"),
    ("running", "timed_out"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), list(product(ExecutionState, repeat=2)))
def test_the_table_allows_what_is_listed_and_nothing_else(before: ExecutionState, after: ExecutionState) -> None:
    """Every pair of states is allowed or refused as written down here a second time."""
    assert may_follow(before, after) == ((before, after) in ALLOWED)


def test_every_state_has_a_row() -> None:
    """No state is missing from the table."""
    assert set(ExecutionState) == TRANSITIONS.keys()


def test_final_states_are_those_that_nothing_follows() -> None:
    """A final state is one without successors."""
    assert {state for state in ExecutionState if state.final} == {
        "passed", "failed", "completed_with_errors", "cancelled", "timed_out", "skipped",
    }  # fmt: skip
