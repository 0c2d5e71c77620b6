"""How a function's own words are told from the library's in an evaluation's error."""

from typing import Final

MARK: Final = "\ufdd1"
"""Stands before a function's words: a code point that Unicode reserves for internal use."""


def told(reason: str) -> str | None:
    """What a function said, out of the library's words; None where the library itself has something to say."""
    _, mark, message = reason.partition(MARK)
    return message if mark else None
