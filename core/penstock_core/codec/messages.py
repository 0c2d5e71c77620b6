"""Values as MessagePack: the extension types, and what cannot be stored."""

from typing import Any, Final

import msgpack

DATETIME: Final = 1
DATE: Final = 2
TIME: Final = 3
TIMEDELTA: Final = 4
DECIMAL: Final = 5
UUID_: Final = 6
SET: Final = 7
BIG_INTEGER: Final = 8
MARKED: Final = 9


class Marked:
    """A value with marks: what of the record around it is not as it was. No tuple, which would be a list when unpacked."""

    __slots__ = ("marks", "value")

    def __init__(self, marks: dict[str, str], value: Any) -> None:
        self.marks = marks
        self.value = value


class Unstorable(Exception):
    """Raised inside the packer for a value that MessagePack and the extension types lack; never leaves this module."""


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


def _extend(value: Any) -> Any:
    """The extension of a value that MessagePack lacks."""
    if isinstance(value, Marked):
        return msgpack.ExtType(MARKED, pack_message([value.marks, value.value]))
    return _extend_standard(value)


def _extend_standard(value: Any) -> Any:
    """That of a type of the standard library. Called only for such values, hence the imports inside."""
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
        case 9:
            return Marked(*_unpacked(data))
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
