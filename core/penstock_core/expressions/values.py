"""What may enter and leave CEL, and what becomes of everything else.

The CEL library cuts text and bytes at NUL, refuses dates, UUIDs, decimals, tuples and sets, and returns bytes as bytearray.
So values are converted on the way in and back on the way out; a user sees text, numbers, booleans, null, lists and maps.
"""

from collections.abc import Callable, Mapping, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from penstock_core import plain_values
from penstock_core.errors import ExpressionError, UnusableValue
from penstock_core.numbers import number_text

_NUL: Final = "\x00"
_STAND_IN: Final = "\ufdd0"
"""Stands for NUL inside CEL: a code point that Unicode reserves for internal use, one for one, so sizes stay right."""


def to_cel(value: Any) -> Any:
    """A value as CEL can take it: dates become RFC 3339 text, decimals floats, sets lists.

    Raises `ExpressionError` for integers beyond 64 bits and for types that have no such form.
    """
    return _converted(value, _scalar_to_cel)


def plain(value: Any) -> Any:
    """A value in the types that an expression may give, where CEL had no part: bytes and large integers stay."""
    return _converted(value, _scalar)


def from_cel(value: Any) -> Any:
    """What CEL gave, in plain Python types."""
    if isinstance(value, str):
        return value.replace(_STAND_IN, _NUL) if _STAND_IN in value else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {from_cel(key): from_cel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_cel(item) for item in value]
    return _scalar(value)


def as_text(value: Any) -> str:
    """A value as a part of a text: null is empty, lists and maps are JSON, numbers as `numbers` writes them.

    Raises `ExpressionError` for what has no text: bytes, which nobody said how to read, NaN and infinities.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        raise ExpressionError(f"bytes are no text: {plain_values.BYTES_CURE}")
    try:
        if isinstance(value, int | float | Decimal):
            return number_text(value)
        from penstock_core.json_text import json_text  # only a template that joins a list or a map needs it

        text = plain_values.plain(value) if not isinstance(value, dict | list | tuple) else value
        return text if isinstance(text, str) else json_text(text)
    except UnusableValue as unusable:
        raise ExpressionError(str(unusable)) from None
    except ValueError as no_number:
        raise ExpressionError(str(no_number)) from None


def kind(value: Any) -> str:
    """What sort of value it is, for messages."""
    names = {bool: "a boolean", str: "text", int: "a number", float: "a number", list: "a list", dict: "a map"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def _converted(value: Any, scalar: Callable[[Any], Any]) -> Any:
    try:
        return _walk(value, scalar)
    except RecursionError:
        raise ExpressionError("the value is nested too deeply, or contains itself: hand over a part of it") from None


def _walk(value: Any, scalar: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {_key(key, scalar): _walk(item, scalar) for key, item in value.items()}
    if isinstance(value, list | tuple | Set):
        return [_walk(item, scalar) for item in value]
    return scalar(value)


def _key(key: Any, scalar: Callable[[Any], Any]) -> Any:
    if isinstance(key, str | bool | int):
        return scalar(key)
    return as_text(_scalar(key)) if key is not None else "null"


def _scalar_to_cel(value: Any) -> Any:
    value = _scalar(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes):
        return bytearray(value)  # which the library takes whole; of bytes it takes what stands before a NUL
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ExpressionError(
            f"the number {value} is beyond 64 bits: pass it as text, or compute with it in a python step"
        )
    return value


def _text(value: str) -> str:
    if value.isascii():
        return value.replace(_NUL, _STAND_IN) if _NUL in value else value
    if _STAND_IN in value:
        raise ExpressionError("the text holds U+FDD0, which expressions reserve: use a python step")
    # half a surrogate pair, which JSON's \ud800 makes, cannot be encoded
    return value.encode("utf-8", "replace").decode().replace(_NUL, _STAND_IN)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, Enum):
        return value.value if isinstance(value, Enum) else None
    if isinstance(value, bool | str | int | float | bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.9f}".rstrip("0").rstrip(".") + "s"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    raise ExpressionError(
        f"a value of the type {type(value).__name__} cannot be used in an expression:"
        " turn it into text, a number, a list or a map first"
    )
