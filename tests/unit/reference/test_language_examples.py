"""Every example of docs/language.md is run: what the page says that it gives is what it gives."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from reference import fields
from reference.bodies import ARRIVED, Arrived
from reference.python_values import REFUSED, RETURNED

from engine_stand import Stand
from penstock_core import body
from penstock_core.compiler import compile_integration
from penstock_core.expressions import Scope, fill, functions
from penstock_core.expressions.urls import url_template
from penstock_core.resources.actions import ACTIONS
from penstock_runner.engine.steps.extraction import extract

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
[REQUEST] = [body.parse(text.encode(), "application/json").value for kind, text in BLOCKS if kind == "json"]
CONFIG = {"erpUrl": "https://erp.example.com"}
VARIABLES: Mapping[str, Any] = {
    "trigger": {"body": REQUEST, "rawBody": b'{"id": 1', "headers": {"x-request-id": "r-1"}},
    "config": CONFIG,
}


def examples(kind: str) -> list[Any]:
    """The lines of all blocks of a kind: what is written, and what it gives."""
    lines = [line for found, text in BLOCKS if found == kind for line in text.splitlines() if line.strip()]
    assert lines, f"the page has no example of {kind}"
    return [pytest.param(*re.split(r"\s+// ", line, maxsplit=1), id=line.split("  ")[0]) for line in lines]


def check(given: Any, says: str) -> None:
    """Compare with the value that the page shows; 1, 1.0 and "1" are not the same."""
    assert typed(given) == typed(value(says))


def value(text: str) -> Any:
    """What a text of JSON is in a flow."""
    return body.parse(text.encode(), "application/json").value


def typed(value: Any) -> Any:
    """A value with the types of all its parts."""
    if isinstance(value, dict):
        return {key: typed(below) for key, below in value.items()}
    if isinstance(value, list):
        return [typed(below) for below in value]
    return type(value), value


def run(says: str, evaluate: Any) -> None:
    """Evaluate an example; `fails: …` are words of the failure."""
    if not says.startswith("fails: "):
        check(evaluate(), says)
        return
    with pytest.raises(Exception, match=re.escape(says.removeprefix("fails: "))):
        evaluate()


def filled(text: str) -> Any:
    return fill(text, Scope.of(config=CONFIG), VARIABLES)


@pytest.mark.parametrize(("written", "says"), examples("cel"))
def test_expressions(written: str, says: str) -> None:
    """An expression gives the value behind it."""
    run(says, lambda: filled(f"${{{written}}}"))


@pytest.mark.parametrize(("written", "says"), examples("template"))
def test_texts(written: str, says: str) -> None:
    """A text with expressions in it gives the value behind it."""
    run(says, lambda: filled(written))


@pytest.mark.parametrize(("written", "says"), examples("url"))
def test_addresses(written: str, says: str) -> None:
    """An address gives what is behind it."""
    run(says, lambda: url_template(written, Scope.of(config=CONFIG)).evaluate(VARIABLES))


@pytest.mark.parametrize(("written", "says"), examples("jsonpath"))
def test_json_paths(written: str, says: str) -> None:
    """A path gives the value behind it, of the request as the output."""
    run(says, lambda: extract({"found": written}, REQUEST)["found"])


@pytest.mark.parametrize("steps", [text for kind, text in BLOCKS if kind == "yaml"])
def test_flows_compile_and_pass(stand: Stand, steps: str) -> None:
    """The steps of an example can be published, and their own checks hold."""
    given = yaml.safe_load(steps)["steps"]

    assert compile_integration(integration(given)) == []
    assert str(stand.run(*given, trigger=VARIABLES["trigger"], config=CONFIG).state) == "passed"


@pytest.mark.parametrize("example", ARRIVED, ids=lambda each: f"{each.content_type} {each.how}")
def test_bodies(example: Arrived) -> None:
    """A body arrives as the table of examples shows it."""
    found = body.parse(example.raw, example.content_type, how=example.how)

    assert (type(found.value), found.value) == (type(example.value), example.value)
    assert bool(found.warnings) == example.warned


def test_the_python_example(stand: Stand) -> None:
    """The code of the chapter on Python gives these values."""
    [code] = [text for kind, text in BLOCKS if kind == "python"]
    outcome = stand.run({"name": "py", "python": {"code": code}}, trigger=VARIABLES["trigger"])

    assert str(outcome.state) == "passed", outcome.error_message
    found = stand.recorder.output("py")
    assert (str(found["sum"]), found["skus"], found["at"], found["before"]) == (
        "39.90",
        ["A-1", "B 2"],
        "2026-01-15T00:00:00Z",
        None,
    )


def test_the_context_has_what_the_page_lists(stand: Stand) -> None:
    """`context` has these members and no others, and a step that did not run has only nulls."""
    code = "def run(context):\n    return [sorted(context), sorted(context.steps['no']), sorted(dir(context.log))]\n"
    loop = {"items": [1], "steps": [{"name": "py", "python": {"code": code}}]}
    stand.run({"name": "each", "forEach": loop}, trigger=VARIABLES["trigger"])
    [members, step, log] = stand.recorder.output("each/0/py")

    listed = re.findall(r"^\| (`context\..*?) \|", PAGE, re.MULTILINE)
    named = set(re.findall(r"`(?:context)?\.(\w+)", " ".join(listed)))
    assert set(members) == named
    assert step == sorted(["output", "extracted", "status", "error", "attempts"])
    assert {"debug", "info", "warn", "error"} <= set(log)


def test_what_python_returns(stand: Stand) -> None:
    """Each line of the table of Python's values gives its value."""
    imports = "import array, collections, datetime, http, pathlib, uuid"
    code = f"{imports}\ndef run(context):\n    return [{', '.join(each.python for each in RETURNED)}]\n"
    code = code.replace("datetime.UTC", "datetime.timezone.utc")
    outcome = stand.run({"name": "py", "python": {"code": code}})

    assert str(outcome.state) == "passed", outcome.error_message
    assert stand.recorder.output("py") == [each.gives for each in RETURNED]


