"""The one way in which values become JSON text: in templates, `http.json`, `jsonEncode`, forms and wherever else.

What is written is the value, or nothing is: integers and decimals with all of their digits, floats as ECMAScript writes
them (see `numbers`), and what JSON has no form for (bytes, NaN, half of a surrogate pair, an object) is refused by its
path, with what to write instead.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Final

from penstock_core import value_paths
from penstock_core.errors import UnusableValue
from penstock_core.values.numbers import decimal_digits, is_finite, not_finite, number_text
from penstock_core.values.plain_values import BYTES_CURE, is_whole, plain

_CONSTANTS: Final = {None: "null", True: "true", False: "false"}
_OTHERWISE: Final = re.compile(r"[ein]|\.0\Z").search
"""What Python's text of a float has where ours is another: an exponent, `.0`, `nan`, `inf`."""
_DIRECT: Final = frozenset({str, bool, type(None)})
"""Types that Python's own writer, which is ten times as fast, writes as this one does."""
_CHECKED: Final[dict[type, Callable[[Any], bool]]] = {
    int: lambda number: -_LONG < number < _LONG,
    float: lambda number: not _OTHERWISE(repr(number)),
}
"""Types of which it writes some values so."""
_LONG: Final = 10**4000
MAX_OPENED: Final = 200_000
"""Lists and maps that are looked through for that: one that contains itself has no end."""
_native: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def json_text(value: Any) -> str:
    """A value as JSON, without spaces and with characters as they are.

    Raises UnusableValue, with the path of what JSON has no form for.
    """
    if type(value) in (dict, list) and _is_direct(value):
        text = _native(value)
    else:
        parts: list[str] = []
        try:
            _write(value, parts)
        except RecursionError:
            raise UnusableValue("it is nested too deeply for JSON, or contains itself") from None
        text = "".join(parts)
    return text if text.isascii() else _encodable(text, value)


def key_text(key: Any) -> str:
    """A map's key as JSON has it, which knows text alone: 7 becomes `7`, true `true`. Raises UnusableValue."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return _CONSTANTS[key]
    if isinstance(key, int):
        return decimal_digits(key)
    raise UnusableValue(f"a key of the type {type(key).__name__} has no form in JSON: use text")


def _is_direct(value: Any) -> bool:
    """Whether Python's own writer writes it as this one does: it has maps with text keys, lists and direct scalars alone."""
    todo = [value]
    opened = 0
    while todo and opened < MAX_OPENED:
        found = todo.pop()
        opened += 1
        if type(found) is dict:
            if not all(type(key) is str for key in found):
                return False
            found = found.values()
        for each in found:
            kind = type(each)
            if kind is dict or kind is list:
                todo.append(each)
            elif kind not in _DIRECT and not (kind in _CHECKED and _CHECKED[kind](each)):
                return False
    return not todo


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or isinstance(value, bool):
        parts.append(_CONSTANTS[value])
    elif isinstance(value, int | float | Decimal):
        parts.append(_number(value))
    elif isinstance(value, Mapping):
        _write_map(value, parts)
    elif isinstance(value, list | tuple):
        _write_list(value, parts)
    elif isinstance(value, bytes | bytearray | memoryview):
        raise UnusableValue(f"bytes have no form in JSON: {BYTES_CURE}")
    else:
        _write(plain(value), parts)  # dates and the like, which only a record of release 0.1 holds


def _write_list(value: Sequence[Any], parts: list[str]) -> None:
    separator = "["
    for index, each in enumerate(value):
        parts.append(separator)
        try:
            _write(each, parts)
        except UnusableValue as unusable:
            raise unusable.inside(value_paths.item(index)) from None
        separator = ","
    parts.append("]" if value else "[]")


def _write_map(value: Mapping[Any, Any], parts: list[str]) -> None:
    separator = "{"
    for key, each in value.items():
        name = key_text(key)
        if name is not key and name in value:
            raise UnusableValue(f"JSON would have the member `{name[:60]}` twice, for its keys are text")
        parts += (separator, encode_basestring(name), ":")
        try:
            _write(each, parts)
        except UnusableValue as unusable:
            raise unusable.inside(value_paths.member(key)) from None
        separator = ","
    parts.append("}" if value else "{}")


def _number(value: int | float | Decimal) -> str:
    if isinstance(value, int) or is_finite(value):
        return number_text(value)
    raise UnusableValue(f"{not_finite(value)} has no form in JSON: send null or a text instead")


def _encodable(text: str, value: Any) -> str:
    """The text, which UTF-8 can take; else UnusableValue."""
    if not is_whole(text):
        raise UnusableValue("half of a surrogate pair, which is no character", path=_half(value))
    return text


def _half(value: Any) -> str:
    """The path of the first text that holds half of a surrogate pair, "" where it is the value itself, or a key."""
    members: Iterable[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        members = ((value_paths.member(key), each) for key, each in value.items())
    elif isinstance(value, list | tuple):
        members = ((value_paths.item(index), each) for index, each in enumerate(value))
    return next((value_paths.joined(at, _half(each)) for at, each in members if _holds_half(each)), "")


def _holds_half(value: Any) -> bool:
    if isinstance(value, str):
        return not is_whole(value)
    if isinstance(value, Mapping):
        return any(_holds_half(each) for pair in value.items() for each in pair)
    return isinstance(value, list | tuple) and any(map(_holds_half, value))
