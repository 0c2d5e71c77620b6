"""Keeps the interpreter alive: the CEL library gives back one reference to None too many for each null of a result.

Python 3.11 counts the references to None as to any object, and ends the process when none is left: some ten thousand
nulls after its start. So there are always more than a result can take; from Python 3.12 on None is not counted.
They must outlive the process's end, too. The library keeps what a function gave it for ever, which serves here:
a moment whose time zone holds the list of them.
"""

import functools
import sys
from datetime import datetime, timedelta, tzinfo
from itertools import repeat
from typing import Any, Final

LEAST: Final = 250_000
"""References that there are at least, beside four for each null that an expression reads; 8 bytes each."""


class _Holder(tzinfo):
    """A time zone that holds references to None."""

    def __init__(self, held: list[None]) -> None:
        self.held = held

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """None of its own."""
        return timedelta()

    dst = utcoffset

    def tzname(self, moment: datetime | None) -> str:
        """UTC's, which it is."""
        return "UTC"


def count() -> int:
    """References to None at present."""
    return sys.getrefcount(None)


def reserve(library: Any, read: int) -> None:
    """See to it that a result may be made of so many nulls that were read, and of literal ones."""
    lacking = LEAST + 4 * read - count()
    if lacking > 0:
        _held(library).extend(repeat(None, lacking + LEAST))


@functools.cache
def _held(library: Any) -> list[None]:
    held: list[None] = []
    moment = datetime(2000, 1, 1, tzinfo=_Holder(held))
    overload = library.Overload("keep", library.Type.TIMESTAMP, [], False, lambda: moment)
    library.NewEnv(functions=[library.FunctionDecl("keep", [overload])]).compile("keep()").eval()
    return held
