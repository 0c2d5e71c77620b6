"""Stored bytes: a header, then MessagePack, compressed where it is large."""

from collections.abc import Iterator
from typing import Final, NamedTuple

PLAIN: Final = 0x01
ZSTD: Final = 0x02
TRUNCATED: Final = 0x80
COMPRESS_ABOVE: Final = 4096
"""Bytes of MessagePack from which compression pays."""
MAX_UNPACKED: Final = 512 * 1024 * 1024
"""Bytes that a compressed value may unfold to: rows are written by tenants, and a frame can claim any size."""
CHUNK: Final = 64 * 1024
_WINDOW: Final = 8 * 1024 * 1024
"""Bytes that unfolding piece by piece may look back; our own frames need two MiB, and a frame can claim any."""


class Stored(NamedTuple):
    """What the header of stored bytes says: `size` is the true size where the value was cut, else None."""

    truncated: bool
    size: int | None


def message_of(data: bytes) -> bytes:
    """The MessagePack inside `data`, without header and compression."""
    kind, body = _split(data)
    return _decompress(bytes(body)) if kind == ZSTD else bytes(body)


def chunks(data: bytes, *, size: int = CHUNK) -> Iterator[bytes]:
    """As `message_of`, in pieces of at most `size` bytes and in memory that does not grow with the message.

    Raises ValueError where the bytes are not ours, which may turn out in the middle.
    """
    kind, body = _split(data)
    if kind == ZSTD:
        yield from _unfold(body, size)
    else:
        yield from (bytes(body[at : at + size]) for at in range(0, len(body), size))


def stored(data: bytes) -> Stored:
    """What the header says, without unpacking."""
    if data and data[0] & TRUNCATED:
        return Stored(truncated=True, size=int.from_bytes(data[1:9]))
    return Stored(truncated=False, size=None)


def unfolded_size(data: bytes) -> int:
    """Bytes of the MessagePack inside `data`, without unfolding it; -1 where a compressed value does not tell."""
    body = data[9:] if data and data[0] & TRUNCATED else data[1:]
    if not data or data[0] & ~TRUNCATED != ZSTD:
        return len(body)
    import zstandard

    try:
        return int(zstandard.frame_content_size(bytes(body)))
    except zstandard.ZstdError:
        return -1


def frame(message: bytes, *, true_size: int | None = None) -> bytes:
    """MessagePack as it is stored; `true_size` in bytes where it was cut."""
    kind = PLAIN
    if len(message) > COMPRESS_ABOVE:
        import zstandard

        kind, message = ZSTD, zstandard.ZstdCompressor(level=3).compress(message)
    if true_size is None:
        return bytes((kind,)) + message
    return bytes((kind | TRUNCATED,)) + true_size.to_bytes(8) + message


def _split(data: bytes) -> tuple[int, memoryview]:
    """Kind and body of stored bytes."""
    if not data:
        raise ValueError("not a stored value: no bytes at all")
    kind = data[0] & ~TRUNCATED
    if kind not in (PLAIN, ZSTD):
        raise ValueError(f"not a stored value: unknown format {kind:#04x}")
    return kind, memoryview(data)[9 if data[0] & TRUNCATED else 1 :]


def _unfold(compressed: memoryview, size: int) -> Iterator[bytes]:
    import zstandard

    try:
        left = zstandard.frame_content_size(compressed)
        reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(compressed)
        while piece := reader.read(size):
            left -= len(piece)
            yield piece
    except zstandard.ZstdError as exc:
        raise ValueError(f"not a stored value: {exc}") from exc
    if left:
        raise ValueError("not a stored value: the compressed bytes end too early")


def _decompress(compressed: bytes) -> bytes:
    import zstandard

    try:
        size = zstandard.frame_content_size(compressed)
        if not 0 <= size <= MAX_UNPACKED:
            raise ValueError(f"not a stored value: it would unfold to {size} bytes")
        message: bytes = zstandard.ZstdDecompressor().decompress(compressed)
    except zstandard.ZstdError as exc:
        raise ValueError(f"not a stored value: {exc}") from exc
    return message
