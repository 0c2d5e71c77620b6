"""`string`, `bytes`, and what CEL's own operators do with numbers that CEL lacks: done in Python.

The library has `string` and `bytes` of its own, which write numbers otherwise and know no NUL, and lets nobody replace
them. So what an author writes, `string(x)`, is compiled as `string(ours(x))`, and ours gives UTF-8.
It keeps what a function gave it for ever: so that is a bytearray, which is emptied when the evaluation is over.
"""

import functools
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions.tokens import Token
from penstock_core.expressions.values import as_text, from_cel, given_out, holds_large_numbers, to_cel
from penstock_core.numbers import decimal_digits, is_finite, number_text
from penstock_core.plain_values import BYTES_CURE

_OURS: Final = {"string": "string(penstock_string", "bytes": "bytes(penstock_bytes"}
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
        if token.kind == "name" and token.text in _OURS and (end := _end_of_call(found, at)):
            renamed += [(token.start, token.end, _OURS[token.text]), (end, end, ")")]
        elif token.kind == "string" and (put := _without_nul(token.text)):
            renamed.append((token.start, token.end, put))
    return renamed


def _end_of_call(found: Sequence[Token], at: int) -> int:
    """Where the call of the function at `at` ends; 0 where it is none."""
    if (at and found[at - 1].text == ".") or at + 1 == len(found) or found[at + 1].text != "(":
        return 0
    depth = 0
    for token in found[at + 1 :]:
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "symbol" else 0
        if not depth:
            return token.end
    return 0


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
        reason = reason.replace(ours.partition("(")[2], name)
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
        declared("penstock_string", kinds.BYTES, texts, _string),
        declared("penstock_bytes", kinds.BYTES, (kinds.STRING, kinds.BYTES), _bytes),
        declared("penstock_nul", kinds.STRING, (kinds.STRING,), _nul),
    )


def _string(value: Any) -> bytearray:
    given = from_cel(value)
    if isinstance(given, dict):
        raise _no_overload("string", given)
    _empty(value)
    text = _decoded(given) if isinstance(given, bytes) else as_text(given)
    return given_out(bytearray(to_cel(text).encode()))


def _empty(argument: Any) -> None:
    """Give up what has been read of an argument, which the library keeps for ever, too."""
    if isinstance(argument, bytearray):
        argument.clear()


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
    _empty(value)
    return given_out(bytearray(given.encode() if isinstance(given, str) else given))


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
