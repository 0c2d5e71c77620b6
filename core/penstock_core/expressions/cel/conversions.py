"""`string`, `bytes`, and what CEL's own operators do with numbers that CEL lacks: done in Python.

The library has `string` and `bytes` of its own, which write numbers otherwise and know no NUL, and lets nobody replace
them. So what an author writes is compiled under other names.
"""

import functools
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions.functions.calling.lent import Lent
from penstock_core.expressions.reading.tokens import Token
from penstock_core.expressions.values import as_text, from_cel, holds_large_numbers, lending, to_cel
from penstock_core.values.numbers import decimal_digits, is_finite, number_text
from penstock_core.values.plain_values import BYTES_CURE

_OURS: Final = {"string": "penstock_string", "bytes": "penstock_bytes"}
_NUL_ESCAPES: Final = ("\\x00", "\\X00", "\\u0000", "\\U00000000", "\\000")
_BESIDE: Final = "\ufdd0"
_OF_BYTES: Final = re.compile(r"[Nn]o matching overloads? found : \(bytes\)\.(\w+)")
_OF_MAP: Final = re.compile(r"[Nn]o matching overloads? found : ([^\s(]+)\([^)]*\bmap\b")
_LARGE: Final = "write string(…) for its digits, double(…) to have it rounded, or use a python step"
ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}
_WORDS: Final = {"_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%"}


def edits(found: Sequence[Token]) -> list[tuple[int, int, str]]:
    """What is compiled in place of which characters: our names for the functions, and NUL in text literals."""
    renamed = []
    for at, token in enumerate(found):
        if token.kind == "name" and token.text in _OURS and _is_called(found, at):
            renamed.append((token.start, token.end, _OURS[token.text]))
        elif token.kind == "string" and (put := _without_nul(token.text)):
            renamed.append((token.start, token.end, put))
    return renamed


def _is_called(found: Sequence[Token], at: int) -> bool:
    is_member = at > 0 and found[at - 1].text == "."
    return not is_member and at + 1 < len(found) and found[at + 1].text == "("


def _without_nul(literal: str) -> str:
    """A text literal whose NULs our function puts in again; "" where it has none, or is none of text."""
    if literal[0] not in "'\"" or "\\" not in literal:
        return ""
    pieces = literal.split("\\\\")
    put = []
    for piece in pieces:
        for escape in _NUL_ESCAPES:
            piece = piece.replace(escape, _BESIDE)
        put.append(piece)
    whole = "\\\\".join(put)
    return f"penstock_nul({whole})" if put != pieces else ""


def told(reason: str) -> str:
    """What the library says of our functions, of bytes and of a number that stands as a map, as authors know them."""
    for name, ours in _OURS.items():
        reason = reason.replace(ours, name)
    if method := _OF_BYTES.search(reason):
        return f"`{method[1]}` is for text, and was given bytes: {BYTES_CURE}"
    if (function := _OF_MAP.search(reason)) and holds_large_numbers():
        return f"`{function[1].strip('_')}` takes no number that 64 bits do not hold: {_LARGE}"
    return reason


@functools.cache
def declarations(library: Any) -> tuple[Any, ...]:
    """Our functions as the library takes them."""
    kinds = library.Type
    scalars = (kinds.STRING, kinds.INT, kinds.UINT, kinds.DOUBLE, kinds.BOOL, kinds.BYTES)
    texts = (*scalars, kinds.TIMESTAMP, kinds.DURATION, kinds.MAP)

    def declared(name: str, result: Any, given: Sequence[Any], action: Callable[..., Any]) -> Any:
        overloads = [
            library.Overload(f"{name}_{number}", result, [each], False, action) for number, each in enumerate(given)
        ]
        return library.FunctionDecl(name, overloads)

    return (
        declared("penstock_string", kinds.STRING, texts, _string),
        declared("penstock_bytes", kinds.BYTES, (kinds.STRING, kinds.BYTES), _bytes),
        declared("penstock_nul", kinds.STRING, (kinds.STRING,), _nul),
    )


def _string(value: Any) -> str:
    given = from_cel(value)
    if isinstance(given, dict):
        raise _no_overload("string", given)
    text: str = to_cel(_decoded(given) if isinstance(given, bytes) else as_text(given))
    _lend(value, text)
    return text


def _lend(argument: Any, result: Any) -> None:
    lent = lending(Lent)
    lent.take(argument)
    lent.give(result)


def _decoded(given: bytes) -> str:
    try:
        return given.decode()
    except UnicodeDecodeError as wrong:
        raise ExpressionError(
            f"the bytes are no UTF-8 text: byte 0x{given[wrong.start]:02x} at position {wrong.start}, counted from 0;"
            " write base64.encode(…) for base64 text"
        ) from None


def _bytes(value: Any) -> bytearray:
    given = from_cel(value)
    content = bytearray(given.encode() if isinstance(given, str) else given)
    _lend(value, content)
    return content


def _nul(value: str) -> Any:
    return to_cel(value.replace(_BESIDE, "\x00"))


def order(name: str) -> Callable[[Any, Any], bool]:
    """An operator that compares a number which CEL lacks."""

    def compare(left: Any, right: Any) -> bool:
        return ORDER[name](*_numbers(name, left, right))

    return compare


def arithmetic(name: str) -> Callable[[Any, Any], Any]:
    """An operator that refuses a number which CEL lacks: it would have to be rounded."""

    def refuse(left: Any, right: Any) -> Any:
        large = next(each for each in _numbers(name, left, right) if not _fits(each))
        raise ExpressionError(
            f"`{_WORDS[name]}` computes with 64 bits, and {_shown(large)} needs more: {_remedy(large)}"
        )

    return refuse


def to_double(value: Any) -> float:
    """The nearest float, which somebody asks for."""
    number = from_cel(value)
    if isinstance(number, int | float | Decimal):
        try:
            nearest = float(number)
        except OverflowError:
            nearest = float("inf")
        if is_finite(nearest):
            return nearest
        raise ExpressionError(f"{_shown(number)} is beyond what 64 bits hold")
    raise _no_overload("double", value)


def _numbers(name: str, left: Any, right: Any) -> tuple[Any, Any]:
    """Both as numbers that compare exactly; a float is what its shortest text says."""
    found = []
    for each in (from_cel(left), from_cel(right)):
        if isinstance(each, dict | list):
            raise _no_overload(name, left, right)
        found.append(Decimal(repr(each)) if isinstance(each, float) and is_finite(each) else each)
    return found[0], found[1]


def _no_overload(name: str, *given: Any) -> Exception:
    """What the library would say of a map that stands for no number."""
    types = ("map" if isinstance(one, dict) else type(one).__name__ for one in given)
    return ExpressionError(f"No matching overloads found : {name}({', '.join(types)})")


def _fits(number: Any) -> bool:
    return isinstance(to_cel(number), int | float)


def _shown(number: int | float | Decimal) -> str:
    text = decimal_digits(number) if isinstance(number, int) else number_text(number)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _remedy(number: int | Decimal) -> str:
    rounded = "" if isinstance(number, int) else "write double(…) to have it rounded, or "
    return f"{rounded}compute in a python step"
