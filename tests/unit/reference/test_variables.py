"""The table of variables that the reference is written from."""

from penstock_core.expressions import Scope
from penstock_core.expressions.reading.variables import VARIABLES


def test_the_table_has_all_variables_and_no_others() -> None:
    """What an expression may name is what the reference describes."""
    scope = Scope.of(config=["<name>"], steps=["<name>"], item=True, output=True, error=True)

    assert sorted(each.name for each in VARIABLES) == sorted(scope.names)


def test_every_variable_is_described_in_sentences() -> None:
    """Each line says what it is, and ends as a sentence does."""
    assert [each.name for each in VARIABLES if not each.says.endswith(".") or not each.type] == []
