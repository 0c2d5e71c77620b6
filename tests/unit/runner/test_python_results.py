"""What a python step's `run` returns is as a value; a line is the code's expression and the value, or why there is none."""

from decimal import Decimal
from typing import Any

import pytest

from penstock_runner.actions.python.worker import answer

HEAD = """
import array, collections, csv, dataclasses, datetime as dt, decimal, enum, io, itertools, pathlib, types, uuid
from decimal import Decimal
@dataclasses.dataclass
class Order:
    number: int
    lines: object = None
@dataclasses.dataclass(slots=True)
class Slim:
    a: int
Point = collections.namedtuple("Point", "x y")
class Colour(enum.Enum):
    RED = "red"
    DAY = dt.date(2026, 1, 31)
class Level(enum.IntEnum):
    HIGH = 3
class Array:
    "As libraries for numbers have it: it can be iterated over, and is no list."
    __module__ = "numpy"
    def __iter__(self): return iter([1])
    def __len__(self): return 1
class Text(str): pass
def looped():
    value = {"rows": [1]}
    value["rows"].append(value)
    return value
def order_that_holds_itself():
    order = Order(1)
    order.lines = [order]
    return order
zone = dt.timezone(dt.timedelta(hours=2))
UTC = dt.UTC
def run(context):
    return """
LARGE = 2**70
VALUES: list[tuple[str, Any]] = [
    # iterables are lists
    ("range(3)", [0, 1, 2]),
    ("(n * n for n in range(3))", [0, 1, 4]),
    ("{'a': 1, 'b': 2}.keys()", ["a", "b"]),
    ("{'a': 1}.items()", [["a", 1]]),
    ("(1, (2, 3))", [1, [2, 3]]),
    ("collections.deque([1, 2])", [1, 2]),
    ("map(str, [1, 2])", ["1", "2"]),
    ("reversed([1, 2])", [2, 1]),
    ("csv.reader(io.StringIO('a,b\\n1,2\\n'))", [["a", "b"], ["1", "2"]]),
    ("array.array('i', [1, 2])", [1, 2]),
    ("{3, 1, 2}", [1, 2, 3]),
    ("{'b', 'a', 10, 9}", [9, 10, "a", "b"]),
    ("frozenset({(1, 'x'), None})", [None, [1, "x"]]),
    ("collections.UserList([1])", [1]),
    # what has names is a map
    ("Order(1, [Slim(2)])", {"number": 1, "lines": [{"a": 2}]}),
    ("Point(1, Point(2, 3))", {"x": 1, "y": {"x": 2, "y": 3}}),
    ("collections.OrderedDict(a=1)", {"a": 1}),
    ("collections.Counter('aab')", {"a": 2, "b": 1}),
    ("types.MappingProxyType({'a': 1})", {"a": 1}),
    ("{Colour.RED: 1, 7: 2, uuid.UUID(int=1): 3}", {"red": 1, 7: 2, "00000000-0000-0000-0000-000000000001": 3}),
    ("{None: 1, True: 2}", {"null": 1, True: 2}),
    # what has a text of its own
    ("Colour.RED", "red"),
    ("Colour.DAY", "2026-01-31"),
    ("Level.HIGH", 3),
    ("uuid.UUID(int=1)", "00000000-0000-0000-0000-000000000001"),
    ("pathlib.PurePosixPath('/a/b')", "/a/b"),
    ("dt.datetime(2026, 1, 31, 6, tzinfo=UTC)", "2026-01-31T06:00:00Z"),
    ("dt.datetime(2026, 1, 31, 6, 0, 0, 250000, tzinfo=zone)", "2026-01-31T06:00:00.250000+02:00"),
    ("dt.date(2026, 1, 31)", "2026-01-31"),
    ("dt.time(6, 30)", "06:30:00"),
    ("dt.timedelta(hours=1, milliseconds=1)", "3600.001s"),
    ("dt.timedelta(minutes=-90)", "-5400s"),
    ("Text('a')", "a"),
    # numbers and bytes
    ("2**70", LARGE),
    ("True", True),
    ("decimal.Decimal('1.10')", Decimal("1.10")),
    ("decimal.Decimal('0.1234567890123456789012345678901')", Decimal("0.1234567890123456789012345678901")),
    ("bytearray(b'a')", b"a"),
    ("memoryview(b'a\\0b')", b"a\0b"),
    ("'a\\0b'", "a\0b"),
    ("None", None),
]  # fmt: skip
FAILURES = [
    ("{'rows': [0, 1, 2, {'x': object()}]}", "output.rows[3].x: object is no value"),
    ("{'a b': print}", 'output["a b"]: builtin_function_or_method is no value'),
    ("[lambda: 1]", "output[0]: function is no value"),
    ("Array()", "output: numpy.Array is no value"),
    ("{'m': Array}", "output.m: type is no value"),
    ("{'f': io.StringIO('a')}", "output.f: _io.StringIO is no value"),
    ("{'e': ValueError('x')}", "output.e: ValueError is no value"),
    ("1 + 2j", "output: complex is no value"),
    ("{'x': float('nan')}", "output.x: NaN is no number"),
    ("[float('-inf')]", "output[0]: -Infinity is no number"),
    ("[Decimal('NaN')]", "output[0]: NaN is no number"),
    ("{'at': dt.datetime(2026, 1, 31)}", "output.at: a datetime without a time zone"),
    ("{(1, 2): 3}", "output: a key of the type tuple"),
    ("{1.5: 1}", "output: the key 1.5 of the type float"),
    ("{2**70: 1}", "output: the key 1180591620717411303424 of the type int"),
    ("{Colour.RED: 1, 'red': 2}", "output: two of its keys are 'red'"),
    ("looped()", "output.rows[1]: it contains itself"),
    ("order_that_holds_itself()", "output.lines[0]: it contains itself"),
    ("(lambda f: f(f, 300))(lambda f, n: [f(f, n - 1)] if n else 1)", "nested deeper than 250 levels"),
]


