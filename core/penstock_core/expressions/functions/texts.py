"""Texts, by Unicode: what CEL's own functions do for ASCII alone, or not at all."""

import re
from typing import Final

from penstock_core.expressions.functions.calling.bounds import MAX_TEXT, check_count, quoted
from penstock_core.expressions.functions.calling.function import Function, FunctionError, takes
from penstock_core.expressions.values import as_text

_LENGTH: Final = f"{MAX_TEXT:,} characters"
_WORD: Final = r"[^\s\-/]+"
_JOINING: Final = frozenset({"\u200d", "\ufe0e", "\ufe0f"})
"""Zero width joiner and variation selectors: what they stand behind is one character to a reader."""
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


def _trimmed(text: str, characters: str | None = None) -> str:
    return text.strip(characters)


def _padded_left(value: str | float, length: int, filling: str = " ") -> str:
    text = as_text(value)
    return _padding(text, length, filling) + text


def _padded_right(value: str | float, length: int, filling: str = " ") -> str:
    text = as_text(value)
    return text + _padding(text, length, filling)


def _padding(text: str, length: int, filling: str) -> str:
    check_count(length, MAX_TEXT, "characters")
    if not filling:
        raise FunctionError("the text to fill with is empty")
    missing = max(length - len(text), 0)
    return (filling * (missing // len(filling) + 1))[:missing]


def _title(text: str) -> str:
    return re.sub(_WORD, lambda found: _capitalised(found[0]), text)


def _capitalised(word: str) -> str:
    first = next((at for at, character in enumerate(word) if character.isalpha()), 0)
    return word[:first] + word[first : first + 1].title() + word[first + 1 :].lower()


def _truncated(text: str, length: int, ending: str = "") -> str:
    if length < 0:
        raise FunctionError(f"the length {length} is negative")
    if len(text) <= length:
        return text
    if len(ending) > length:
        raise FunctionError(f"the ending {quoted(ending)} alone is longer than {length}")
    end = length - len(ending)
    while end and _joins(text[end - 1], text[end]):
        end -= 1
    return text[:end] + ending


def _joins(before: str, after: str) -> bool:
    """Whether two code points belong to one character, as a reader sees it."""
    import unicodedata  # 1 MB, where a text is cut

    if before == "\u200d" or after in _JOINING:
        return True
    return bool(unicodedata.combining(after)) or ord(after) in _SKIN_TONES


FUNCTIONS: Final = (
    Function(
        "text.trim",
        takes("string -> string", "string, string -> string"),
        "The text without white space, or the characters of the second text, at its beginning and end.",
        "text.trim('  Zoë ')",
        "Zoë",
        action=_trimmed,
    ),
    Function(
        "text.lower",
        takes("string -> string"),
        "The text in lower case, whatever its script (`lowerAscii` changes A to Z alone).",
        "text.lower('ÉCOLE')",
        "école",
        action=str.lower,
    ),
    Function(
        "text.upper",
        takes("string -> string"),
        "The text in upper case, whatever its script; one letter may become two.",
        "text.upper('straße')",
        "STRASSE",
        action=str.upper,
    ),
    Function(
        "text.title",
        takes("string -> string"),
        "Each word with its first letter in upper case and the others in lower case; words end at white space, `-` and `/`.",
        'text.title("anne-marie O\'NEIL")',
        "Anne-Marie O'neil",
        action=_title,
    ),
    Function(
        "text.padLeft",
        takes("textual, int -> string", "textual, int, string -> string"),
        "The text, or a number's, filled up on the left with spaces, or with the last text, to so many characters.",
        "text.padLeft(42, 8, '0')",
        "00000042",
        bounds=_LENGTH,
        action=_padded_left,
    ),
    Function(
        "text.padRight",
        takes("textual, int -> string", "textual, int, string -> string"),
        "The text, or a number's, filled up on the right with spaces, or with the last text, to so many characters.",
        "text.padRight('ab', 4, '.')",
        "ab..",
        bounds=_LENGTH,
        action=_padded_right,
    ),
    Function(
        "text.truncate",
        takes("string, int -> string", "string, int, string -> string"),
        "At most so many characters, with the last text as the end where something was cut off; an accent stays with its letter.",
        "text.truncate('a long text', 7, '…')",
        "a long…",
        action=_truncated,
    ),
)
