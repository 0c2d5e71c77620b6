"""CSV as a value (RFC 4180): a header row, then a map of texts for each row; behind `body.parse` and CEL's `csv.parse`.

No cell is ever a number, a boolean or null: CSV declares no types, and what a cell is must not depend on what is in it.
"""

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from penstock_core.body.bounds import MOST, values_beside
from penstock_core.errors import BodyError

_CELL, _ROW = 1, 2
"""What a cell and a row count for, as to memory: a text, and a map or a list."""


def parse(text: str, *, delimiter: str = ",", header: bool = True, structure: int = MOST) -> list[Any]:
    """The rows after the header, each a map of text by the header's names; without `header` all rows, as lists of text.

    Cells keep their white space; one in quotes may hold delimiters, line breaks and, doubled, quotes.
    Lines end with CRLF, LF or CR; lines without anything are no rows; a byte order mark is left out.
    Each row has as many cells as the header, whose names differ. `structure` bounds what the rows become, 0 is no bound: a
    cell counts 1 and a row 2, the header too. Takes time in proportion to the text. Raises BodyError with line and column, from 1.
    """
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise BodyError(f"`{delimiter}` separates no cells: a delimiter is one character, and no quote or line break")
    made: list[Any] = []
    try:
        _read(text.removeprefix("\ufeff"), delimiter, made, header=header, structure=structure)
    except BodyError:
        made.clear()  # an error refers to all that was read before it
        raise
    return made


def _read(text: str, delimiter: str, made: list[Any], *, header: bool, structure: int) -> None:
    """Read all rows into `made`."""
    rows = _Rows(text, delimiter, values_beside(text, structure) if structure else sys.maxsize)
    names = next(rows, None) if header else None
    if names is not None:
        _check_names(names, text)
    for row in rows:
        if names is None:
            made.append(row.cells)
        elif len(row.cells) == len(names.cells):
            made.append(dict(zip(names.cells, row.cells, strict=True)))
        else:
            counts = f"has {len(row.cells)} cells in a row and {len(names.cells)} in its header"
            raise _problem(text, row.start, f"{counts}: a cell with a `{delimiter}` or a line break in it needs quotes")


class _Row(NamedTuple):
    start: int
    cells: list[str]


class _Rows(Iterator[_Row]):
    """The rows of a text that hold anything, one at a time; `left` is how much more they may become."""

    def __init__(self, text: str, delimiter: str, left: int) -> None:
        self._left = left
        self._text = text
        self._at = 0
        self._bare, self._end = _patterns(delimiter)
        self._delimiter = delimiter

    def __next__(self) -> _Row:
        text = self._text
        while self._at < len(text) and text[self._at] in "\r\n":
            self._at += 1
        if self._at >= len(text):
            raise StopIteration
        start, cells = self._at, []
        self._left -= _ROW
        goes_on = True
        while goes_on:
            self._left -= _CELL
            if self._left < 0:
                raise _problem(text, start, "has more rows and cells than are read at once: send it in parts")
            cells.append(self._cell())
            goes_on = text[self._at : self._at + 1] == self._delimiter
            self._at += 1
        return _Row(start, cells)

    def _cell(self) -> str:
        """The cell that begins here; goes to what ends it."""
        if self._text.startswith('"', self._at):
            return self._quoted()
        found = self._bare.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _quoted(self) -> str:
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            raise _problem(self._text, self._at, "has a cell whose quotes are never closed, which begins")
        if not self._end.match(self._text, found.end()):
            raise _problem(
                self._text, found.end(), 'has text behind the quotes of a cell, where quotes inside are doubled ("")'
            )
        self._at = found.end()
        return found[1].replace('""', '"')


_QUOTED: Final = re.compile(r'"((?:[^"]++|"")*+)"(?!")')


@lru_cache(maxsize=8)
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What a cell without quotes is, and what follows one."""
    separator = re.escape(delimiter)
    return re.compile(rf"[^{separator}\r\n]*+"), re.compile(rf"{separator}|[\r\n]|\Z")


def _check_names(header: _Row, text: str) -> None:
    seen: set[str] = set()
    for name in header.cells:
        if name in seen:
            problem = f"names two of its columns `{name[:40]}`, and a map holds one of a name: rename one of them"
            raise _problem(text, header.start, problem)
        seen.add(name)


def _problem(text: str, at: int, problem: str) -> BodyError:
    """An error with the place of a character; lines end as those of CSV do."""
    before = text.count("\n", 0, at) + len(_LONE_CR.findall(text, 0, at))
    line, column = before + 1, at - max(text.rfind("\n", 0, at), text.rfind("\r", 0, at))
    return BodyError(f"the CSV {problem} at line {line}, column {column}", line=line, column=column)


_LONE_CR: Final = re.compile(r"\r(?!\n)")
