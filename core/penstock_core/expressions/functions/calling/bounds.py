"""How much functions take and give: of one call by the kind of value, and of all calls of one evaluation together.

The CEL library evaluates without an end that could be set from outside, and holds the interpreter meanwhile.
So what a function does is in proportion to what it reads and makes, and both are counted before it is done.
"""

from collections.abc import Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from time import thread_time
from typing import Any, Final

from penstock_core.expressions.functions.calling.function import FunctionError
from penstock_core.expressions.functions.calling.lent import Lent

MAX_TEXT: Final = 10_000_000
"""Characters of a text, or bytes, that a function takes or gives: as many as a request's body may have."""
MAX_ITEMS: Final = 100_000
"""Items of a list, or members of a map, that a function takes or gives."""
MAX_WORK: Final = 300_000_000
"""Characters and items that all calls of one evaluation may read, and four times make: some seconds."""
MAX_SECONDS: Final = 5
"""Of a processor, for one evaluation that calls functions."""
_ITEM: Final = 64
"""Characters that an item costs beside what it holds."""
_MADE: Final = 4
_SHOWN: Final = 60


class Exhausted(FunctionError):
    """No function does anything more in this evaluation."""


class Evaluation:
    """One evaluation of an expression: its moment, and what its functions may still do."""

    __slots__ = ("_end", "_left", "_moment", "lent", "refusal")

    def __init__(self) -> None:
        self._end = thread_time() + MAX_SECONDS
        self._left = MAX_WORK
        self._moment: datetime | None = None
        self.lent = Lent()
        self.refusal = ""
        """Why it was ended, once it was."""

    @property
    def moment(self) -> datetime:
        """The same however often it is asked for."""
        if self._moment is None:
            self._moment = datetime.now(UTC)
        return self._moment

    def spend(self, work: int) -> None:
        """Pay for something that is about to be done, or was made. Raises `Exhausted`."""
        self._left -= work
        if self._left < 0 or thread_time() > self._end:
            what = "read and make too much" if self._left < 0 else f"take more than {MAX_SECONDS} seconds"
            raise Exhausted(f"the functions of this expression {what} together: use a python step, or forEach")


_evaluation: ContextVar[Evaluation] = ContextVar("evaluation")


@contextmanager
def evaluation() -> Iterator[Evaluation]:
    """What functions are called within, and what they gave is read within."""
    token = _evaluation.set(begun := Evaluation())
    try:
        yield begun
    finally:
        _evaluation.reset(token)
        begun.lent.end()


def present() -> Evaluation:
    """The evaluation that is going on; one of its own for a call outside any."""
    return _evaluation.get(None) or Evaluation()


def measure(value: Any) -> int:
    """Characters, bytes and items of a value. Raises `FunctionError` where one part of it alone is too large."""
    size, waiting = 0, [value]
    while waiting:
        given = waiting.pop()
        size += _ITEM
        if isinstance(given, str | bytes | bytearray):
            size += check_size(given, MAX_TEXT, "characters" if isinstance(given, str) else "bytes")
        elif isinstance(given, list):
            check_size(given, MAX_ITEMS, "items")
            waiting.extend(given)
        elif isinstance(given, dict):
            check_size(given, MAX_ITEMS, "members")
            waiting.extend(given)
            waiting.extend(given.values())
    return size


def check_size(value: Sized, most: int, what: str) -> int:
    """The size; raises `FunctionError` where it is beyond `most`."""
    return check_count(len(value), most, what)


def check_count(count: int, most: int, what: str) -> int:
    """The count; raises `FunctionError` where it is beyond `most`: ask before anything of that size is made."""
    if count > most:
        raise FunctionError(f"{count:,} {what} are too many, {most:,} are the most here: use a python step, or forEach")
    return count


def pay_for_result(value: Any) -> None:
    """Count what was made. Raises `FunctionError`."""
    present().spend(_MADE * measure(value))


def quoted(value: Any) -> str:
    """A value as messages quote it: in one line, its beginning where it is long."""
    import json  # only where something is wrong

    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str | bytes) else ""
    if isinstance(value, str | bytes):
        head = value[:_SHOWN] if isinstance(value, str) else value[:_SHOWN].decode("utf-8", "replace")
        text = json.dumps(head, ensure_ascii=not head.isprintable())
        return text if len(value) <= _SHOWN else f'{text[:-1]}…" ({len(value):,} long)'
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
