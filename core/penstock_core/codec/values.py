"""Any value to stored bytes and back; what is too large or cannot be stored goes through `repair`.

The values here are named tuples because every runner's start pays for these classes, and a dataclass costs five times as much.
"""

from typing import Any, Final, NamedTuple

from penstock_core.codec.frames import frame, message_of
from penstock_core.codec.messages import from_message, pack_message, try_pack

DEFAULT_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of MessagePack, before compression, that one value may take."""


class Packed(NamedTuple):
    """A packed value: `data` to store, `size` in bytes of the whole value before cutting and compression."""

    data: bytes
    size: int
    truncated: bool
    warnings: tuple[str, ...]


def pack(value: Any, *, limit: int = DEFAULT_LIMIT) -> Packed:
    """Pack any value. Never fails: what does not fit is cut, what cannot be stored is named, both with a warning.

    `limit` is in bytes of MessagePack before compression.
    """
    message, warnings = to_message(value)
    size = len(message)
    if size <= limit:
        return Packed(data=frame(message), size=size, truncated=False, warnings=warnings)
    from penstock_core.codec import repair

    message = pack_message(repair.cut(from_message(message), limit=limit))
    note = f"cut to {len(message)} of {size} bytes: the limit is {limit}"
    data = frame(message, true_size=size)
    return Packed(data=data, size=size, truncated=True, warnings=(*warnings, note))


def unpack(data: bytes) -> Any:
    """The value in `data` as `pack` made it, cut where it was cut. Raises ValueError where the bytes are not ours."""
    return from_message(message_of(data))


def to_message(value: Any) -> tuple[bytes, tuple[str, ...]]:
    """MessagePack alone, as large as it is, and a warning for each value that was replaced. Never fails."""
    message = try_pack(value)
    if message is not None:
        return message, ()
    from penstock_core.codec import repair  # rarely needed, and every runner's start would pay for it

    repaired, warnings = repair.storable(value)
    return pack_message(repaired), warnings
