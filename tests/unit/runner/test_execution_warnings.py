"""What attempts of steps warn of is told of the execution, too."""

from typing import Any

import pytest

from engine_stand import Stand
from penstock_runner.actions.set import Set
from penstock_runner.engine.action import Call
from penstock_runner.engine.context import MAX_WARNING, MAX_WARNINGS


@pytest.fixture
def warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `set` that warns of its own value."""
    plain = Set.run

    def run(self: Set, call: Call) -> Any:
        call.attempt.warnings = (str(call.input["value"]),)
        return plain(self, call)

    monkeypatch.setattr(Set, "run", run)


@pytest.mark.usefixtures("warning")
def test_the_execution_has_its_steps_warnings(stand: Stand) -> None:
    """With the step's path, inside of loops too."""
    inner = {"name": "made", "set": {"value": "value ${item}"}}
    outcome = stand.run({"name": "each", "forEach": {"items": ["a", "b"], "steps": [inner]}})

    assert sorted(outcome.warnings) == ["step each/0/made: value a", "step each/1/made: value b"]


@pytest.mark.usefixtures("warning")
def test_an_execution_without_values_has_no_warnings_of_them(stand: Stand) -> None:
    """As the step's record."""
    outcome = stand.run({"name": "made", "record": "metadata", "set": {"value": "a"}})

    assert outcome.warnings == ()


@pytest.mark.usefixtures("warning")
def test_many_warnings_are_counted(stand: Stand) -> None:
    """The first of them, short, and how many more there are."""
    inner = {"name": "made", "set": {"value": "x" * 2 * MAX_WARNING}}
    outcome = stand.run({"name": "each", "forEach": {"items": list(range(MAX_WARNINGS + 5)), "steps": [inner]}})

    assert len(outcome.warnings) == MAX_WARNINGS + 1
    assert outcome.warnings[-1] == "5 more warnings of steps"
    assert all(len(text) < MAX_WARNING + 50 for text in outcome.warnings)
