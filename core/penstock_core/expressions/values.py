"""What values are inside of CEL, and what comes back: the same.

The CEL library has texts and bytes, but cuts a text at NUL; it has numbers of 64 bits alone, and no decimals. So:

| value | inside of CEL |
|---|---|
| text with NUL | a stand-in for each NUL, one for one, so that sizes stay right |
| bytes | a bytearray, which the library takes whole |
| decimal that is a float's shortest text (1.10) | that float: it compares and computes as one, and comes out with its digits |
| whole decimal of 64 bits that no float is | an integer |
| other decimals, integers beyond 64 bits | a map that stands for the number; what orders, writes or converts it is ours |
| what only a record of release 0.1 holds (dates, sets, …) | as `plain_values` says |

What has to be remembered for the way back lives as long as one evaluation; a value that needs nothing costs nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from decimal import Decimal
from os import urandom
from typing import Any, Final, Protocol

from penstock_core.errors import ExpressionError, UnusableValue
from penstock_core.values import plain_values
from penstock_core.values.numbers import decimal_digits, number_text

_NUL: Final = "\x00"
_STAND_INS: Final = [chr(code) for code in range(0xFDD0, 0xFDF0)]
"""Code points that Unicode reserves for internal use; the first that no text of an evaluation holds stands for NUL."""
_USUAL: Final = _STAND_INS[0]
_NUMBER: Final = f"penstock number {urandom(12).hex()}"
"""The key of the map that stands for a number; nobody can write a map that has it."""
_INT_MIN: Final = -(2**63)
_INT_END: Final = 2**63


class _Kept:
    """What one evaluation has to remember."""

    __slots__ = ("clash", "lent", "numbers", "stand_in")

    def __init__(self, stand_in: str = _USUAL) -> None:
        self.stand_in = stand_in
        self.clash = False
        """Whether a text holds the stand-in itself."""
        self.lent: Lending | None = None
        self.numbers: dict[float | str, Any] = {}
        """Numbers with their digits, by what stands for them; None where there are several."""


_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)


def begin(convert: Callable[[], Any]) -> Any:
    """What an evaluation reads, converted with nothing remembered of another."""
    if (former := _kept.get()) is not None:
        if former.lent is not None:
            former.lent.end()
        _kept.set(None)
    converted = convert()
    for stand_in in _STAND_INS[1:]:
        if (kept := _kept.get()) is None or not kept.clash:
            return converted
        _kept.set(_Kept(stand_in))
        converted = convert()
    raise ExpressionError("the texts hold each of the code points U+FDD0 to U+FDEF: use a python step")


class Lending(Protocol):
    """What the library was lent in an evaluation, and does not give back."""

    def end(self) -> None:
        """Take it back."""


def lending(make: Callable[[], Lending]) -> Any:
    """What was lent in the present evaluation; it ends with the next one."""
    kept = _remembered()
    if kept.lent is None:
        kept.lent = make()
    return kept.lent


def _remembered() -> _Kept:
    kept = _kept.get()
    if kept is None:
        _kept.set(kept := _Kept())
    return kept


def holds_large_numbers() -> bool:
    """Whether a map stands for a number in the present evaluation."""
    kept = _kept.get()
    return kept is not None and any(isinstance(key, str) for key in kept.numbers)


def to_cel(value: Any) -> Any:
    """A value as CEL can take it. Raises `ExpressionError` for types that have no such form."""
    try:
        return _to_cel(value)
    except RecursionError:
        raise _too_deep() from None


def _to_cel(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() and _NUL not in value else _text_to_cel(value)
    if kind is dict:
        return {_key_to_cel(key): _to_cel(item) for key, item in value.items()}
    if kind is list:
        return [_to_cel(item) for item in value]
    if kind is int:
        return value if _INT_MIN <= value < _INT_END else _number_to_cel(value)
    if kind is bytes:
        return bytearray(value)  # of bytes the library takes what stands before a NUL
    if kind is Decimal:
        return _number_to_cel(value) if value.is_finite() else float(value)
    if value is None or kind is bool or kind is float:
        return value
    return _to_cel(_known(value, _to_cel))


def _key_to_cel(key: Any) -> Any:
    if isinstance(key, bool) or (isinstance(key, int) and _INT_MIN <= key < _INT_END):
        return key
    return _to_cel(key if isinstance(key, str) else as_text(key) if key is not None else "null")


def _text_to_cel(value: str) -> str:
    """A text that may hold NUL, or what stands for it."""
    kept = _kept.get()
    if (kept.stand_in if kept else _USUAL) in value:
        kept = _remembered()
        kept.clash = True
    if _NUL in value:
        value = value.replace(_NUL, _remembered().stand_in)
    return value


def _number_to_cel(value: int | Decimal) -> Any:
    """A number that CEL lacks: what stands for it, which is equal where the numbers are."""
    kept = _remembered()
    inside: float | str = _inside(value)
    known = kept.numbers.get(inside, value)
    is_same = type(known) is type(value) and (isinstance(value, int) or str(known) == str(value))
    kept.numbers[inside] = value if is_same else None
    return {_NUMBER: inside} if isinstance(inside, str) else inside


def _inside(value: int | Decimal) -> float | str:
    if isinstance(value, Decimal) and _INT_MIN <= value < _INT_END:
        near = float(value)
        if Decimal(repr(near)) == value:
            return near
        if value == value.to_integral_value():
            return int(value)
    return _canonical(value)


def _canonical(value: int | Decimal) -> str:
    """One text for all numbers that are equal."""
    sign, digits, exponent = (
        value.as_tuple() if isinstance(value, Decimal) else (value < 0, decimal_digits(abs(value)), 0)
    )
    text = "".join(map(str, digits))
    short = text.rstrip("0")
    return f"{'-' if sign else ''}{short}e{int(exponent) + len(text) - len(short)}"


def from_cel(value: Any) -> Any:
    """What CEL gave, in plain Python types."""
    kept = _kept.get()
    return _from_cel(value, kept) if kept else _simply(value)


def _simply(value: Any) -> Any:
    """As `from_cel`, where nothing is remembered."""
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int or kind is float:
        return value
    if kind is dict:
        return {key: _simply(item) for key, item in _by_name(value)}
    if kind is list:
        return [_simply(item) for item in value]
    return bytes(value) if kind is bytearray else _known(value, _simply)


def _by_name(members: Mapping[Any, Any]) -> Iterable[tuple[Any, Any]]:
    """The members by their names: CEL's maps have no order, and what is made of one is to be the same in every process."""
    return sorted(members.items(), key=_name) if len(members) > 1 else members.items()


