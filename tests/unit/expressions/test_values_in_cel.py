"""Values inside of CEL: what an expression over `x` gives, and what it says where there is nothing to give.

A line is a value, an expression over it, and the result; a text behind `fails` is a part of the message.
"""

import subprocess
import sys
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from penstock_core.errors import ExpressionError
from penstock_core.expressions import Scope, template

SCOPE = Scope.of()
LARGE = 2**70
EXACT = Decimal("0.1234567890123456789")
HUGE = Decimal("1e400")


class Fails(NamedTuple):
    """The message's part."""

    message: str


def fails(message: str) -> Fails:
    """What stands for a failure in the table."""
    return Fails(message)


BYTES = [
    (b"a\0\xff", "[x]", [b"a\0\xff"]),
    (b"a\0b", "size(x)", 3),
    (b"a\0b", r"x == b'a\000b'", True),
    (b"a\0", r"x + b'\000'", b"a\0\0"),
    (b"a\0b", "base64.encode(x)", "YQBi"),
    ("YQBi", "base64.decode(x)", b"a\0b"),
    (b"caf\xc3\xa9", "string(x)", "café"),
    (b"a\0b", "string(x)", "a\0b"),
    (b"ab\xffc", "string(x)", fails("byte 0xff at position 2")),
    (b"ab", "x.contains('a')", fails("`contains` is for text, and was given bytes: write base64.encode(…)")),
    (b"ab", "x.startsWith('a')", fails("`startsWith` is for text")),
    (b"ab", "x.matches('a')", fails("`matches` is for text")),
    (b"ab", "x.split('a')", fails("`split` is for text")),
    (b"ab", "x + 'a'", fails("does not work on bytes and string")),
    (b"ab", "'a' + string(x)", "aab"),
    ("a\0b", "bytes(x)", b"a\0b"),
    ("ab", "base64.encode(x)", fails("`bytes(")),
    ({"file": b"\0"}, "[x]", [{"file": b"\0"}]),
]
NUMBERS = [
    (3.0, "string(x)", "3"),
    (1e20, "string(x)", "100000000000000000000"),
    (1e21, "string(x)", "1e+21"),
    (1e-7, "string(x)", "1e-7"),
    (-0.0, "string(x)", "0"),
    (LARGE, "string(x)", str(LARGE)),
    (Decimal("1.10"), "string(x)", "1.10"),
    ([1, 2.0, 2.5], "x.map(i, string(i))", ["1", "2", "2.5"]),
    (0, "string(1.0 / x)", fails("Infinity")),
    ([LARGE, 1], "size(x)", 2),
    ([LARGE, 1], "x.map(i, i)", [LARGE, 1]),
    ([LARGE, 1], "x.filter(i, i > 1)", [LARGE]),
    ([LARGE, 1], "x == [x[0], 1]", True),
    ([LARGE, 1], "x[0] in x", True),
    ({"id": LARGE, "n": 1}, "x.n + 1", 2),
    (LARGE, "x > 9007199254740993", True),
    (LARGE, "x == 1", False),
    (LARGE, "{'id': x}", {"id": LARGE}),
    (-LARGE, "x < -1.5", True),
    (LARGE, "x + 1", fails(f"`+` computes with 64 bits, and {LARGE} needs more")),
    (LARGE, "2.0 * x", fails("computes with 64 bits")),
    (LARGE, "x + x", fails("computes with 64 bits")),
    (LARGE, "double(x)", float(LARGE)),
    (LARGE, "int(x)", fails("`int` takes no number that 64 bits do not hold")),
    (LARGE, "'%s'.format([x])", fails("write string(…)")),
    (LARGE, "x < {'a': 1}", fails("64 bits do not hold")),
    ({"a": 1}, "x < 1", fails("`<` does not work on map and int")),
    (Decimal("1.10"), "x == 1.10", True),
    (Decimal("1.10"), "x < 1.2 && x > 1", True),
    (Decimal("1.10"), "[x]", [Decimal("1.10")]),
    (Decimal("5.00"), "x == 5 && x in [5]", True),
    (Decimal("19.99"), "x * 3", 59.97),
    (EXACT, "x < 0.12345678901234568 && x > 0.12345678901234567", True),
    (EXACT, "x == 0.12345678901234568", False),
    (EXACT, "[x, x + 0.0 == x]", fails("write double(…) to have it rounded")),
    (EXACT, "double(x)", 0.12345678901234568),
    ([EXACT, 1], "x.map(i, i)", [EXACT, 1]),
    (HUGE, "x > 1e300", True),
    (HUGE, "[x]", [HUGE]),
    (HUGE, "double(x)", fails("beyond what 64 bits hold")),
    ([LARGE, Decimal(LARGE)], "x[0] == x[1]", True),
    (Decimal(9007199254740993), "x == 9007199254740993", True),
]
TEXTS = [
    ("a\0b", "x.contains('\\x00')", True),
    ("a\0b", "x.split('\\u0000')", ["a", "b"]),
    ("a\0b", "x.replace('\\000', '-')", "a-b"),
    ("a\0b", "size(x)", 3),
    ("a", "x + '\\x00'", "a\0"),
    ("a", "x + '\\\\x00'", "a\\x00"),
    ("\ufdd0", "[x]", ["\ufdd0"]),
    ("\ufdd0\0", "[x, string(size(x))]", ["\ufdd0\0", "2"]),
    ({"k\0": "v\0\ufdd0\ufdd1"}, "[x]", [{"k\0": "v\0\ufdd0\ufdd1"}]),
    ("é😀", "size(x)", 2),
]


