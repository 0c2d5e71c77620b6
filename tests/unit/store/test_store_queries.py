"""The named queries: how files are read, and that each file is in order."""

import re
from pathlib import Path

import pytest

from penstock_core.store.connection import queries

FILES = sorted(file for file in queries.PLACE.rglob("*.sql") if file.parent.name != "migrations")


def test_queries_are_found_by_name_without_their_comments() -> None:
    """A file's sections become queries; description and comments are left out."""
    text = "-- name: one\n-- Does one.\nselect 1\n-- why\nfrom a\n\n-- name: two\n-- Does two.\nselect 2\n"

    assert queries.parse(text) == {"one": "select 1\nfrom a", "two": "select 2"}


def test_a_name_may_occur_once() -> None:
    """Two queries of one name are a defect that shows at import."""
    with pytest.raises(ValueError, match="query one is there twice"):
        queries.parse("-- name: one\n-- A.\nselect 1\n-- name: one\n-- B.\nselect 2")


def test_a_query_needs_a_description() -> None:
    """A query without a line that says what it does is refused."""
    with pytest.raises(ValueError, match="must describe it"):
        queries.parse("-- name: one\nselect 1")


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(queries.PLACE)) for file in FILES])
def test_every_query_is_used(file: Path) -> None:
    """No file holds a query that the package's code does not name."""
    package = queries.PLACE
    code = "".join(each.read_text() for each in package.rglob("*.py"))
    named = set(re.findall(r'"(\w+)"', code)) | {"step_input", "step_output", "step_assertions", "step_extracted"}

    assert queries.parse(file.read_text(encoding="utf-8")).keys() <= named
