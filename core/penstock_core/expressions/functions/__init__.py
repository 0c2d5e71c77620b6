"""The functions that expressions may call: one table, by topic.

The compiler declares from it what an expression calls, the reference is written from it, and so is what is meant by a misspelt name.
A topic's module is loaded when an expression calls one of its functions.
"""

import functools
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from penstock_core.expressions.functions.calling.function import Function, FunctionError, Signature

__all__ = [
    "TOPICS",
    "Function",
    "FunctionError",
    "Signature",
    "all_ours",
    "find",
    "is_ours",
    "names",
    "table",
    "written",
]

TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "lists": (
        "sort", "sortBy", "distinct", "flatten", "sum", "min", "max", "slice", "reverse", "lists.range",
    ),
    "sets": ("sets.contains", "sets.equivalent", "sets.intersects"),
    "maps": ("keys", "values", "merge"),
    "texts": (
        "text.trim", "text.lower", "text.upper", "text.title", "text.padLeft", "text.padRight", "text.truncate",
    ),
    "regex": ("regex.extract", "regex.extractAll", "regex.replace"),
    "encoding": ("jsonEncode", "jsonDecode", "hex.encode", "hex.decode", "urlEncode", "urlDecode", "xmlEscape"),
    "digests": ("sha256", "sha512", "sha1", "md5", "hmac", "uuid"),
    "documents": ("csv.parse", "csv.rows", "xml.parse"),
    "dates": ("now", "date.parse", "date.format"),
}  # fmt: skip
"""The modules beside this one, and the names of the functions that each does."""


@functools.cache
def _topic_of() -> Mapping[str, str]:
    return {name: topic for topic, names in TOPICS.items() for name in names}


def is_ours(name: str) -> bool:
    """Whether a name is that of a function that is done in Python."""
    return name in _topic_of()


def all_ours() -> tuple[str, ...]:
    """The names of all functions that are done in Python."""
    return tuple(_topic_of())


def find(name: str) -> "Function | None":
    """A function that is done in Python, by its name as it is written; None where there is none."""
    topic = _topic_of().get(name)
    return next(function for function in _module(topic) if function.name == name) if topic else None


def table() -> "dict[str, tuple[Function, ...]]":
    """Every function by topic, those of the CEL library first; a reference is a chapter for each topic."""
    from penstock_core.expressions.functions.native import NATIVE

    found = dict(NATIVE)
    for topic in TOPICS:
        found[topic] = (*found.get(topic, ()), *_module(topic))
    return found


def names() -> tuple[str, ...]:
    """The names of all functions, as they are written."""
    return tuple(sorted({function.name for functions in table().values() for function in functions}))


def written(name: str) -> tuple[str, ...]:
    """Each way in which the function of a name is written, with the types that it takes and gives."""
    return tuple(way for functions in table().values() for one in functions if one.name == name for way in one.written)


def _module(topic: str) -> "tuple[Function, ...]":
    functions: tuple[Function, ...] = import_module(f"{__name__}.{topic}").FUNCTIONS
    return functions
