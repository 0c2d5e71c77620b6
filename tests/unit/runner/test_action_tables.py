"""Actions are tables: a kind has a module in each, and nobody else knows its name."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import penstock_core
import penstock_gateway
import penstock_operator
import penstock_runner
from engine_stand import Stand
from penstock_core.compiler.actions import CHECKS
from penstock_core.compiler.flows import FlowChecker
from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.executions.states import ExecutionState
from penstock_core.expressions import Scope
from penstock_core.resources import FlowDefinition
from penstock_core.resources.actions import ACTIONS
from penstock_core.resources.base import Resource, described
from penstock_core.resources.steps import StepBase
from penstock_runner.actions.table import KINDS
from penstock_runner.engine.action import Action, Actions, Call

PACKAGES = [
    Path(package.__path__[0]) for package in (penstock_core, penstock_runner, penstock_operator, penstock_gateway)
]
ENGINE = [
    *(Path(penstock_runner.__path__[0]) / "engine").rglob("*.py"),
    *(Path(penstock_core.__path__[0]) / "compiler").glob("*.py"),
]
AMBIGUOUS = {"http"}
"""Also the scheme of a URL, and a kind of connection to a server."""


def constants(node: ast.AST) -> Iterator[str]:
    """The texts in a piece of code."""
    return (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def decisions(file: Path) -> Iterator[ast.Compare | ast.MatchValue]:
    """Everything in a module that compares, or matches a pattern."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Compare | ast.MatchValue):
            yield node


def test_every_kind_is_in_each_table() -> None:
    """Model, check and action have the same names; messages list them in the schema's order."""
    assert list(CHECKS) == list(ACTIONS)
    assert set(KINDS) == set(ACTIONS)


@pytest.mark.parametrize("file", ENGINE, ids=lambda file: file.name)
def test_engine_and_compiler_name_no_action(file: Path) -> None:
    """No text in the engine or in the compiler is an action's name: what they must know of a kind is a trait."""
    named = set(constants(ast.parse(file.read_text()))) & set(ACTIONS)

    assert named - (AMBIGUOUS if file.name == "configuration.py" else set()) == set()


def test_nothing_compares_with_an_actions_name() -> None:
    """Only an action's own modules may ask whether something is called like it."""
    found = [
        f"{file.name}:{node.lineno}"
        for package in PACKAGES
        for file in package.rglob("*.py")
        if "actions" not in file.relative_to(package).parts
        for node in decisions(file)
        if set(constants(node)) & set(ACTIONS) - AMBIGUOUS
    ]

    assert found == []


class Repeat(Resource):
    """The model of a toy action."""

    text: str = described("What is repeated.", example="${config.word}")
    times: int = described("How often.", default=2)


class RepeatStep(StepBase):
    """A step that may have it."""

    repeat: Repeat | None = described("Action: repeats a text.", default=None)


class RepeatFlow(FlowDefinition):
    """A flow of such steps."""

    steps: list[RepeatStep]  # type: ignore[assignment]  # a flow of toys is no flow of steps


class RepeatCheck(ActionCheck):
    """Its check in the compiler."""

    def check(self, step: StepCheck, fields: Repeat, scope: Scope) -> None:
        """A template, and a number above 0."""
        step.templates("repeat.text", fields.text, scope)
        if fields.times < 1:
            step.add("repeat.times", "write 1 at least")


class RepeatAction(Action):
    """Its class in the runner."""

    def has_effect(self, fields: Any, actions: Actions) -> bool:
        """No."""
        return False

    def run(self, call: Call) -> Any:
        """The text, so often."""
        return call.input["text"] * call.input["times"]


def problems(**fields: Any) -> list[str]:
    """What the compiler, with the toy in its table, says to a flow of one toy step."""
    step = {"name": "again", "repeat": fields} if fields else {"name": "again"}
    flow = RepeatFlow.model_validate({"name": "demo", "trigger": {"webhook": {}}, "steps": [step]})
    checker = FlowChecker(
        flow=flow,
        base=Scope.of(config=["word"]),
        connections=frozenset(),
        actions={**CHECKS, "repeat": RepeatCheck()},
    )
    return [str(problem) for problem in checker.check()]


def test_a_toy_action_is_checked() -> None:
    """A kind that is in the compiler's table is checked like others, and messages list it."""
    assert problems(text="${config.word}") == []
    assert problems(text="${config.wort}", times=0) == [
        "flow demo, step again, repeat.text, column 3: there is no variable `config.wort`: did you mean `config.word`?",
        "flow demo, step again, repeat.times: write 1 at least",
    ]
    assert problems()[0].endswith("python, sleep, forEach, branch, stop, repeat")


def test_a_toy_action_runs() -> None:
    """A kind that is in the runner's table runs, also inside of others."""
    step = {"name": "again", "repeat": {"text": "${item}", "times": 2}}
    loop = {"name": "loop", "forEach": {"items": ["ab", "c"], "steps": [step]}}
    stand = Stand(actions=Actions({**KINDS, "repeat": RepeatAction}))

    assert stand.run(loop, started_at=datetime(2026, 3, 1, tzinfo=UTC)).state is ExecutionState.PASSED
    assert stand.recorder.output("loop") == ["abab", "cc"]
    assert stand.recorder.last("loop/0/again").action == "repeat"