@pytest.mark.parametrize("refused", REFUSED)
def test_what_python_may_not_return(stand: Stand, refused: str) -> None:
    """What has no form as a value fails the step, with its path."""
    code = f"import datetime, http\ndef run(context):\n    return {{'rows': [{refused}]}}\n"
    outcome = stand.run({"name": "py", "python": {"code": code}})

    assert str(outcome.state) == "failed"
    assert "rows[0]" in str(outcome.error_message)


@pytest.mark.parametrize(
    "function", [each for found in functions.table().values() for each in found], ids=lambda each: str(each.name)
)
def test_functions(function: functions.Function) -> None:
    """Each function's example gives its value."""
    given = filled(f"${{{function.example}}}")

    assert (type(given), given) == (type(function.gives), function.gives)


def action_examples() -> list[Any]:
    """An action for each example of a field of an action: the field, beside what the action's own example has."""
    found = []
    for name, action in ACTIONS.items():
        for field, example in fields.examples(name).items():
            whole = dict(action.example[0] if name == "branch" else action.example) | {field: example}
            if name == "sleep" and field == "until":
                del whole["for"]
            found.append(pytest.param({name: [whole] if name == "branch" else whole}, id=f"{name}.{field}"))
    return found


@pytest.mark.parametrize("action", action_examples())
def test_examples_of_fields(action: dict[str, Any]) -> None:
    """Each example of an action's field can be published."""
    assert compile_integration(integration([{"name": "lookup", "set": {"value": 1}}, {"name": "it", **action}])) == []


def integration(steps: list[Any]) -> dict[str, Any]:
    flow = {"name": "example", "trigger": {"webhook": {}}, "steps": steps}
    return {
        "version": "1.0.0",
        "configVariables": [{"name": "erpUrl", "type": "string"}],
        "connections": [{"name": "erp", "type": "apiKey"}],
        "flows": [flow],
    }
