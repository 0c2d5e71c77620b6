"""The table of manifests, as far as the compiler answers; the API server's part is in tests/e2e."""

import pytest
from tests.e2e.admission.table import Row, rows

from penstock_core.compiler import compile_integration, resolve_config


@pytest.mark.parametrize("row", rows("accepted"), ids=lambda row: row.name)
def test_accepted_manifests_compile(row: Row) -> None:
    """What the table calls accepted has no problems, before and after its change."""
    assert [
        str(problem) for spec in (row.integration["spec"], row.changed["spec"]) for problem in compile_integration(spec)
    ] == []


@pytest.mark.parametrize("row", rows("invalid"), ids=lambda row: row.name)
def test_invalid_manifests_are_told_why(row: Row) -> None:
    """What the table calls invalid has exactly one problem, and its sentence holds every fragment."""
    found = [str(problem) for problem in compile_integration(row.spec or {})]

    assert len(found) == 1, found
    assert [fragment for fragment in row.says if fragment not in found[0]] == [], found[0]


@pytest.mark.parametrize(
    "row", [row for row in rows("unconfigured") if row.spec and "configVariables" in row.spec], ids=lambda row: row.name
)
def test_unconfigured_instances_are_told_why(row: Row) -> None:
    """What is missing or wrong in an Instance's configuration is said in words."""
    assert row.spec is not None
    assert row.instance is not None
    _, problems = resolve_config(row.spec["configVariables"], row.instance.get("config", {}))

    assert [fragment for fragment in row.says if fragment not in "\n".join(problems)] == [], problems


def test_the_table_is_large_enough() -> None:
    """At least 40 manifests, each with a name of its own, and a message wherever something is wrong."""
    found = rows()

    assert len(found) >= 40
    assert len({row.name for row in found}) == len(found)
    assert all(row.says for row in found if row.expect != "accepted")
