"""CSV as a value: a header row, then maps of text."""

import csv
import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_core.body import csv_body
from penstock_core.errors import BodyError

READ: dict[str, tuple[str, Any]] = {
    "a row is a map": ("id,name\n1,Ada\n2,Bo\n", [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bo"}]),
    "one row is a list of one": ("id\n1\n", [{"id": "1"}]),
    "a header alone is no rows": ("id,name\n", []),
    "nothing is no rows": ("", []),
    "no cell is a number": ("a,b,c\n007,1e3,true\n", [{"a": "007", "b": "1e3", "c": "true"}]),
    "the last line needs no end": ("a\n1", [{"a": "1"}]),
    "lines end with CRLF": ("a,b\r\n1,2\r\n", [{"a": "1", "b": "2"}]),
    "lines end with CR": ("a,b\r1,2\r", [{"a": "1", "b": "2"}]),
    "lines with nothing are no rows": ("a\n\n1\r\n\r\n", [{"a": "1"}]),
    "an empty text in quotes is a row": ('a\n""\n', [{"a": ""}]),
    "quotes hold delimiters and line breaks": ('a,b\n"x,y","1\r\n2"\n', [{"a": "x,y", "b": "1\r\n2"}]),
    "quotes in quotes are doubled": ('a\n"5"" pipe"\n', [{"a": '5" pipe'}]),
    "a quote inside of a bare cell is text": ('a\n5" pipe\n', [{"a": '5" pipe'}]),
    "white space is kept": ("a, b\n 1,2 \n", [{"a": " 1", " b": "2 "}]),
    "an empty cell is text": ("a,b\n1,\n", [{"a": "1", "b": ""}]),
    "a column without a name": ("a,\n1,2\n", [{"a": "1", "": "2"}]),
    "a byte order mark is left out": ("\ufeffa\n1\n", [{"a": "1"}]),
    "umlauts and NULs are text": ("ä\n\x00\n", [{"ä": "\x00"}]),
}
REFUSED: dict[str, tuple[str, int, int, str]] = {
    "too few cells": ("a,b\n1\n", 2, 1, "1 cells in a row and 2 in its header"),
    "too many cells": ("a\n1\n1,2\n", 3, 1, "2 cells in a row and 1 in its header"),
    "a name twice": ("a,b,a\n", 1, 1, "two of its columns `a`"),
    "quotes without end": ('a,b\n1,"2\n\n', 2, 3, "never closed"),
    "text behind quotes": ('a\n"1"2\n', 2, 4, "behind the quotes"),
    "the place is counted by CR, too": ("a\r1\r1,2", 3, 1, "2 cells"),
}


@pytest.mark.parametrize("case", READ)
def test_what_csv_becomes(case: str) -> None:
    """Rows are maps of text by the header's names."""
    text, expected = READ[case]

    assert csv_body.parse(text) == expected


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_csv(case: str) -> None:
    """What is no table is refused with its place."""
    text, line, column, message = REFUSED[case]

    with pytest.raises(BodyError, match=message) as caught:
        csv_body.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_other_delimiters_and_no_header() -> None:
    """A delimiter is any one character; without a header rows are lists."""
    assert csv_body.parse("a;b\n1,5;2\n", delimiter=";") == [{"a": "1,5", "b": "2"}]
    assert csv_body.parse("a^b\n1\n", delimiter="^", header=False) == [["a", "b"], ["1"]]
    for wrong in ("", ",,", '"', "\n"):
        with pytest.raises(BodyError, match="separates no cells"):
            csv_body.parse("a", delimiter=wrong)


def test_very_many_cells() -> None:
    """What the rows become is bounded, to the row."""
    assert len(csv_body.parse("a,b\n" + "1,2\n" * 10, structure=44)) == 10
    with pytest.raises(BodyError, match="at once"):
        csv_body.parse("a,b\n" + "1,2\n" * 11, structure=44)
    with pytest.raises(BodyError, match="at once"):
        csv_body.parse("," * 10_000_000, structure=44)


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1), st.sampled_from(["\r\n", "\n"]))
def test_what_others_write_comes_back(rows: list[list[str]], end: str) -> None:
    """What Python's own writer makes of any cells is read as it was."""
    written = io.StringIO()
    csv.writer(written, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)

    assert csv_body.parse(written.getvalue(), header=False) == [list(row) for row in rows]


@given(st.text(st.sampled_from('a,"\r\n\ufeff '), max_size=30))
def test_any_text_is_rows_or_refused(text: str) -> None:
    """Whatever comes, every row has its header's names."""
    with suppress(BodyError):
        rows = csv_body.parse(text)
        assert all(row.keys() == rows[0].keys() for row in rows)
