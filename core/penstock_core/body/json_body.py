"""JSON bodies, behind `body.parse`: strict, and bounded before a value is made of them; loaded only when such a body comes."""

import json
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from penstock_core.body.bounds import values_beside
from penstock_core.body.text import decode
from penstock_core.errors import BodyError
from penstock_core.values.numbers import exact_number

MAX_DEPTH: Final = 200
"""Levels of nesting that a body may have."""
_PIECE: Final = 64 * 1024
_TOKENS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[{\]}]|[-+.\w]++', re.DOTALL)


_HALF: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""What may be half of a surrogate pair; behind another backslash it is none."""
_ESCAPES: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Escapes one after the other."""
MAX_WARNINGS: Final = 5


class _Unusable(ValueError):
    """A number that is none in JSON, or that does not fit: the token as written, and what is wrong with it."""

    def __init__(self, token: str, problem: str) -> None:
        super().__init__(problem)
        self.token = token


def read(raw: bytes, charset: str, *, structure: int) -> tuple[Any, tuple[str, ...]]:
    """As `parse`, where halves of surrogate pairs are replaced by U+FFFD, and warnings of these."""
    text = decode(raw, charset or json.detect_encoding(raw))
    if not _HALF.search(text):
        return _parsed(text, structure), ()
    text, warnings = _mended(text)
    return _parsed(text, structure), warnings


def parse(raw: bytes, charset: str, *, structure: int) -> Any:
    """The value of a JSON body; `charset` "": found by JSON's rules, `structure` as in `body.parse`. Raises BodyError, with the place."""
    text = decode(raw, charset or json.detect_encoding(raw))
    if (half := _HALF.search(text)) and _mended(text)[1]:
        raise _problem(text, half.start(), "not usable JSON: half of a surrogate pair, which is no character,")
    return _parsed(text, structure)


def _mended(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with an escape of U+FFFD, as long, in place of each escape of a half; and where the first of these were.

    In place: as a list of pieces a text of ten megabytes would be a hundred.
    """
    mended = bytearray(text.encode("utf-8", "surrogatepass"))
    halves = 0
    warnings = []
    for found in _ESCAPES.finditer(bytes(mended)):
        if found.lastgroup != "half":
            continue
        mended[found.start() : found.end()] = b"\\ufffd"
        halves += 1
        if halves <= MAX_WARNINGS:
            line_start = mended.rfind(b"\n", 0, found.start()) + 1
            line = mended.count(b"\n", 0, line_start) + 1
            column = len(mended[line_start : found.start()].decode("utf-8", "ignore")) + 1
            warnings.append(
                f"the body: half of a surrogate pair at line {line}, column {column} was replaced by U+FFFD"
            )
    if halves > MAX_WARNINGS:
        warnings.append(f"the body: and {halves - MAX_WARNINGS} more of these")
    return mended.decode("utf-8", "surrogatepass"), tuple(warnings)


def _parsed(text: str, structure: int) -> Any:
    if structure:
        _check_structure(text, structure)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_exact)
    except json.JSONDecodeError as exc:
        raise _problem(text, exc.pos, f"not valid JSON: {exc.msg}") from exc
    except RecursionError as exc:
        raise _too_deep(text) from exc
    except _Unusable as exc:
        raise _problem(text, _find(text, exc.token.__eq__), str(exc)) from exc
    except ValueError as exc:
        # a whole number of more digits than Python converts
        raise _problem(text, _find(text, _is_too_long), f"not usable JSON: {str(exc).split(';')[0]}") from exc
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth_exceeds(value, MAX_DEPTH):
        raise _too_deep(text)
    return value


def _check_structure(text: str, most: int) -> None:
    """Refuse what would become too many values; strings are told apart only where it may be."""
    most = values_beside(text, most)
    if len(text) > most and _count(text) > most and (found := _count_outside(text)) > most:
        raise BodyError(
            f"the JSON body has too many values: {found} of the characters {{ [ , : outside of strings, and"
            f" {most} are the most for a text of this size; send it in parts"
        )


def _count_outside(text: str) -> int:
    """As `_count`, without what stands in strings; piece by piece, since copies of the text could outgrow their value."""
    count = inside = 0
    escaped = False
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        bare = (piece[1:] if escaped and piece[0] in '"\\' else piece).replace("\\\\", "")
        escaped = bare.endswith("\\")
        parts = bare.replace('\\"', "").split('"')
        count += _count("".join(parts[inside::2]))
        inside = (inside + len(parts) - 1) % 2
    return count


def _count(text: str) -> int:
    return sum(map(text.count, "{[,:"))


def _refuse_constant(name: str) -> Any:
    raise _Unusable(name, f"not valid JSON: {name} is not a JSON value (send null or a string instead)")


def _exact(digits: str) -> float | Decimal:
    try:
        return exact_number(digits)
    except ValueError as exc:
        raise _Unusable(digits, f"not usable JSON: {exc}") from None


def _is_too_long(token: str) -> bool:
    digits = token.removeprefix("-")
    return digits.isdecimal() and len(digits) > sys.get_int_max_str_digits()


def _find(text: str, wrong: Callable[[str], bool]) -> int | None:
    """Where the first token is that is `wrong`; strings are tokens as a whole, with their quotes."""
    return next((found.start() for found in _TOKENS.finditer(text) if wrong(found[0])), None)


def _too_deep(text: str) -> BodyError:
    depth = 0

    def is_beyond(found: str) -> bool:
        nonlocal depth
        depth += (found in "[{") - (found in "]}")
        return depth > MAX_DEPTH

    return _problem(text, _find(text, is_beyond), f"nested deeper than {MAX_DEPTH} levels")


def _problem(text: str, at: int | None, problem: str) -> BodyError:
    """An error with line and column of a character, both counted from 1."""
    if at is None:
        return BodyError(f"the body is {problem}")
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return BodyError(f"the body is {problem} at line {line}, column {column}", line=line, column=column)


def _depth_exceeds(value: Any, limit: int) -> bool:
    """True where containers nest deeper than `limit`; level by level, so that no stack is needed."""
    level: list[Any] = [[value]]
    for _ in range(limit + 1):
        level = [
            member
            for container in level
            for member in (container.values() if isinstance(container, dict) else container)
            if isinstance(member, (dict, list))
        ]
        if not level:
            return False
    return True
