"""Reads MessagePack value by value, without building anything: a few stored bytes may stand for millions of values.

What a look at a value costs is bounded by the effort that its reader is allowed, not by what the bytes claim.
"""

import struct
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Final


class Kind(Enum):
    """What a value is; in brackets, what `Reader.head` gives with it."""

    CONSTANT = auto()
    """None, True or False (itself)"""
    NUMBER = auto()
    """(the int or float)"""
    TEXT = auto()
    """(bytes of UTF-8 that follow)"""
    BINARY = auto()
    """(bytes that follow)"""
    EXTENSION = auto()
    """(bytes that follow behind the byte of its type)"""
    ARRAY = auto()
    """(values that follow)"""
    MAP = auto()
    """(pairs of values that follow)"""


READ: Final = 20
"""The effort of reading one value, where passing one by is 1: about 2 µs and 0.1 µs."""


class Exhausted(Exception):
    """The reader has spent what it was allowed."""


class Reader:
    """Reads from pieces of MessagePack; ValueError where they are none or end too early."""

    def __init__(self, chunks: Iterator[bytes], *, effort: int) -> None:
        """After so much `effort` (see `READ`) `Exhausted` is raised."""
        self._chunks = chunks
        self._buffer = b""
        self._at = 0
        self._left = effort

    def head(self) -> tuple[Kind, Any]:
        """The beginning of the next value, see `Kind`."""
        if self._left < READ:
            raise Exhausted
        self._left -= READ
        kind, layout, number = _HEADS[self.take(1)[0]]
        if layout is not None:
            (number,) = layout.unpack(self.take(layout.size))
        return kind, number

    def take(self, count: int) -> bytes:
        """The next bytes; keep `count` small."""
        end = self._at + count
        if end > len(self._buffer):
            self._fill(count)
            end = count
        piece = self._buffer[self._at : end]
        self._at = end
        return piece

    def skip(self, count: int) -> None:
        """Pass bytes, however many."""
        while (held := len(self._buffer) - self._at) < count:
            count -= held
            self._buffer, self._at = self._next(), 0
        self._at += count

    def pass_by(self, values: int = 1) -> None:
        """Pass whole values, with all that is inside of them."""
        while values:
            values = self._pass_short(values)
            if values:
                values += self.pass_rest(*self.head()) - 1

    def pass_rest(self, kind: Kind, number: Any) -> int:
        """Pass what belongs to a value besides its head; gives how many values follow inside of it."""
        if kind is Kind.TEXT or kind is Kind.BINARY:
            self.skip(number)
        elif kind is Kind.ARRAY:
            return int(number)
        elif kind is Kind.MAP:
            return 2 * int(number)
        elif kind is Kind.EXTENSION:
            self.skip(number + 1)
        return 0

    def _pass_short(self, values: int) -> int:
        """Pass what the first byte says all about, as far as it is here: most values, and much faster.

        Gives how many are still to be passed.
        """
        buffer, at, end = self._buffer, self._at, len(self._buffer)
        left = self._left
        while values and left and at < end:
            size, inside = _SIZES[buffer[at]]
            if not size or at + size > end:
                break
            at += size
            values += inside - 1
            left -= 1
        self._at, self._left = at, left
        return values

    def _fill(self, count: int) -> None:
        pieces = [self._buffer[self._at :]]
        held = len(pieces[0])
        while held < count:
            pieces.append(self._next())
            held += len(pieces[-1])
        self._buffer, self._at = b"".join(pieces), 0

    def _next(self) -> bytes:
        for piece in self._chunks:
            return piece
        raise ValueError("not a stored value: it ends too early")


_Head = tuple[Kind, struct.Struct | None, Any]
"""Kind, how its number is laid out behind the first byte, else the number itself."""


def _head(first: int) -> _Head:
    """What a first byte says; raises KeyError for the one that MessagePack does not use."""
    if first < 0x80:
        return Kind.NUMBER, None, first
    if first < 0xC0:
        kind, mask = _SHORT[first >> 4]
        return kind, None, first & mask
    if first >= 0xE0:
        return Kind.NUMBER, None, first - 0x100
    return _LONG[first]


_SHORT: Final = {
    0x8: (Kind.MAP, 0x0F),
    0x9: (Kind.ARRAY, 0x0F),
    0xA: (Kind.TEXT, 0x1F),
    0xB: (Kind.TEXT, 0x1F),
}


def _long(first: int, kind: Kind, layouts: str) -> dict[int, _Head]:
    """Kinds whose number follows, in ever longer layouts."""
    return {first + at: (kind, struct.Struct(">" + layout), None) for at, layout in enumerate(layouts)}


_LONG: Final[dict[int, _Head]] = {
    0xC0: (Kind.CONSTANT, None, None),
    0xC2: (Kind.CONSTANT, None, False),
    0xC3: (Kind.CONSTANT, None, True),
    **_long(0xC4, Kind.BINARY, "BHI"),
    **_long(0xC7, Kind.EXTENSION, "BHI"),
    **_long(0xCA, Kind.NUMBER, "fdBHIQbhiq"),
    **{0xD4 + power: (Kind.EXTENSION, None, 1 << power) for power in range(5)},
    **_long(0xD9, Kind.TEXT, "BHI"),
    **_long(0xDC, Kind.ARRAY, "HI"),
    **_long(0xDE, Kind.MAP, "HI"),
}


class _Heads(dict[int, _Head]):
    """By first byte."""

    def __missing__(self, first: int) -> _Head:
        raise ValueError(f"not a stored value: {first:#04x} begins no MessagePack")


_HEADS: Final = _Heads({first: _head(first) for first in range(256) if first != 0xC1})


def _size(first: int) -> tuple[int, int]:
    """Bytes of a value whose first byte says that, without the values inside of it, and how many those are; else 0."""
    if first == 0xC1:
        return 0, 0
    kind, layout, number = _HEADS[first]
    match kind:
        case Kind.NUMBER | Kind.CONSTANT:
            return 1 + (layout.size if layout else 0), 0
        case _ if layout is not None:
            return 0, 0
        case Kind.ARRAY:
            return 1, number
        case Kind.MAP:
            return 1, 2 * number
        case Kind.TEXT:
            return 1 + number, 0
    return 2 + number, 0


_SIZES: Final = tuple(_size(first) for first in range(256))
