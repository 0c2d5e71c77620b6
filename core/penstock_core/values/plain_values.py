"""What Python's objects are as values of a flow, which are the same in CEL, in python steps, in the record and on the wire.

A value is null, a boolean, a number (an integer of any size, a float, a decimal), a text, bytes, a list, or a map whose
keys are text, integers or booleans; None as a key is the text `null`. Everything else becomes one of these by its declared type, or is refused by its path:

| of Python | is |
|---|---|
| list, tuple, deque, array, range, view, generator and other iterators | a list |
| set | a list: numbers first, by size, then texts by their characters, then the rest by its JSON |
| dict and other mappings, dataclass, named tuple | a map |
| Enum | its value |
| datetime with a time zone | RFC 3339 text, `2026-01-31T08:00:00Z`; without one it is no moment, and refused |
| date, time | `2026-01-31`, `08:00:00` |
| timedelta | seconds as CEL writes durations, `5400s`, `0.25s` |
| UUID, path | text |
| bytes, bytearray, memoryview | bytes |
| NaN, infinity | refused: no other system takes them |
| all else (functions, modules, objects of other classes, arrays of libraries) | refused |

Half of a surrogate pair, which is no character and which nothing can encode, is replaced by U+FFFD, here and nowhere
else, and told by its path.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, MappingView, Sequence, Set
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from penstock_core import value_paths
from penstock_core.errors import UnusableValue
from penstock_core.values.numbers import is_finite, not_finite, number_text

if TYPE_CHECKING:
    from datetime import datetime

MAX_DEPTH: Final = 250
"""Levels of nesting; previews and JSON libraries give up a little later."""
MAX_DRAWN: Final = 5_000_000
"""Items that an iterator may give: one of those that never end would take all of the memory."""
MAX_WARNINGS: Final = 20
BYTES_CURE: Final = "write base64.encode(…) for base64 text, or string(…) where they are UTF-8"
"""What to do about bytes where text is wanted."""
_REPLACED: Final = "half of a surrogate pair, which is no character, was replaced by U+FFFD"
_ATOMS: Final = frozenset({int, bool, type(None), bytes})
"""Types that are values as they are."""
_CHECKED: Final[dict[type, Callable[[Any], bool]]] = {
    str: lambda text: text.isascii() or is_whole(text),
    float: is_finite,
    Decimal: is_finite,
}
"""Types of which most values are."""
MAX_OPENED: Final = 1_000_000
"""Lists and maps that are looked at for that."""
_CONTAINERS: Final = (Mapping, Sequence, Set, MappingView, Iterator)


def plain(value: Any, *, root: str = "", warnings: list[str] | None = None) -> Any:
    """A value in the types above, itself where it is one. Raises UnusableValue for what has none, with path and type.

    Paths begin with `root`. To `warnings` those are added at which a text was mended, the first 20 of them.
    """
    if _is_plain(value):
        return value
    found: list[str] = []
    try:
        result = _Reading(found, root=root).value(value, ())
    except RecursionError:
        raise UnusableValue("it is nested too deeply", path=root) from None
    if warnings is not None and found:
        more = [f"and {len(found) - MAX_WARNINGS} more of these"] if len(found) > MAX_WARNINGS else []
        warnings += [*found[:MAX_WARNINGS], *more]
    return result


def recorded(value: Any) -> Any:
    """As `plain`, of what a record may hold: release 0.1 kept datetimes without a zone, and CEL computes infinities."""
    return _Reading([], lenient=True).value(value, ())


def mended(text: str) -> str:
    """A text with U+FFFD in place of each half of a surrogate pair; two halves that belong together are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_whole(text: str) -> bool:
    """Whether a text has nothing but characters, so that any encoding of Unicode takes it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(value: Any) -> bool:
    """Whether a value consists of ordinary parts alone; False also where that is not soon known."""
    level: list[Any] = [[value]]
    opened = 0
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for container in level:
            if type(container) is dict:
                if not all(type(key) is str and (key.isascii() or is_whole(key)) for key in container):
                    return False
                container = container.values()
            for each in container:
                kind = type(each)
                if kind is dict or kind is list:
                    below.append(each)
                elif kind not in _ATOMS and not (kind in _CHECKED and _CHECKED[kind](each)):
                    return False
        opened += len(below)
        if not below or opened > MAX_OPENED:
            return not below
        level = below
    return False


class _Reading:
    """One walk through a value; `around` holds the ids of the containers around, so that a cycle is seen."""

    def __init__(self, warnings: list[str], *, root: str = "", lenient: bool = False) -> None:
        self._warnings = warnings
        self._lenient = lenient
        self._root = root
        self._path: list[Any] = []
        """Indexes of lists as they are, keys of maps as tuples."""

    def value(self, value: Any, around: tuple[int, ...]) -> Any:
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is str:
            return self._text(value)
        if kind is dict or kind is list or isinstance(value, _CONTAINERS):
            return self._container(value, around)
        return self._scalar(value, around)

    def _container(self, value: Any, around: tuple[int, ...]) -> Any:
        form = _form(value)
        if form is None:
            return self._scalar(value, around)
        whole = value.owner if isinstance(value, _Fields) else value
        if id(whole) in around:
            raise self._refused("it contains itself")
        if len(around) >= MAX_DEPTH:
            raise self._refused(f"it is nested deeper than {MAX_DEPTH} levels")
        return form(self, value, (*around, id(whole)))

    def read_map(self, members: Mapping[Any, Any], around: tuple[int, ...]) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key, member in members.items():
            name = self._key(key)
            if name in result:
                raise self._refused(f"two of its keys are {name!r:.60} as a value")
            self._path.append((name,))
            result[name] = self.value(member, around)
            self._path.pop()
        return result

    def read_named(self, value: Any, around: tuple[int, ...]) -> dict[Any, Any]:
        return self.read_map({name: getattr(value, name) for name in type(value)._fields}, around)

    def read_list(self, value: Any, around: tuple[int, ...]) -> list[Any]:
        result = []
        for index, member in enumerate(value):
            self._path.append(index)
            result.append(self.value(member, around))
            self._path.pop()
        return result

    def draw(self, value: Iterator[Any], around: tuple[int, ...]) -> list[Any]:
        result = self.read_list(islice(value, MAX_DRAWN + 1), around)
        if len(result) > MAX_DRAWN:
            raise self._refused(f"the iterator gives more than {MAX_DRAWN} items")
        return result

    def read_set(self, value: Set[Any], around: tuple[int, ...]) -> list[Any]:
        return sorted(self.read_list(value, around), key=_rank)

    def _scalar(self, value: Any, around: tuple[int, ...]) -> Any:
        if isinstance(value, Enum):
            return self.value(value.value, around)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, int):
            return int.__int__(value)
        if isinstance(value, float):
            return self._number(float.__float__(value))
        if isinstance(value, Decimal):
            return self._number(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        if hasattr(type(value), "__dataclass_fields__"):
            return self._container(_Fields(value), around)
        return self._text(self._in_words(value))

    def _in_words(self, value: Any) -> str:
        """The text of a value whose module somebody has loaded: otherwise there is no such value."""
        for module, write in _WORDS:
            if module in sys.modules and (text := write(value)):
                if _is_naive(value) and not self._lenient:
                    raise self._refused(
                        "a datetime without a time zone is no moment: use datetime.now(UTC) or .replace(tzinfo=UTC),"
                        " or return the text that is meant"
                    )
                return text
        raise self._refused(f"{_type_name(value)} is no value: return text, a number, bytes, a list or a map of it")

    def _number(self, value: Any) -> Any:
        if not self._lenient and not is_finite(value):
            raise self._refused(f"{not_finite(value)} is no number that other systems take: use None or a text")
        return value

    def _text(self, text: str) -> str:
        if is_whole(text):
            return text
        self._warnings.append(f"{self._whole_path() or 'the value'}: {_REPLACED}")
        return mended(text)

    def _key(self, key: Any) -> Any:
        """A key as text, an integer of 64 bits or a boolean, which are the keys that CEL knows."""
        if type(key) is str and key.isascii():
            return key
        if key is None:
            return "null"  # as JSON libraries have it, and release 0.1 had
        name = key if isinstance(key, bool | tuple | frozenset) else self._scalar(key, ())
        if isinstance(name, str | bool) or (isinstance(name, int) and -(2**63) <= name < 2**63):
            return name
        shown = f"the key {key!r:.60}" if isinstance(name, int | float | Decimal | bytes | type(None)) else "a key"
        raise self._refused(
            f"{shown} of the type {_type_name(key)}: keys are text (or integers of 64 bits, or booleans)"
        )

    def _refused(self, problem: str) -> UnusableValue:
        return UnusableValue(problem, path=self._whole_path())

    def _whole_path(self) -> str:
        path = self._root
        for part in self._path:
            below = value_paths.item(part) if isinstance(part, int) else value_paths.member(*part)
            path = value_paths.joined(path, below)
        return path


def _form(value: Any) -> Callable[[_Reading, Any, tuple[int, ...]], Any] | None:
    """How a container becomes a list or a map; None for what only looks like one."""
    if type(value) is list:
        return _Reading.read_list
    if isinstance(value, str | bytes | bytearray | memoryview | Enum):
        return None
    if isinstance(value, Mapping):
        return _Reading.read_map
    if isinstance(value, tuple) and hasattr(type(value), "_fields"):
        return _Reading.read_named
    if isinstance(value, Set) and not isinstance(value, MappingView):
        return _Reading.read_set
    if isinstance(value, Iterator):
        return None if hasattr(value, "read") else _Reading.draw  # an open file gives lines, and is no list of them
    return _Reading.read_list


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return 0, value
    if isinstance(value, str):
        return 1, value
    return 2, repr(value)


class _Fields(dict[str, Any]):
    """A dataclass as the map of its fields; `owner` is what has them."""

    def __init__(self, owner: Any) -> None:
        super().__init__({name: getattr(owner, name) for name in _field_names(owner)})
        self.owner = owner


def _field_names(owner: Any) -> list[str]:
    from dataclasses import fields

    return [field.name for field in fields(owner)]


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _time_text(value: Any) -> str:
    import datetime

    if isinstance(value, datetime.datetime):
        return _moment(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        micros = value // datetime.timedelta(microseconds=1)
        return (
            f"{number_text(Decimal(micros).scaleb(-6).normalize())}s"
            if micros % 1_000_000
            else f"{micros // 1_000_000}s"
        )
    return ""


def _is_naive(value: Any) -> bool:
    from datetime import datetime

    return isinstance(value, datetime) and value.utcoffset() is None


def _moment(value: "datetime") -> str:
    from datetime import UTC, timedelta

    if (value.utcoffset() or timedelta()) % timedelta(minutes=1):  # RFC 3339 knows no seconds of an offset
        value = value.astimezone(UTC)
    return value.isoformat().replace("+00:00", "Z")


def _uuid_text(value: Any) -> str:
    import uuid

    return str(value) if isinstance(value, uuid.UUID) else ""


def _path_text(value: Any) -> str:
    import pathlib

    return str(value) if isinstance(value, pathlib.PurePath) else ""


_WORDS: Final = (("datetime", _time_text), ("uuid", _uuid_text), ("pathlib", _path_text))
