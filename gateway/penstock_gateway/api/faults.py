"""What is wrong with a request's parameters, in sentences that list what is good."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from penstock_core.expressions.quoting import did_you_mean, near, quoted

MOST: Final = 5
"""Parameters that one answer speaks of."""
_TIME: Final = "is a time of RFC 3339 with its offset, as in 2026-01-31T06:00:00Z"
_NUMBER: Final = "is a whole number"
_SENTENCES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("datetime_parsing", "datetime_from_date_parsing", "datetime_type", "timezone_aware"), _TIME),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _NUMBER),
    **dict.fromkeys(("uuid_parsing", "uuid_type", "uuid_version"), "is an id, as lists show it"),
    "string_pattern_mismatch": "holds no NUL character",
    "one_line": "is one line of text, without control characters",
    "string_unicode": "is text that UTF-8 can write: no halves of surrogate pairs",
    "missing": "is needed",
}
_BOUNDS: Final[Mapping[str, str]] = {
    "greater_than_equal": "is at least {ge}",
    "less_than_equal": "is at most {le}",
    "string_too_long": "has at most {max_length} characters",
}


def sentences(faults: Sequence[Mapping[str, Any]]) -> list[str]:
    """One for each parameter that the framework refused, the first few of them."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for fault in faults:
        by_name.setdefault(str(fault["loc"][1] if len(fault["loc"]) > 1 else fault["loc"][0]), []).append(fault)
    return [_sentence(name, found) for name, found in list(by_name.items())[:MOST]]


def among(name: str, known: Sequence[str], given: str) -> str:
    """A parameter is one of a few words, and was given another."""
    close = did_you_mean(near(given, known))
    listed = ", ".join(f"`{one}`" for one in known)
    return f"`{name}` may be {listed}, not {quoted(given)}{f' ({close})' if close else ''}"


def unknown_member(name: str, known: Sequence[str]) -> str:
    """A body has a member that nobody reads."""
    close = did_you_mean(near(name, known))
    listed = ", ".join(f"`{one}`" for one in known)
    return f"There is no member `{name}` here; there are: {listed}{f' ({close})' if close else ''}"


def _sentence(name: str, faults: Sequence[Mapping[str, Any]]) -> str:
    first = faults[0]
    kind, given = first["type"], first.get("input")
    context = first.get("ctx") or {}
    words = [
        word for fault in faults for word in re.findall(r"'([^']*)'", str((fault.get("ctx") or {}).get("expected", "")))
    ]
    if words:
        return among(name, words, str(given))
    said = _BOUNDS[kind].format(**context) if kind in _BOUNDS else _SENTENCES.get(kind, "")
    if not said:
        said = "cannot be read: " + str(first["msg"]).replace("'", "`")
    return f"`{name}` {said}{'' if given is None or kind == 'missing' else f', not {quoted(given)}'}"
