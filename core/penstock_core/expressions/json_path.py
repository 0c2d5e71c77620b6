"""JSONPath (RFC 9535) for `extract`; whoever needs it imports it there, for the library takes 0.1 s.

Its functions `match` and `search` have another engine than the library's, which one pattern could stop for ever.
"""

import functools
from collections.abc import Callable
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.function_extensions import Match

from penstock_core.errors import ExpressionError
from penstock_core.expressions import patterns


class _Regex(Match):
    """One of the two functions; the types of its arguments and of its answer are the library's."""

    def __init__(self, found: Callable[[str, str], bool]) -> None:
        super().__init__()
        self._found = found

    def __call__(self, value: object, pattern: object) -> bool:
        """False for what is no text and, as RFC 9535 says, for a pattern that is none."""
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        try:
            return self._found(pattern, value)
        except ExpressionError:
            return False


@functools.cache
def environment() -> JSONPathEnvironment:
    """What compiles paths."""
    made = JSONPathEnvironment(strict=True)
    made.function_extensions |= {"match": _Regex(patterns.matches), "search": _Regex(patterns.found_in)}
    return made


def is_singular(query: Any) -> bool:
    """Whether a compiled path gives one value at most by its form: names and indexes alone (RFC 9535, 2.3.5.1)."""
    return isinstance(query, JSONPath) and query.singular_query()
