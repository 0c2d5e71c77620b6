"""What becomes of the values that a python step returns, as examples that a test runs."""

from typing import Any, Final, NamedTuple

from reference import markdown


class Returned(NamedTuple):
    """An expression of Python, and the value that the step then has."""

    what: str
    python: str
    gives: Any


RETURNED: Final = (
    Returned(
        "lists, tuples, deques, arrays, ranges, views, generators", "(1, *range(2), *{'a': 1}.keys())", [1, 0, 1, "a"]
    ),
    Returned("sets: numbers first, then texts, in order", "{'b', 2, 'a'}", [2, "a", "b"]),
    Returned("maps, dataclasses, named tuples", "collections.namedtuple('P', 'x y')(1, 2)", {"x": 1, "y": 2}),
    Returned("an Enum: its value", "http.HTTPStatus.OK", 200),
    Returned(
        "a datetime with its time zone", "datetime.datetime(2026, 1, 15, tzinfo=datetime.UTC)", "2026-01-15T00:00:00Z"
    ),
    Returned("a date, a time", "[datetime.date(2026, 1, 15), datetime.time(9, 30)]", ["2026-01-15", "09:30:00"]),
    Returned("a timedelta: a duration as CEL writes it", "datetime.timedelta(minutes=90)", "5400s"),
    Returned("a UUID, a path", "pathlib.PurePosixPath('/a/b')", "/a/b"),
    Returned("bytes, bytearray, memoryview", "bytearray(b'ab')", b"ab"),
)
REFUSED: Final = ("datetime.datetime(2026, 1, 15)", "float('nan')", "object()", "len", "http")
"""A datetime without its zone is no moment; the last is a module."""


def table() -> str:
    """Each kind with an example; modules in it are imported."""
    rows = [(each.what, markdown.code(each.python), markdown.code(markdown.value(each.gives))) for each in RETURNED]
    refused = ("everything else fails the step, with its path and its type", ", ".join(map(markdown.code, REFUSED)), "")
    return markdown.table(("of Python", "example", "is"), [*rows, refused])
