"""What the CEL library was lent and does not give back: its reference to each argument and each result of a function.

It makes new objects for what a function takes, copies what one gives, and keeps a reference to either for ever (release
0.1.3). A runner that calls `jsonEncode` for each of a thousand orders would keep all of their texts.
So what holds others is emptied when the evaluation is over, and from a long result the reference is taken away.
Of a long text that a function takes, the library keeps the tuple that it stood in, which nobody else can reach.
"""

import sys
from typing import Any, Final

LONG: Final = 2_048
"""Characters from which on a text is worth it: a library is loaded for it, in 4 ms."""
_KNOWN: Final = 3
"""References to an object in `_give_back` itself: its list's, its variable's, and the argument of what counts them."""


class Lent:
    """Objects of one evaluation."""

    __slots__ = ("_containers", "_texts")

    def __init__(self) -> None:
        self._containers: list[Any] = []
        self._texts: dict[int, list[str]] = {}

    def take(self, value: Any) -> None:
        """Note an argument."""
        if isinstance(value, list | dict | bytearray):
            self._containers.append(value)

    def give(self, value: Any) -> None:
        """Note a result, once for each time that it is given."""
        if isinstance(value, str) and len(value) >= LONG:
            self._texts.setdefault(id(value), []).append(value)
        else:
            self.take(value)

    def end(self) -> None:
        """Give back everything; nothing of it may be used by the library any more."""
        for one in self._containers:
            one.clear()
        self._containers.clear()
        while self._texts:
            _, texts = self._texts.popitem()
            _take_away(texts)


def _take_away(texts: list[str]) -> None:
    """Take one reference for each time that the text was lent, unless the library has given any back."""
    text, times = texts[0], len(texts)
    del texts[1:]
    if sys.getrefcount(text) - _KNOWN >= times:
        from ctypes import py_object, pythonapi

        for _ in range(times):
            pythonapi.Py_DecRef(py_object(text))
