"""Codes of errors and types of problems: one list in the code, the same in docs/operations.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import penstock_core
import penstock_gateway
import penstock_operator
import penstock_runner
from penstock_core.executions.error_codes import ERROR_CODES
from penstock_core.executions.states import ExecutionState
from penstock_gateway import problems
from penstock_gateway.problems import ProblemKind
from penstock_runner.errors import Gap

PACKAGES: Final = [
    Path(package.__path__[0]) for package in (penstock_core, penstock_runner, penstock_operator, penstock_gateway)
]
TREES: Final = {file: ast.parse(file.read_text()) for package in PACKAGES for file in package.rglob("*.py")}
OPERATIONS: Final = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
FAILURES: Final = frozenset({"Failure", "Cause", "SkipReason", "Told"})
"""What is made with a code as its first argument, or as `code`."""
TICKS: Final = PACKAGES[0] / "store" / "schema" / "migrations" / "0004_runner_functions.sql"


def constants() -> dict[str, str]:
    """Texts that modules have names for."""
    return {
        target.id: node.value.value
        for tree in TREES.values()
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def arguments(node: ast.AST) -> Iterator[ast.expr]:
    """What is given as a code in a call, or with words in a pair."""
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called in FAILURES:
            yield from node.args[:1]
        if called == "_outcome":
            yield from node.args[1:2]
        yield from (each.value for each in node.keywords if each.arg in ("code", "error_code"))
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
        code, words = node.value.elts
        if isinstance(code, ast.Constant) and isinstance(words, ast.Constant | ast.JoinedStr):
            yield code


def used() -> set[str]:
    """Every code that some part of the programs writes."""
    named = constants()
    found = {ExecutionState.COMPLETED_WITH_ERRORS.value}
    for tree in TREES.values():
        for node in ast.walk(tree):
            for given in arguments(node):
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    found.add(given.value)
                elif isinstance(given, ast.Name) and given.id.isupper():
                    found.add(named[given.id])
                elif isinstance(given, ast.JoinedStr):
                    found |= {f"recorded_result_{gap}" for gap in Gap}
    return found | set(re.findall(r"then '(paused|overlap)'", TICKS.read_text()))


def rows() -> list[list[str]]:
    """The cells of every table's row in docs/operations.md."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in OPERATIONS.read_text().splitlines()]


def test_no_code_is_missing() -> None:
    """What fails has a code of the list; what the sources call `code` and is none of an error is not one of its shape."""
    found = {code for code in used() if re.fullmatch(r"[a-z]+(_[a-z]+)*", code)}

    assert {"http_status", "node_lost", "interrupted", "job_refused", "missed", "overlap", "dns"} <= found
    assert found - set(ERROR_CODES) == set()


@pytest.mark.parametrize("code", ERROR_CODES)
def test_operations_has_every_code(code: str) -> None:
    """With what happened and what to do, in the same words."""
    happened, remedy = ERROR_CODES[code]

    assert [f"`{code}`", happened, remedy] in rows()


@pytest.mark.parametrize("code", ERROR_CODES)
def test_a_code_says_what_to_do(code: str) -> None:
    """In sentences that a table can hold."""
    happened, remedy = ERROR_CODES[code]

    assert happened
    assert remedy
    assert "|" not in happened + remedy
    assert not (happened + remedy).endswith(".")


@pytest.mark.parametrize(
    "kind", [each for each in vars(problems).values() if isinstance(each, ProblemKind)], ids=lambda kind: kind.slug
)
def test_operations_has_every_type_of_problem(kind: ProblemKind) -> None:
    """With its status and title, and what to do."""
    [row] = [row for row in rows() if row[0] == f"`{kind.slug}`"]

    assert row[1:3] == [str(kind.status), kind.title]
    assert row[3]