def _name(member: tuple[Any, Any]) -> str:
    return str(member[0])


def _from_cel(value: Any, kept: _Kept) -> Any:
    if isinstance(value, str):
        if _NUMBER in value:
            raise ExpressionError(f"a number was made a part of a text by a function that does not know it: {_CURE}")
        return value.replace(kept.stand_in, _NUL)
    if isinstance(value, dict):
        if len(value) == 1 and (text := value.get(_NUMBER)):
            return kept.numbers.get(text) or _exact(text)
        return {_from_cel(key, kept): _from_cel(item, kept) for key, item in _by_name(value)}
    if isinstance(value, list):
        return [_from_cel(item, kept) for item in value]
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        known = kept.numbers.get(value)
        return value if known is None or type(_inside(known)) is not type(value) else known
    return _simply(value)


_CURE: Final = "write string(…) of it, or compute in a python step"


def _exact(canonical: str) -> int | Decimal:
    value = Decimal(canonical)
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and 0 <= exponent < 5000 else value


def plain(value: Any) -> Any:
    """A copy of a value in the types that an expression may give, where CEL had no part."""
    try:
        return _plain(value)
    except RecursionError:
        raise _too_deep() from None


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        return {key if type(key) is str else _plain_key(key): _plain(item) for key, item in value.items()}
    if kind is list:
        return [_plain(item) for item in value]
    return _known(value, _plain)


_SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None), Decimal})


def _plain_key(key: Any) -> Any:
    return key if isinstance(key, str | bool | int) else as_text(key) if key is not None else "null"


def _known(value: Any, converted: Callable[[Any], Any]) -> Any:
    """The value of a type that comes from a record of 0.1, or is no plain one of its kind."""
    if isinstance(value, Mapping):
        return converted(dict(value))
    try:
        recorded = plain_values.recorded(value)
    except UnusableValue:
        raise ExpressionError(
            f"a value of the type {type(value).__name__} cannot be used in an expression:"
            " turn it into text, a number, a list or a map first"
        ) from None
    return converted(recorded)


def _too_deep() -> ExpressionError:
    return ExpressionError("the value is nested too deeply, or contains itself: hand over a part of it")


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
        from penstock_core.values.json_text import json_text  # only a template that joins a list or a map needs it

        structure = value if isinstance(value, dict | list | tuple) else plain_values.recorded(value)
        return structure if isinstance(structure, str) else json_text(structure)
    except UnusableValue as unusable:
        raise ExpressionError(str(unusable)) from None
    except ValueError as no_number:
        raise ExpressionError(str(no_number)) from None


def kind(value: Any) -> str:
    """What sort of value it is, for messages."""
    names = {
        bool: "a boolean", str: "text", int: "a number", float: "a number", Decimal: "a number", bytes: "bytes",
        list: "a list", dict: "a map",
    }  # fmt: skip
    return "null" if value is None else names.get(type(value), type(value).__name__)
