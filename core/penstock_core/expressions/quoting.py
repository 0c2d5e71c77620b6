"""How a message quotes: what somebody wrote between backticks, a value as JSON, and never as Python writes it.

A value of the flow is masked before it is shortened, for a part of a secret is one that no masker knows.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from penstock_core.errors import ExpressionError

MAX_QUOTED: Final = 80
"""Characters of a quoted value."""
MAX_NAMES: Final = 12
"""Names of a list of them."""
Mask = Callable[[Any], Any]


class Value(NamedTuple):
    """A value of the flow in a message."""

    value: Any


class Names(NamedTuple):
    """Names in a message that the data made up."""

    names: Sequence[str]


class Guarded(NamedTuple):
    """Words that may quote a part of these values: they are left out where one of them holds what is masked."""

    text: str
    values: Sequence[Any]


Piece = str | Value | Names | Guarded


class AboutValues(ExpressionError):
    """What went wrong with values that the message quotes; `told(mask)` is the message with them masked."""

    def __init__(self, pieces: Iterable[Piece], *, line: int = 0, column: int = 0) -> None:
        self.pieces = tuple(pieces)
        super().__init__(self.told(lambda value: value), line=line, column=column)

    def told(self, mask: Mask) -> str:
        """The message as somebody may read it."""
        return "".join(_shown(piece, mask) for piece in self.pieces)


def _shown(piece: Piece, mask: Mask) -> str:
    if isinstance(piece, Names):
        return listed([shortened(str(mask(name))) for name in piece.names[:MAX_NAMES]], of=len(piece.names))
    if isinstance(piece, Guarded):
        holds_secret = any(mask(value) != value for value in piece.values)
        return "what was wrong is not shown, for a value holds a connection's secret" if holds_secret else piece.text
    return piece if isinstance(piece, str) else quoted(mask(piece.value))


def quoted(value: Any) -> str:
    """A value, shortened: as JSON, and what JSON does not have as its sort."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    import json  # only where something is wrong

    try:
        return shortened(json.dumps(value, ensure_ascii=False, default=str), of="characters")
    except (ValueError, RecursionError):
        return "a value that is nested too deeply to be shown"


def shortened(text: str, *, of: str = "") -> str:
    """A text's beginning, and how long it is where that is asked for."""
    if len(text) <= MAX_QUOTED:
        return text
    return f"{text[: MAX_QUOTED - 1]}…{f' ({len(text)} {of})' if of else ''}"


def listed(names: Iterable[str], *, of: int = 0) -> str:
    """Names, and how many more there are: of all of them, or of as many as are told."""
    known = list(names)
    count = of or len(known)
    more = f" and {count - MAX_NAMES} more" if count > MAX_NAMES else ""
    return ", ".join(known[:MAX_NAMES]) + more


def near(name: str, known: Iterable[str]) -> list[str]:
    """Up to three names that somebody may have meant, the nearest first; upper and lower case count the same.

    Of dotted names the members are compared that follow what all have in common, as many as each has.
    """
    names = sorted(known)
    root = name.partition(".")[0]
    if all(one.startswith(f"{root}.") for one in names):
        start = len(root) + 1
        return [f"{root}.{one}" for one in near(name[start:], [one[start:] for one in names])] if names else []
    least = _LEAST_RATIO if len(name) > _SHORT else _LEAST_RATIO_OF_SHORT
    ranked = sorted(((_alike(name, one, least), one) for one in names), key=lambda found: (-found[0], found[1]))
    return [one for ratio, one in ranked[:_MOST_NEAR] if ratio >= max(least, ranked[0][0] - _BEHIND_BEST)]


_MOST_NEAR: Final = 3
_SHORT: Final = 2
_LEAST_RATIO: Final = 0.6
_LEAST_RATIO_OF_SHORT: Final = 0.8
_BEHIND_BEST: Final = 0.2


def _alike(name: str, known: str, least: float) -> float:
    """How near a name is to a known one, from 0 to 1."""
    import difflib  # as for json

    written = ".".join(name.split(".")[: known.count(".") + 1])
    matcher = difflib.SequenceMatcher(None, written.lower(), known.lower())
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    return matcher.ratio()


def did_you_mean(names: Iterable[str]) -> str:
    """A question with these names, '' where there are none."""
    marked = [f"`{name}`" for name in names]
    return f"did you mean {' or '.join(marked)}?" if marked else ""
