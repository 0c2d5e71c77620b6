"""Deadlines of steps and flows: when they begin, and what a late database or a rounding error does to them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Never

import pytest

from engine_stand import Stand
from penstock_core.executions.states import ExecutionState
from penstock_runner.actions.set import Set
from penstock_runner.errors import Expired
from penstock_runner.process.session import SystemClock

STEP = {"name": "p", "set": {"value": 1}}


class SlowDatabase(SystemClock):
    """Makes `set` steps wait for a durable start that takes `seconds`, by the clock that it is; the wait itself takes none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stand: Stand, *, seconds: float) -> None:
        self.time_left: list[float] = []
        self._late = 0.0
        monkeypatch.setattr(Set, "has_effect", lambda *_: True)
        monkeypatch.setattr(Set, "run", lambda _, call: self.time_left.append(call.deadline - self.monotonic()))
        monkeypatch.setattr(stand.recorder, "durable", lambda _: self._pass(seconds))
        stand.clock = self

    def monotonic(self) -> float:
        return SystemClock().monotonic() + self._late

    def _pass(self, seconds: float) -> None:
        self._late += seconds


def test_step_has_its_own_time_behind_the_durable_start(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step's timeout begins when its action does, however long the database took before."""
    database = SlowDatabase(monkeypatch, stand, seconds=5)

    outcome = stand.run(STEP | {"timeout": "3s"})

    assert outcome.state is ExecutionState.PASSED
    assert [round(left) for left in database.time_left] == [3]


def test_action_does_not_begin_past_the_flows_deadline(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that became durable only after the flow's timeout is not followed by the action."""
    database = SlowDatabase(monkeypatch, stand, seconds=5)

    outcome = stand.run(STEP | {"timeout": "3s"}, timeout_ms=4000)

    assert outcome.state is ExecutionState.TIMED_OUT
    assert stand.recorder.statuses() == [("p", 1, "timed_out")]
    assert database.time_left == []


@pytest.mark.parametrize(
    ("timeout", "state"), [({}, ExecutionState.TIMED_OUT), ({"timeout": "1s"}, ExecutionState.FAILED)]
)
def test_deadline_that_is_seen_too_early_is_a_timeout(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, timeout: dict[str, str], state: ExecutionState
) -> None:
    """A wait that ends a rounding error before its deadline belongs to the limit that it waited for."""

    def expire(*_: Any) -> Never:
        raise Expired

    monkeypatch.setattr(Set, "run", expire)

    outcome = stand.run(STEP | timeout)

    assert (outcome.state, outcome.error_code) == (state, "timeout")
    assert stand.recorder.statuses() == [("p", 1, "timed_out")]


def test_flows_time_is_that_of_the_database(stand: Stand) -> None:
    """A pod whose clock is hours ahead does not time out: what is gone of the time is the database's to say."""
    begun = datetime.now(UTC) - timedelta(hours=3)

    assert stand.run(STEP, started_at=begun).state is ExecutionState.PASSED
    assert stand.run(STEP, ran_seconds=21).state is ExecutionState.TIMED_OUT
