"""What bytes become when one encoding in them is undone, and where each stretch of that stood before.

Escapes stand for single characters (JSON, percent, HTML, Latin-1 for UTF-8); runs hold whole texts (base64, hexadecimal),
at any alignment. Each reads in time that grows with the length alone; only where something was found is it located.
"""

import binascii
import re
import string
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, Protocol

Stretch = tuple[int, int]


class Undoing(Protocol):
    """One encoding."""

    def read(self, data: bytes) -> bytes:
        """What `data` becomes; empty where the encoding does not occur in it."""

    def located(self, data: bytes, found: Iterable[Stretch]) -> list[Stretch]:
        """Where the stretches of what it becomes stand in `data`."""


def undoings(alphabet: frozenset[int]) -> list[Undoing]:
    """All of them, for secrets with these bytes."""
    found: list[Undoing] = [
        Escapes((b"%",), rb"%([0-9A-Fa-f]{2})", lambda match: bytes.fromhex(match[1].decode())),
        Escapes((b"\\",), _JSON, _json),
        Escapes((b"&",), _HTML, _html),
    ]
    if any(byte >= 0x80 for byte in alphabet):
        alphabet |= {0xC2, 0xC3, *range(0x80, 0xC0)}  # what Latin-1 makes of them
        found += (
            Escapes((b"\\x",), _JSON, _shown_bytes),
            Escapes((b"\xc2", b"\xc3"), rb"[\xc2\xc3][\x80-\xbf]", lambda match: match[0].decode().encode("latin-1")),
        )
    return [*found, Runs(_BASE64, alphabet), Runs(_HEXADECIMAL, alphabet)]


class Escapes:
    """Single characters are spelt otherwise; one of `signs` is in every such text."""

    def __init__(self, signs: tuple[bytes, ...], pattern: bytes, replace: Callable[[re.Match[bytes]], bytes]) -> None:
        self._signs = signs
        self._pattern = re.compile(pattern)
        self._replace = replace

    def read(self, data: bytes) -> bytes:
        """What `data` becomes; empty where nothing is escaped."""
        if not any(sign in data for sign in self._signs):
            return b""
        read = self._pattern.sub(self._replace, data)
        return read if read != data else b""

    def located(self, data: bytes, found: Iterable[Stretch]) -> list[Stretch]:
        """An escape belongs to a stretch as a whole."""
        pieces = list(self._pieces(data))
        starts = [piece.at for piece in pieces]

        def piece_of(at: int) -> _Piece:
            return pieces[bisect_right(starts, at) - 1]

        return [(piece_of(first).first(first), piece_of(end - 1).end(end)) for first, end in found]

    def _pieces(self, data: bytes) -> "Iterator[_Piece]":
        at = before = 0
        for match in self._pattern.finditer(data):
            plain, text = match.start() - before, self._replace(match)
            if plain:
                yield _Piece(at, before, 0)
            if text:
                yield _Piece(at + plain, match.start(), match.end())
            at, before = at + plain + len(text), match.end()
        yield _Piece(at, before, 0)


class _Piece(NamedTuple):
    """Text from `at` on stands at `start`; as it is where `escaped` is 0, else in one escape that ends there."""

    at: int
    start: int
    escaped: int

    def first(self, at: int) -> int:
        return self.start if self.escaped else self.start + at - self.at

    def end(self, at: int) -> int:
        return self.escaped or self.start + at - self.at


_JSON: Final = (
    rb"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})"
    rb"|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\x([0-9A-Fa-f]{2})|\\([\"'/\\bfnrt])"
)
"""JSON, and what Python and others show beside it."""
_PLAIN: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def _json(match: re.Match[bytes]) -> bytes:
    """As where a text was shown."""
    high, low, four, eight, byte, plain = match.groups()
    if plain is not None:
        return _PLAIN.get(plain, plain)
    if high is not None:
        code = 0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF)
    else:
        code = int(four or eight or byte, 16)
    return chr(code).encode(errors="surrogatepass") if code <= 0x10FFFF else match[0]


def _shown_bytes(match: re.Match[bytes]) -> bytes:
    """As where bytes were shown: `\\xc3\\xb6` is one character in UTF-8, where in a text it would be two."""
    return bytes.fromhex(match[5].decode()) if match[5] else _json(match)


_HTML: Final = rb"&#([0-9]{1,7});?|&#[xX]([0-9A-Fa-f]{1,6});?|&[A-Za-z][A-Za-z0-9]{1,31};?"


def _html(match: re.Match[bytes]) -> bytes:
    """Numbers are code points, as XML has it: what writes `&#128;` for a euro sign writes no such number for anything else."""
    decimal, hexadecimal = match.groups()
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(code).encode(errors="surrogatepass") if code <= 0x10FFFF else match[0]
    import html  # its table of names takes a millisecond

    return html.unescape(match[0].decode()).encode()


class _Notation(NamedTuple):
    """How bytes are written as text: `characters` of the alphabet hold `size` bytes."""

    members: "_Members"
    least: int
    """Characters of a text that is looked at."""
    characters: int
    size: int
    decode: Callable[[bytes], bytes]
    zero: bytes
    """What fills up the last characters."""


