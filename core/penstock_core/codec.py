"""How every stored value is written: MessagePack, compressed where it is large, cut where it is too large.

Trigger data, inputs and outputs of steps and definitions go through here, in the gateway, the runner and the tools that read them back.
Packing never fails: what cannot be stored is replaced by the name of its type, and a warning says where.

Layout: one header byte (the format), with `TRUNCATED` set eight bytes more (the true size, big-endian), then the body.

| header | body |
|---|---|
| 0x01 | MessagePack |
| 0x02 | MessagePack, compressed as one zstd frame |

Extension types (the numbers are part of the format and are never reused):

| type | value | data |
|---|---|---|
| 1 | datetime | ISO 8601 text, the offset kept where there is one |
| 2 | date | ISO 8601 text |
| 3 | time | ISO 8601 text |
| 4 | timedelta | microseconds, as decimal text |
| 5 | Decimal | its text |
| 6 | UUID | 16 bytes |
| 7 | set | MessagePack array of its members |
| 8 | integer beyond 64 bits | two's complement, big-endian |

Tuples become lists. Map keys may be any scalar.

The values here are named tuples because every runner's start pays for these classes, and a dataclass costs five times as much.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgpack

PLAIN: Final = 0x01
ZSTD: Final = 0x02
TRUNCATED: Final = 0x80

COMPRESS_ABOVE: Final = 4096
"""Bytes of MessagePack from which compression pays."""
DEFAULT_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of MessagePack, before compression, that one value may take."""
MAX_UNPACKED: Final = 512 * 1024 * 1024
"""Bytes that a compressed value may unfold to: rows are written by tenants, and a frame can claim any size."""
CHUNK: Final = 64 * 1024
_WINDOW: Final = 8 * 1024 * 1024
"""Bytes that unfolding piece by piece may look back; our own frames need two MiB, and a frame can claim any."""

DATETIME: Final = 1
DATE: Final = 2
TIME: Final = 3
TIMEDELTA: Final = 4
DECIMAL: Final = 5
UUID_: Final = 6
SET: Final = 7
BIG_INTEGER: Final = 8


class Packed(NamedTuple):
    """A packed value: `data` to store, `size` in bytes of the whole value before cutting and compression."""

    data: bytes
    size: int
    truncated: bool
    warnings: tuple[str, ...]


class Stored(NamedTuple):
    """What the header of stored bytes says: `size` is the true size where the value was cut, else None."""

    truncated: bool
    size: int | None


class Unstorable(Exception):
    """Raised inside the packer for a value that MessagePack and the extension types lack; never leaves this module."""


def pack(value: Any, *, limit: int = DEFAULT_LIMIT) -> Packed:
    """Pack any value. Never fails: what does not fit is cut, what cannot be stored is named, both with a warning.

    `limit` is in bytes of MessagePack before compression.
    """
    message, warnings = to_message(value)
    size = len(message)
    if size <= limit:
        return Packed(data=_frame(message), size=size, truncated=False, warnings=warnings)
    from penstock_core import _codec_repair

    message = pack_message(_codec_repair.cut(from_message(message), limit=limit))
    note = f"cut to {len(message)} of {size} bytes: the limit is {limit}"
    data = _frame(message, true_size=size)
    return Packed(data=data, size=size, truncated=True, warnings=(*warnings, note))


def unpack(data: bytes) -> Any:
    """The value in `data` as `pack` made it, cut where it was cut. Raises ValueError where the bytes are not ours."""
    return from_message(message_of(data))


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


def to_message(value: Any) -> tuple[bytes, tuple[str, ...]]:
    """MessagePack alone, as large as it is, and a warning for each value that was replaced. Never fails."""
    message = try_pack(value)
    if message is not None:
        return message, ()
    from penstock_core import _codec_repair  # rarely needed, and every runner's start would pay for it

    repaired, warnings = _codec_repair.storable(value)
    return pack_message(repaired), warnings


def from_message(message: bytes) -> Any:
    """The value of MessagePack alone. Raises ValueError where it is none."""
    try:
        return _unpacked(message)
    except (msgpack.UnpackException, RecursionError, ArithmeticError, TypeError) as exc:
        raise ValueError(f"not a stored value: {exc}") from exc


