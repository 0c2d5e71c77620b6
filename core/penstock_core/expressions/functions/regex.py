"""Regular expressions of RE2, the ones of `matches`: the time is in proportion to the text, whatever the pattern.

A search for all matches begins anew behind each, and a pattern can make each of them look at the rest of the text:
that is bounded by what the evaluation may spend.
"""

import functools
from collections.abc import Iterator
from typing import Any, Final

from penstock_core.expressions.functions.calling.bounds import (
    MAX_ITEMS,
    MAX_TEXT,
    check_count,
    check_size,
    present,
    quoted,
)
from penstock_core.expressions.functions.calling.function import Function, FunctionError, takes

MAX_PATTERN: Final = 1_000
"""Characters of a pattern."""
MAX_STEPS: Final = 10_000_000_000
"""Characters of a text times instructions of a pattern: what the slowest of RE2's ways would have to do."""
_BOUNDS: Final = f"patterns of {MAX_PATTERN:,} characters, {MAX_ITEMS:,} matches"


def _all_extracted(text: str, pattern: str) -> list[str]:
    compiled = _compiled(pattern)
    if compiled.groups > 1:
        raise FunctionError(
            f"the pattern {quoted(pattern)} has {compiled.groups} groups, and one at most says what to extract:"
            " write `(?:…)` for the others"
        )
    found = (match.group(compiled.groups) for match in _matches(compiled, text.encode()))
    return [piece.decode() for piece in found if piece is not None]


def _replaced(text: str, pattern: str, replacement: str, count: int = -1) -> str:
    compiled = _compiled(pattern)
    parts = _replacement(replacement, compiled.groups)
    raw, at, pieces, size = text.encode(), 0, [], 0
    for number, match in enumerate(_matches(compiled, raw)):
        if number == count:
            break
        put = b"".join(part if isinstance(part, bytes) else match.group(part) or b"" for part in parts)
        pieces += [raw[at : match.start()], put]
        at = match.end()
        size = check_count(size + len(put), MAX_TEXT, "bytes")
    return b"".join((*pieces, raw[at:])).decode()


def _replacement(text: str, groups: int) -> list[bytes | int]:
    r"""The pieces of a replacement, where `\1` is a group's number."""
    pieces: list[bytes | int] = []
    at = 0
    while (found := text.find("\\", at)) >= 0:
        pieces.append(text[at:found].encode())
        following = text[found + 1 : found + 2]
        if following == "\\":
            pieces.append(b"\\")
        elif following in "0123456789" and following and int(following) <= groups:
            pieces.append(int(following))
        else:
            raise FunctionError(
                f"`\\{following}` in the replacement is none of the pattern's {groups} groups:"
                r" write `\\` for a backslash"
            )
        at = found + 2
    pieces.append(text[at:].encode())
    return pieces


def _matches(compiled: Any, raw: bytes) -> Iterator[Any]:
    """The matches from left to right, none within another; an empty one is none right behind another."""
    if compiled.programsize * len(raw) > MAX_STEPS:
        raise FunctionError(f"the pattern is too complex for a text of {len(raw):,} bytes: take a part of it")
    evaluation, at, end, found = present(), 0, -1, 0
    while at <= len(raw) and (match := compiled.search(raw, at)):
        evaluation.spend(1)
        start, stop = match.span()
        if start == stop == end:
            at = _behind(raw, stop)
            continue
        found = check_count(found + 1, MAX_ITEMS, "matches")
        yield match
        end = stop
        at = stop if stop > start else _behind(raw, stop)


def _behind(raw: bytes, at: int) -> int:
    """Where the next character begins: bytes between are none."""
    at += 1
    while at < len(raw) and raw[at] & 0xC0 == 0x80:
        at += 1
    return at


@functools.lru_cache(maxsize=32)
def _compiled(pattern: str) -> Any:
    import re2  # 15 ms, where a pattern is used

    check_size(pattern, MAX_PATTERN, "characters of a pattern")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern.encode(), options)
    except re2.error as failure:
        reason = failure.args[0]
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise FunctionError(f"{quoted(pattern)} is no regular expression of RE2: {reason}") from None


FUNCTIONS: Final = (
    Function(
        "regex.extract",
        takes("string, string -> optional"),
        "What the pattern's group, or the pattern, matches first; an optional value, empty where it matches nothing.",
        r"regex.extract('order 4711', '([0-9]+)').orValue('')",
        "4711",
        bounds=_BOUNDS,
        action=_all_extracted,
    ),
    Function(
        "regex.extractAll",
        takes("string, string -> list"),
        "What the pattern's group, or the pattern, matches, each from left to right.",
        r"regex.extractAll('a1 b22', '[0-9]+')",
        ["1", "22"],
        bounds=_BOUNDS,
        action=_all_extracted,
    ),
    Function(
        "regex.replace",
        takes("string, string, string -> string", "string, string, string, int -> string"),
        r"The text with each match, or so many of the first, replaced; `\1` in the replacement is a group, `\0` the match, `\\` a backslash.",
        r"regex.replace('2026-01-31', '([0-9]+)-([0-9]+)-([0-9]+)', r'\3.\2.\1')",
        "31.01.2026",
        bounds=_BOUNDS,
        action=_replaced,
    ),
)
