"""What a number is as text: the same in templates, in `string(…)`, in URLs, in forms and in JSON.

As ECMAScript writes numbers: plain decimal up to 21 digits, whole numbers without `.0`, an exponent beyond.
An integer, and a decimal, is written with all of its digits, for nothing may be lost of what was counted or priced.
"""

from decimal import Decimal
from typing import Final

PLAIN_DIGITS: Final = 21
"""Digits before the point up to which a float, or a decimal that has none behind it, is written without an exponent."""
MAX_DIGITS: Final = 4300
"""Of a number in JSON; as many as Python reads of an integer."""
_ALWAYS_EXACT: Final = 16
"""Characters, the point among them, of which a float keeps all digits."""
_LEAST: Final = -7
"""Power of ten of the first digit down to which it is, behind the point; exclusive."""


def number_text(value: int | float | Decimal) -> str:
    """The number in decimal. Raises ValueError for what is no number (NaN) or has no end (infinity)."""
    if isinstance(value, int):
        return decimal_digits(value)
    if not is_finite(value):
        raise ValueError(f"{not_finite(value)} is no number that any system takes")
    if isinstance(value, float):
        text = float.__repr__(value)
        if "e" not in text:
            return text.removesuffix(".0") if value else "0"
        return _written(Decimal(text))
    return _written(value)


def exact_number(digits: str) -> float | Decimal:
    """The number that stands in JSON with a point or an exponent: a float, or a decimal where a float would be another.

    Raises ValueError where it has more digits than `MAX_DIGITS`, or an exponent that nothing holds.
    """
    if len(digits) <= _ALWAYS_EXACT and "e" not in digits and "E" not in digits:
        return float(digits)
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"the number {digits[:40]}… has more than {MAX_DIGITS} digits")
    try:
        number = Decimal(digits)
    except ArithmeticError:
        raise ValueError(f"the exponent of the number {digits[:40]} is beyond all bounds") from None
    near = float(digits)
    return near if is_finite(near) and Decimal(repr(near)) == number else number


def is_finite(value: int | float | Decimal) -> bool:
    """Whether it is a number at all: neither NaN nor infinite."""
    return value.is_finite() if isinstance(value, Decimal) else value - value == 0


def decimal_digits(value: int) -> str:
    """All digits of an integer, also of one with more than Python converts at once."""
    try:
        return int.__repr__(value)
    except ValueError:
        # exact for any length, and not limited to 4,300 digits
        from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context

        return format(Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN).create_decimal(value), "f")


def not_finite(value: float | Decimal) -> str:
    """The name of what is no finite number."""
    if value.is_nan() if isinstance(value, Decimal) else value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _written(value: Decimal) -> str:
    """Its digits, the zeros at the end too; a zero has no sign."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - it is finite
    if not value:
        return format(Decimal((0, (0,), max(min(exponent, 0), 1 - PLAIN_DIGITS))), "f")
    first = len(digits) + exponent - 1
    minus = "-" if sign else ""
    if _LEAST < first < max(PLAIN_DIGITS, len(digits) if exponent <= 0 else 0):
        return minus + format(Decimal((0, digits, exponent)), "f")
    text = "".join(map(str, digits))
    behind = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{behind}e{first:+d}"