class _Members:
    """Stretches of bytes that all are of one set, found at the speed of a plain search."""

    def __init__(self, members: Iterable[int]) -> None:
        known = frozenset(members)
        self._table = bytes(int(byte in known) for byte in range(256))

    def stretches(self, data: bytes, *, least: int) -> Iterator[Stretch]:
        """Those of at least so many bytes, in order."""
        marks, whole = data.translate(self._table), b"\1" * least
        first = marks.find(whole)
        while first >= 0:
            end = marks.find(b"\0", first + least)
            end = len(data) if end < 0 else end
            yield first, end
            first = marks.find(whole, end)


_ALPHANUMERIC: Final = string.ascii_letters + string.digits
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_BASE64: Final = _Notation(
    members=_Members((_ALPHANUMERIC + "+/-_").encode()),
    least=8,
    characters=4,
    size=3,
    decode=lambda text: binascii.a2b_base64(text.translate(_URL_SAFE)),
    zero=b"A",
)
_HEXADECIMAL: Final = _Notation(
    members=_Members(string.hexdigits.encode()),
    least=12,
    characters=2,
    size=1,
    decode=binascii.unhexlify,
    zero=b"0",
)
_LINE: Final = re.compile(rb"\r?\n[ \t]*([A-Za-z0-9+/_-]+)")
"""MIME and PEM break base64 into lines."""
_MIN_TEXT: Final = 6
"""Bytes of a decoded text that are looked at: no secret is shorter."""
_REST_OF_WORD: Final = re.compile(rb"[A-Za-z0-9]*=*")


class Runs:
    """Whole texts are written in a few characters. Where they begin is not known: every alignment is decoded.

    Of what comes out only stretches that could be text count, which leaves next to nothing of what never was encoded.
    """

    def __init__(self, notation: _Notation, alphabet: frozenset[int]) -> None:
        self._notation = notation
        self._text = _Members({*alphabet, *b"\t\n\r", *range(0x20, 0x7F)})

    def read(self, data: bytes) -> bytes:
        """The texts of all alignments, apart from one another."""
        joined = b"".join([data[first:end] for first, end in self._parts(data)])
        return b"\0".join(
            [
                decoded[first:end]
                for decoded in self._decoded(joined)
                for first, end in self._text.stretches(decoded, least=_MIN_TEXT)
            ]
        )

    def located(self, data: bytes, found: Iterable[Stretch]) -> list[Stretch]:
        """All characters that hold a bit of a stretch, and the rest of the words that they are in."""
        parts = list(self._parts(data))
        joined = b"".join([data[first:end] for first, end in parts])
        places = _Places(parts)
        return [_word(data, *places.of(*written)) for written in self._written(joined, found)]

    def _parts(self, data: bytes) -> Iterator[Stretch]:
        """Where something may be written, without the breaks between lines."""
        done = 0
        for first, end in self._notation.members.stretches(data, least=self._notation.least):
            if first < done:
                continue
            yield first, end
            done = end
            while data[done : done + 1] in (b"\r", b"\n") and (line := _LINE.match(data, done)):
                yield line.span(1)
                done = line.end()

    def _decoded(self, joined: bytes) -> Iterator[bytes]:
        if not joined:
            return
        notation = self._notation
        for alignment in range(notation.characters):
            whole = joined[alignment:]
            yield notation.decode(whole + notation.zero * (-len(whole) % notation.characters))

    def _written(self, joined: bytes, found: Iterable[Stretch]) -> Iterator[Stretch]:
        """The stretches in the joined parts, from those in what `read` gives of them."""
        size, characters = self._notation.size, self._notation.characters
        texts, starts, at = [], [], 0
        for alignment, decoded in enumerate(self._decoded(joined)):
            for first, end in self._text.stretches(decoded, least=_MIN_TEXT):
                texts.append((alignment, first))
                starts.append(at)
                at += end - first + 1
        for first, end in found:
            number = bisect_right(starts, first) - 1
            alignment, begins = texts[number]
            start, stop = begins + first - starts[number], begins + end - starts[number]
            yield alignment + start * characters // size, min(len(joined), alignment - (-stop * characters // size))


class _Places:
    """Where the characters of joined parts stand."""

    def __init__(self, parts: list[Stretch]) -> None:
        self._parts = parts
        self._starts: list[int] = []
        at = 0
        for first, end in parts:
            self._starts.append(at)
            at += end - first

    def of(self, first: int, end: int) -> Stretch:
        return self._place(first), self._place(end - 1) + 1

    def _place(self, at: int) -> int:
        number = bisect_right(self._starts, at) - 1
        return self._parts[number][0] + at - self._starts[number]


def _word(data: bytes, first: int, end: int) -> Stretch:
    """The stretch with the rest of its first and its last word."""
    while first and data[first - 1 : first].isalnum():
        first -= 1
    rest = _REST_OF_WORD.match(data, end)
    return first, rest.end() if rest else end