@pytest.mark.parametrize(("given", "text", "expected"), [*BYTES, *NUMBERS, *TEXTS])
def test_value_in_cel(given: Any, text: str, expected: Any) -> None:
    """A value is in CEL what it is outside, and comes out as it went in; what cannot be computed says so."""
    filled = template(
        "${" + text.replace("\\x", "\\X").replace("x", "trigger.body.v").replace("\\X", "\\x") + "}", SCOPE
    )
    variables = {"trigger": {"body": {"v": given}}}
    if isinstance(expected, Fails):
        with pytest.raises(ExpressionError) as failed:
            filled.evaluate(variables)

        assert expected.message in str(failed.value)
        return
    found = filled.evaluate(variables)

    assert (found, type(found)) == (expected, type(expected))
    assert str(found) == str(expected)


def test_nothing_is_remembered_of_another_evaluation() -> None:
    """A number that comes out with another's digits, or a NUL in place of a character, would be another value."""
    for given in (Decimal("1.10"), 1.1, "\0", "\ufdd0"):
        found = template("${[trigger.body]}", SCOPE).evaluate({"trigger": {"body": given}})

        assert (str(found[0]), type(found[0])) == (str(given), type(given))


MANY_NULLS = """
from penstock_core.expressions import Scope, template
rows = template("${[trigger.body]}", Scope.of())
for _ in range(60):
    assert rows.evaluate({"trigger": {"body": [None] * 9000}}) == [[None] * 9000]
print("alive")
"""


def test_many_nulls_do_not_end_the_process() -> None:
    """The library gives back a reference to None too many for each; half a million of them are survived, to the end."""
    command = [sys.executable, "-P", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{MANY_NULLS}"]

    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "alive\n"


LONG_TEXTS = """
import resource
from penstock_core.expressions import Scope, template
text = template("${string(trigger.body)}", Scope.of())
variables = {"trigger": {"body": b"x" * 2_000_000}}
def evaluate(times):
    for _ in range(times):
        assert len(text.evaluate(variables)) == 2_000_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = evaluate(5); print(evaluate(50) - before)
before = evaluate(5); print(evaluate(50) - before)
"""


def test_texts_of_bytes_are_given_back() -> None:
    """The library keeps what a function took and gave; a hundred texts of two megabytes leave next to nothing behind."""
    command = [sys.executable, "-P", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{LONG_TEXTS}"]
    _, more = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    assert int(more) < 20_000, "KiB"
