"""Numbers that arrive as JSON: each leaves with the value that it came with, whatever its digits; a line is a number."""

import pytest

from penstock_core.body import json_body
from penstock_core.values.json_text import json_text

NUMBERS = [
    # as it arrives, as it leaves
    ("0", "0"),
    ("-0", "0"),
    ("1.0", "1"),
    ("1.10", "1.1"),
    ("1e2", "100"),
    ("0.1", "0.1"),
    ("9007199254740993", "9007199254740993"),
    ("18446744073709551616", "18446744073709551616"),
    ("123456789012345678901234567890", "123456789012345678901234567890"),
    ("0.1234567890123456789", "0.1234567890123456789"),
    ("12345678901234567.25", "12345678901234567.25"),
    ("0.30000000000000004", "0.30000000000000004"),
    ("1e21", "1e+21"),
    ("1e400", "1e+400"),
    ("-1e-400", "-1e-400"),
    ("1.7976931348623157e308", "1.7976931348623157e+308"),
    ("2.5E-8", "2.5e-8"),
    ("0e400", "0"),
]


@pytest.mark.parametrize(("arrives", "leaves"), NUMBERS)
def test_number_of_a_body(arrives: str, leaves: str) -> None:
    """A number of a JSON body is sent on with all of its digits; zeros that mean nothing are not digits of a float."""
    value = json_body.parse(f'{{"n":{arrives}}}'.encode(), "", structure=0)

    assert json_text(value) == f'{{"n":{leaves}}}'
