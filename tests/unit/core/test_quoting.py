"""People read messages, not Python: what is quoted stands between backticks or as JSON."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import penstock_core
import penstock_gateway
import penstock_operator
import penstock_runner
from penstock_core.expressions.quoting import did_you_mean, listed, near, quoted

PACKAGES: Final = [
    Path(package.__path__[0]) for package in (penstock_core, penstock_runner, penstock_operator, penstock_gateway)
]
PYTHON: Final = frozenset(
    {
        "worker.py",  # read in a traceback, by who writes Python
        "plain_values.py",  # the keys of a python step's result
        "value_paths.py",
        "failures.py",  # what a server said that speaks no HTTP: its control characters are to be seen
        "header_fields.py",  # a character that no header can have, likewise
        "send_webhook.py",  # helm test, for who installs the release
        "environment.py",  # of the release, of the Job: for who made these
        "session.py",  # a line of the log
    }
)
"""Modules whose representations reach no author of a flow."""


def representations(file: Path) -> Iterator[int]:
    """Lines where a text shows a value as Python writes it, but for the representations of classes themselves."""
    tree = ast.parse(file.read_text())
    own = {
        id(inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "__repr__"
        for inside in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r") and id(node) not in own:
            yield node.lineno


def test_no_message_shows_python() -> None:
    """No text that an author or a caller reads has `'…'`, `None` or `True` of Python in it."""
    found = {
        f"{file.name}:{line}"
        for package in PACKAGES
        for file in package.rglob("*.py")
        if file.name not in PYTHON
        for line in representations(file)
    }

    assert found == set()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        ("it's", '"it\'s"'),
        ("Köln\n", '"Köln\\n"'),
        ({"a": [1, 2.5]}, '{"a": [1, 2.5]}'),
        (b"\x00\x01", "2 bytes"),
        (float("nan"), "nan"),
        ("x" * 200, f'"{"x" * 78}… (202 characters)'),
    ],
)
def test_a_value_is_quoted_as_json(value: Any, shown: str) -> None:
    """Shortened, with its length."""
    assert quoted(value) == shown


def test_names_are_listed_to_a_bound() -> None:
    """And the rest counted."""
    assert listed(map(str, range(15))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more"


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("regoin", ["region", "dryRun"], ["region"]),
        ("config.regoin", ["config.region", "config.dryRun"], ["config.region"]),
        ("trigger.header.x", ["trigger.headers", "trigger.query"], ["trigger.headers"]),
        ("Content-Type", ["content-type", "x-id"], ["content-type"]),
        ("x", ["y", "z"], []),
        ("anything", [], []),
    ],
)
def test_near_names_are_found(name: str, known: list[str], found: list[str]) -> None:
    """Misspelt, in other letters, or with a member behind them."""
    assert near(name, known) == found


def test_a_question_names_what_is_near() -> None:
    """Nothing is asked where nothing is."""
    assert did_you_mean(["a", "b"]) == "did you mean `a` or `b`?"
    assert did_you_mean([]) == ""