class Silent:
    """A way back to the runner that nothing goes over."""


def returned(expression: str) -> dict[str, Any]:
    """What the worker answers to code that returns this."""
    call = {"name": "p", "code": f"{HEAD}{expression}", "context": {"steps": {}}}
    return answer(call, Silent())  # type: ignore[arg-type]  # nothing logs


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_result_as_value(expression: str, expected: Any) -> None:
    """What `run` returns becomes a value by its declared type."""
    found = returned(expression)

    assert found == {"result": expected, "warnings": []}
    assert repr(found["result"]) == repr(expected)


@pytest.mark.parametrize(("expression", "message"), FAILURES)
def test_result_that_is_no_value(expression: str, message: str) -> None:
    """What is no value fails the step, with its path and type; the name of a type is never a value."""
    found = returned(expression)

    assert message in found["error"]["message"]


def test_half_of_a_surrogate_pair_in_a_result() -> None:
    """What is no character is replaced, in texts and in keys, and told by its path."""
    found = returned(r"{'rows': ['a\ud800b', {'k\udc00': 1}]}")

    assert found["result"] == {"rows": ["a\ufffdb", {"k\ufffd": 1}]}
    assert [warning.partition(":")[0] for warning in found["warnings"]] == ["output.rows[0]", "output.rows[1]"]


def test_an_iterator_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An iterator that never ends fails before it has taken all of the memory."""
    monkeypatch.setattr("penstock_core.values.plain_values.MAX_DRAWN", 1000)

    assert (
        "output.n: the iterator gives more than 1000 items" in returned("{'n': itertools.count()}")["error"]["message"]
    )


def test_an_error_inside_of_a_generator() -> None:
    """What a generator raises is the code's own error, with its line."""
    error = returned("(1 // n for n in [0])")["error"]

    assert (error["type"], error["line"]) == ("ZeroDivisionError", HEAD.count("\n") + 1)
