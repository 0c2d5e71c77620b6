"""Time-ordered ids (UUIDv7, RFC 9562): they carry their creation time, and the tables are partitioned by it.

Python has these from 3.14 on; until then this is the whole of it.
"""

import os
import time
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

_EARLIEST_MS: Final = 1_577_836_800_000
"""The beginning of 2020."""
_AHEAD_MS: Final = 86_400_000
"""A day: what a clock may be wrong by."""


def new(now_ms: int | None = None) -> UUID:
    """A new id; `now_ms` is milliseconds since the epoch, default the clock."""
    millis = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    random = int.from_bytes(os.urandom(10))
    value = (millis & 0xFFFF_FFFF_FFFF) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def first_at(moment: datetime) -> UUID:
    """The smallest id of a moment: the bound of a partition or of a time filter."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def time_of(identifier: UUID) -> datetime:
    """The moment an id was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def is_far_off(identifier: UUID, now: datetime) -> bool:
    """Whether no program of ours can have made an id, by its time: more than a day after `now`, or before there were any."""
    millis = identifier.int >> 80
    return not _EARLIEST_MS <= millis <= int(now.timestamp() * 1000) + _AHEAD_MS
