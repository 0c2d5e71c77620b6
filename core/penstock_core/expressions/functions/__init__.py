"""The functions that expressions may call: one table, by topic.

The compiler declares from it what an expression calls, the reference is written from it, and so is what is meant by a misspelt name.
A topic's module is loaded when an expression calls one of its functions.
"""

import functools
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from penstock_core.expressions.functions.function import Function, FunctionError, Signature

__all__ = ["TOPICS", "Function", "FunctionError", "Signature", "find", "is_ours", "names", "table"]

TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "lists": (
        "sort", "sortBy", "distinct", "flatten", "sum", "min", "max", "slice", "reverse", "lists.range",
    ),
    "sets": ("sets.contains", "sets.equivalent", "sets.intersects"),
}  # fmt: skip
"""The modules beside this one, and the names of the functions that each does."""


@functools.cache
def _topic_of() -> Mapping[str, str]:
    return {name: topic for topic, names in TOPICS.items() for name in names}


def is_ours(name: str) -> bool:
    """Whether a name is that of a function that is done in Python."""
    return name in _topic_of()


def find(name: str) -> Function | None:
    """A function that is done in Python, by its name as it is written; None where there is none."""
    topic = _topic_of().get(name)
    return next(function for function in _module(topic) if function.name == name) if topic else None


def table() -> dict[str, tuple[Function, ...]]:
    """Every function by topic, those of the CEL library first; a reference is a chapter for each topic."""
    from penstock_core.expressions.functions.native import NATIVE

    found = dict(NATIVE)
    for topic in TOPICS:
        found[topic] = (*found.get(topic, ()), *_module(topic))
    return found


def names() -> tuple[str, ...]:
    """The names of all functions, as they are written."""
    return tuple(sorted({function.name for functions in table().values() for function in functions}))


def _module(topic: str) -> tuple[Function, ...]:
    functions: tuple[Function, ...] = import_module(f"{__name__}.{topic}").FUNCTIONS
    return functions
