"""Reasons of conditions and Events: one list, in the code and for people."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import penstock_operator
from penstock_operator.objects import reasons
from penstock_operator.objects.reasons import Reason

OPERATOR: Final = Path(penstock_operator.__file__).parent
OPERATIONS: Final = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
CONDITION_TYPES: Final = frozenset({"Published", "Deployed"})
"""Words that are types of conditions, too."""


def literals(tree: ast.AST) -> Iterator[str]:
    """Strings that stand for a reason: passed as one, or spelled like one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)
        elif isinstance(node, ast.Constant) and node.value in set(Reason) - CONDITION_TYPES:
            yield str(node.value)


def test_reasons_stand_in_one_module() -> None:
    """Nowhere else in the operator is a reason written out."""
    found = {
        file.relative_to(OPERATOR): names
        for file in OPERATOR.rglob("*.py")
        if file != Path(reasons.__file__) and (names := list(literals(ast.parse(file.read_text()))))
    }

    assert found == {}


@pytest.mark.parametrize("reason", Reason)
def test_operations_says_what_to_do(reason: Reason) -> None:
    """Each reason is in the table of docs/operations.md, with its Event and its remedy in the same words."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in OPERATIONS.read_text().splitlines()]

    assert [f"`{reason}`", reason.event or "", reason.remedy] in rows


@pytest.mark.parametrize("reason", Reason)
def test_a_warning_has_a_remedy(reason: Reason) -> None:
    """What warns says what to do about it."""
    assert reason.event != "Warning" or reason.remedy != "Nothing."
