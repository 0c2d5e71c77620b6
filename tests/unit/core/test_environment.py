"""Settings from an environment, and what is said about one that is not right."""

import pytest

from penstock_core.environment import Environment
from penstock_core.errors import SettingsError


def test_values_are_read_by_kind() -> None:
    """Texts, lists, numbers and flags are what was written, or the default where nothing was."""
    given = Environment({"TEXT": "a", "LIST": "a, b,,", "NUMBER": " 7 ", "FLAG": "False", "EMPTY": ""})

    assert given.required("TEXT") == "a"
    assert (given.text("EMPTY", default="b"), given.text("NONE")) == ("b", "")
    assert (given.names("LIST"), given.names("EMPTY")) == (("a", "b"), ())
    assert (given.integer("NUMBER", default=1), given.integer("EMPTY", default=2)) == (7, 2)
    assert (given.flag("FLAG", default=True), given.flag("EMPTY", default=True)) == (False, True)
    given.check()


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Whoever made the environment need not start the program once for each mistake."""
    given = Environment({"WORD": "many", "ZERO": "0", "LESS": "-1"})
    assert [given.integer(name, default=3) for name in ("WORD", "ZERO", "LESS")] == [3, 3, 3]
    given.required("MISSING")

    with pytest.raises(SettingsError) as caught:
        given.check()

    assert str(caught.value) == (
        "WORD is 'many': give a whole number of 1 or more; ZERO is '0': give a whole number of 1 or more;"
        " LESS is '-1': give a whole number of 1 or more; MISSING is not set"
    )
