"""`Content-Encoding`: what a body was compressed with is undone piece by piece, so that no bomb takes more than its limit.

Every stage of several encodings in a row is bounded, in bytes and in the members or frames that it is made of.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from penstock_core.errors import BodyError, BodyTooLarge, UnknownEncoding

ACCEPTED: Final = "gzip, deflate, br, zstd"
"""What is understood, as `Accept-Encoding` says it (RFC 9110, 15.5.16)."""
MAX_ENCODINGS: Final = 3
"""In a row."""
MAX_MEMBERS: Final = 10_000
"""Members of gzip, or frames of zstd, in one body."""
PIECE: Final = 64 * 1024
_SLICE: Final = 4 * 1024
"""Bytes that are handed on at a time: what is left of them is copied for each member and each piece of output."""
_ZSTD_SLICE: Final = 64
"""As above: a few bytes of zstd may stand for a block of 128 KiB, and there is no way to ask for less of it."""
_ZSTD_WINDOW: Final = 8 * 1024 * 1024
"""Bytes that a frame may look back (RFC 8878 asks for as much)."""

Pieces = Iterator[bytes]


def encodings(headers: Iterable[str]) -> tuple[str, ...]:
    """The encodings of `Content-Encoding`'s values, in the order in which they were applied, without identity.

    Raises UnknownEncoding for what is not understood, and for more than `MAX_ENCODINGS` of them.
    """
    names = [name.strip().lower() for header in headers for name in header.split(",")]
    applied = tuple(_ALIASES.get(name, name) for name in names if name not in ("", "identity"))
    for name in applied:
        if name not in _STAGES:
            raise UnknownEncoding(f"the Content-Encoding `{name[:40]}` is not understood: {ACCEPTED} are")
    if len(applied) > MAX_ENCODINGS:
        raise UnknownEncoding(
            f"the body is encoded {len(applied)} times, and {MAX_ENCODINGS} is the most: send it plain"
        )
    return applied


def decoded(raw: bytes, applied: Sequence[str], *, limit: int) -> bytes:
    """A body without its encodings (see `encodings`), of `limit` bytes at most after each of them.

    Raises BodyError for what is malformed or ends too early, BodyTooLarge as soon as there is too much.
    """
    pieces: Pieces = (raw[at : at + _SLICE] for at in range(0, len(raw), _SLICE))
    for name in reversed(applied):
        pieces = _bounded(_STAGES[name](pieces), limit)
    whole = bytearray()
    for piece in pieces:
        whole += piece
    return bytes(whole)


def _bounded(pieces: Pieces, limit: int) -> Pieces:
    """The same pieces, in slices, as long as there are not too many of them."""
    seen = 0
    for piece in pieces:
        seen += len(piece)
        if seen > limit:
            raise BodyTooLarge(f"the body is larger than {limit} bytes when it is decoded")
        yield from (piece[at : at + _SLICE] for at in range(0, len(piece), _SLICE))


def _gzip(pieces: Pieces) -> Pieces:
    return _members(pieces, lambda: _Inflating(zlib.MAX_WBITS | 16), "gzip")


def _deflate(pieces: Pieces) -> Pieces:
    """With zlib's header, as HTTP has it, or without, as some send it: the header says so itself."""
    begin = b""
    for piece in pieces:
        begin += piece
        if len(begin) > 1:
            break
    is_zlib = len(begin) > 1 and begin[0] & 0x0F == zlib.DEFLATED and (begin[0] << 8 | begin[1]) % 31 == 0
    window = zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
    return _members(_before(begin, pieces), lambda: _Inflating(window), "deflate", most=1)


def _zstd(pieces: Pieces) -> Pieces:
    import zstandard

    made = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    small = (piece[at : at + _ZSTD_SLICE] for piece in pieces for at in range(0, len(piece), _ZSTD_SLICE))
    try:
        yield from _members(small, lambda: _Frame(made.decompressobj()), "zstd")
    except zstandard.ZstdError as exc:
        raise _malformed("zstd", str(exc)) from exc


def _br(pieces: Pieces) -> Pieces:
    try:
        import brotli
    except ImportError as exc:  # the runner's image is without: it never asks for it
        raise UnknownEncoding("the encoding br is not understood here: ask for gzip, deflate or zstd") from exc

    stream = brotli.Decompressor()
    try:
        for piece in pieces:
            if stream.is_finished():
                raise _malformed("br", "something follows its end")
            yield stream.process(piece, output_buffer_limit=PIECE)
            while not stream.can_accept_more_data():
                yield stream.process(b"", output_buffer_limit=PIECE)
        while not stream.is_finished() and (rest := stream.process(b"", output_buffer_limit=PIECE)):
            yield rest
    except brotli.error as exc:
        raise _malformed("br", "its bytes are none of it") from exc
    if not stream.is_finished():
        raise _malformed("br", "it ends too early")


class _Inflating:
    """A member of gzip or deflate."""

    def __init__(self, window: int) -> None:
        self._stream = zlib.decompressobj(window)

    def feed(self, data: bytes) -> Pieces:
        while True:
            try:
                piece = self._stream.decompress(data, PIECE)
            except zlib.error as exc:
                raise _malformed("gzip or deflate", str(exc)) from exc
            yield piece
            data = self._stream.unconsumed_tail
            if self._stream.eof or not (data or len(piece) == PIECE):
                return

    @property
    def rest(self) -> bytes | None:
        """What follows its end, None before it."""
        return self._stream.unused_data if self._stream.eof else None


class _Frame:
    """A frame of zstd."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def feed(self, data: bytes) -> Pieces:
        yield self._stream.decompress(data)

    @property
    def rest(self) -> bytes | None:
        """As above."""
        return self._stream.unused_data if self._stream.eof else None


def _members(pieces: Pieces, begin: Callable[[], _Inflating | _Frame], name: str, *, most: int = MAX_MEMBERS) -> Pieces:
    """The content of members that follow one another; zeros may fill up the end."""
    member: _Inflating | _Frame | None = None
    count = 0
    for piece in pieces:
        rest: bytes | None = piece
        while rest:
            if member is None:
                rest = rest.lstrip(b"\x00") if count else rest
                if not rest:
                    break
                count += 1
                if count > most:
                    raise _malformed(
                        name, f"it has more than {most} members" if most > 1 else "something follows its end"
                    )
                member = begin()
            yield from member.feed(rest)
            rest = member.rest
            member = member if rest is None else None
    if member is not None or not count:
        raise _malformed(name, "it ends too early")


def _before(begin: bytes, pieces: Pieces) -> Pieces:
    yield begin
    yield from pieces


def _malformed(name: str, problem: str) -> BodyError:
    return BodyError(f"the body is not {name}, as its Content-Encoding says: {problem}")


_STAGES: Final[dict[str, Callable[[Pieces], Pieces]]] = {"gzip": _gzip, "deflate": _deflate, "br": _br, "zstd": _zstd}
_ALIASES: Final = {"x-gzip": "gzip"}
