"""The table of problems."""

import json

import pytest

from penstock_gateway import problems
from penstock_gateway.problems import Problem, ProblemKind

KINDS = [kind for kind in vars(problems).values() if isinstance(kind, ProblemKind)]


def test_types_are_unique_and_503s_say_when_to_come_back() -> None:
    """A type means one thing, and whoever should try again is told when."""
    assert len({kind.type for kind in KINDS}) == len(KINDS) > 15
    assert all(kind.retry_after for kind in KINDS if kind.status in {429, 503})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_problem_renders(kind: ProblemKind) -> None:
    """Status, type, title and detail are in the body, and its length is right."""
    status, headers, body = Problem(kind, "Do é.", members={"line": 1}).render()

    value = json.loads(body)
    assert (value["status"], value["type"], value["detail"], value["line"]) == (status, kind.type, "Do é.", 1)
    assert (b"content-length", str(len(body)).encode()) in headers
