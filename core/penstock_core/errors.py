"""The exceptions of the core, as a tree:

PenstockError
├── InvalidInput            what a user wrote cannot be used; the message says where and what to do
│   ├── ExpressionError     a CEL expression or a template
│   ├── BodyError           a request body that does not parse
│   │   ├── BodyTooLarge    it becomes too large when it is decoded
│   │   └── UnknownEncoding its Content-Encoding is not understood
│   └── UnusableValue       a value that cannot be what it is where it is to go
├── SettingsError           the environment does not say what the chart should have said
├── StoreError
│   ├── StoreUnavailable    the database is away or overloaded; worth another try
│   │   └── StoreContended  a lock was not to be had in time, or what a statement needs takes too long
│   ├── StoreRefused        the database refuses what a runner sent: a defect, or no runner
│   ├── TooLarge            a stored value is larger than may be read at once
│   └── LeaseLost           another runner has claimed the execution since
└── ClusterError            the Kubernetes API refused or is away
    ├── Conflict            the object exists already or has changed since (409)
    ├── NotFound            404
    ├── AnswerTooLarge      more than is read at once: ask for less
    └── ClusterUnavailable  no answer, 429 or 5xx; worth another try
"""

from collections.abc import Callable
from typing import Any, Final

_MAX_PATH: Final = 300
"""Characters of a path that a message shows."""


class PenstockError(Exception):
    """Base of everything that Penstock raises on purpose."""


class InvalidInput(PenstockError):
    """What a user wrote cannot be used; the message names the field, the problem and the remedy."""


class ExpressionError(InvalidInput):
    """An expression does not compile or evaluate; `line` and `column` count from 1, 0 where unknown."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column

    def told(self, mask: Callable[[Any], Any]) -> str:
        """The message for a record; one that quotes values has them masked."""
        del mask
        return str(self)


class BodyError(InvalidInput):
    """A request body that does not parse; `line` and `column` count from 1, 0 where unknown."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class UnusableValue(InvalidInput):
    """A value cannot be used where it is to go; `path` says where in the whole it stands (`rows[3].x`, "" the whole)."""

    def __init__(self, problem: str, *, path: str = "") -> None:
        shown = path if len(path) <= _MAX_PATH else f"{path[:_MAX_PATH]}…"
        super().__init__(f"{shown}: {problem}" if path else problem)
        self.problem = problem
        self.path = path

    def inside(self, path: str) -> "UnusableValue":
        """The same of the whole in which the value stands at `path`."""
        from penstock_core.value_paths import joined  # only where something is wrong

        return type(self)(self.problem, path=joined(path, self.path))


class BodyTooLarge(BodyError):
    """A body that becomes too large when its Content-Encoding is undone."""


class UnknownEncoding(BodyError):
    """A body whose Content-Encoding is not understood."""


class SettingsError(PenstockError):
    """The environment does not say what the chart should have said; the message names every variable that is wrong."""


class StoreError(PenstockError):
    """Something about the database."""


class StoreUnavailable(StoreError):
    """The database is away, overloaded or has no disk left; worth another try."""


class StoreContended(StoreUnavailable):
    """A lock was not to be had in time, or the rows took longer than a statement may: it concerns what this one needs alone."""


class StoreRefused(StoreError):
    """A function of the database refuses what it was given: a namespace, a number, a word that no runner sends."""


class TooLarge(StoreError):
    """A stored value is larger than may be read at once."""


class LeaseLost(StoreError):
    """Another runner has claimed the execution since; nothing more may be written."""


class ClusterError(PenstockError):
    """The Kubernetes API refused; `status` is its HTTP code, 0 where there was no answer."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Conflict(ClusterError):
    """The object exists already, or has changed since it was read."""


class NotFound(ClusterError):
    """There is no such object."""


class AnswerTooLarge(ClusterError):
    """The Kubernetes API's answer is larger than is read at once: who asked for many objects asks for fewer."""


class ClusterUnavailable(ClusterError):
    """No answer, or an answer that asks for patience; worth another try."""