def pack_message(value: Any) -> bytes:
    """MessagePack alone, with our extension types. Raises Unstorable, ValueError, TypeError or RecursionError."""
    packed: bytes = msgpack.packb(value, default=_extend)
    return packed


def try_pack(value: Any) -> bytes | None:
    """MessagePack alone, or None where some part of `value` cannot be stored as it is."""
    try:
        return pack_message(value)
    except (Unstorable, ValueError, TypeError, OverflowError, RecursionError, BufferError):
        return None


def _frame(message: bytes, *, true_size: int | None = None) -> bytes:
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


def _unfold(frame: memoryview, size: int) -> Iterator[bytes]:
    import zstandard

    try:
        left = zstandard.frame_content_size(frame)
        reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(frame)
        while piece := reader.read(size):
            left -= len(piece)
            yield piece
    except zstandard.ZstdError as exc:
        raise ValueError(f"not a stored value: {exc}") from exc
    if left:
        raise ValueError("not a stored value: the compressed bytes end too early")


def _decompress(frame: bytes) -> bytes:
    import zstandard

    try:
        size = zstandard.frame_content_size(frame)
        if not 0 <= size <= MAX_UNPACKED:
            raise ValueError(f"not a stored value: it would unfold to {size} bytes")
        message: bytes = zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as exc:
        raise ValueError(f"not a stored value: {exc}") from exc
    return message


def _extend(value: Any) -> Any:
    """The extension of a value that MessagePack lacks. Called only for such values, hence the imports inside."""
    import datetime
    import decimal
    import uuid

    match value:
        case bool():
            raise Unstorable
        case int():
            return msgpack.ExtType(BIG_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, signed=True))
        case datetime.datetime():
            return msgpack.ExtType(DATETIME, value.isoformat().encode())
        case datetime.date():
            return msgpack.ExtType(DATE, value.isoformat().encode())
        case datetime.time():
            return msgpack.ExtType(TIME, value.isoformat().encode())
        case datetime.timedelta():
            return msgpack.ExtType(TIMEDELTA, b"%d" % (value // datetime.timedelta(microseconds=1)))
        case decimal.Decimal():
            return msgpack.ExtType(DECIMAL, str(value).encode())
        case uuid.UUID():
            return msgpack.ExtType(UUID_, value.bytes)
        case set() | frozenset():
            return msgpack.ExtType(SET, pack_message(list(value)))
    raise Unstorable


def _unpacked(message: bytes) -> Any:
    options: dict[str, Any] = {"ext_hook": _restore, "strict_map_key": False, "timestamp": 3}
    try:
        return msgpack.unpackb(message, **options)
    except TypeError:
        # a map key that came back as a list or a set: rare, so only then the slow way
        return msgpack.unpackb(message, object_pairs_hook=_with_hashable_keys, **options)


def _restore(code: int, data: bytes) -> Any:
    import datetime
    import decimal
    import uuid

    match code:
        case 1:
            return datetime.datetime.fromisoformat(data.decode())
        case 2:
            return datetime.date.fromisoformat(data.decode())
        case 3:
            return datetime.time.fromisoformat(data.decode())
        case 4:
            return datetime.timedelta(microseconds=int(data))
        case 5:
            return decimal.Decimal(data.decode())
        case 6:
            return uuid.UUID(bytes=bytes(data))
        case 7:
            members = msgpack.unpackb(data, ext_hook=_restore, strict_map_key=False, timestamp=3)
            return {_hashable(member) for member in members}
        case 8:
            return int.from_bytes(data, signed=True)
    # written by a later release: shown rather than refused
    return f"<extension {code} of {len(data)} bytes>"


def _with_hashable_keys(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    return {_hashable(key): value for key, value in pairs}


def _hashable(value: Any) -> Any:
    match value:
        case list():
            return tuple(_hashable(member) for member in value)
        case set():
            return frozenset(value)
        case dict():
            return repr(value)
    return value
