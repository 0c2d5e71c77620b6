"""What values are as JSON, and what JSON has no form for; a line a case."""

from decimal import Decimal
from typing import Any

import pytest

from penstock_core.errors import UnusableValue
from penstock_core.values.json_text import json_text

WRITTEN = [
    # value, JSON
    (None, "null"),
    (True, "true"),
    (7, "7"),
    (2**64 + 1, "18446744073709551617"),
    (3.0, "3"),
    (0.1, "0.1"),
    (-0.0, "0"),
    (1e20, "100000000000000000000"),
    (123456789012345680000.0, "123456789012345680000"),
    (1e21, "1e+21"),
    (1e-6, "0.000001"),
    (1e-7, "1e-7"),
    (-2.5e-10, "-2.5e-10"),
    (Decimal("1.10"), "1.10"),
    (Decimal(100), "100"),
    (Decimal("1E+2"), "100"),
    (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
    (Decimal("12345678901234567890123.45"), "12345678901234567890123.45"),
    (Decimal("1e400"), "1e+400"),
    (Decimal("-0.00"), "0.00"),
    (Decimal("0E+5"), "0"),
    ("a\x00b", '"a\\u0000b"'),
    ("\ufdd0é😀", '"\ufdd0é😀"'),
    ([], "[]"),
    ({}, "{}"),
    ([1, [2.0, {"a": None}]], '[1,[2,{"a":null}]]'),
    ((1, 2), "[1,2]"),
    ({"b": 1, "a": "ä"}, '{"b":1,"a":"ä"}'),
    ({1: 1, "x": 2}, '{"1":1,"x":2}'),
    ({True: 1}, '{"true":1}'),
]
REFUSED: list[tuple[Any, str]] = [
    # value, what the message says
    ({"rows": [0, {"file": b"x"}]}, "rows[1].file: bytes have no form in JSON"),
    ({"a b": b""}, '["a b"]: bytes'),
    ([float("nan")], "[0]: NaN has no form in JSON"),
    ({"x": float("-inf")}, "x: -Infinity has no form"),
    ({"x": Decimal("NaN")}, "x: NaN has no form"),
    ({"x": [1, "\ud800"]}, "x[1]: half of a surrogate pair"),
    ({"x": {"\ud800": 1}}, "x: half of a surrogate pair"),
    ({1: 1, "1": 2}, "the member `1` twice"),
    ({None: 1}, "a key of the type NoneType"),
    ({"a": {1.5: 1}}, "a: a key of the type float"),
    ({"f": print}, "f: builtin_function_or_method is no value"),
]


@pytest.mark.parametrize(("value", "expected"), WRITTEN)
def test_value_as_json(value: object, expected: str) -> None:
    """A value becomes JSON with all of its digits and characters."""
    assert json_text(value) == expected


@pytest.mark.parametrize(("value", "message"), REFUSED)
def test_what_json_has_no_form_for(value: object, message: str) -> None:
    """What JSON has no form for is refused, with the path at which it stands."""
    with pytest.raises(UnusableValue) as refused:
        json_text(value)

    assert message in str(refused.value)


def test_value_that_contains_itself() -> None:
    """A value without an end is refused."""
    value: list[Any] = []
    value.append({"again": value})

    with pytest.raises(UnusableValue, match="contains itself"):
        json_text(value)


def test_number_of_more_digits_than_python_converts_at_once() -> None:
    """An integer of five thousand digits is written with all of them."""
    assert json_text(10**5000) == "1" + "0" * 5000
