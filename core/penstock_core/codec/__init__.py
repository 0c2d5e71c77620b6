"""How every stored value is written: MessagePack, compressed where it is large, cut where it is too large.

Trigger data, inputs and outputs of steps and definitions go through here, in the gateway, the runner and the tools that read them back.
Packing never fails: what cannot be stored is replaced by null, and a warning says where and of which type it was.
Results of steps are values already (see `values.plain_values`), so this is for what else is recorded.

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
| 9 | `Marked` | MessagePack array of its marks and its value |

Tuples become lists. Map keys may be any scalar.
"""

from penstock_core.codec.frames import CHUNK, PLAIN, ZSTD, Stored, chunks, message_of, stored, unfolded_size
from penstock_core.codec.messages import DECIMAL, SET, TIMEDELTA, UUID_, Marked, from_message
from penstock_core.codec.values import DEFAULT_LIMIT, Packed, pack, to_message, unpack

__all__ = [
    "CHUNK",
    "DECIMAL",
    "DEFAULT_LIMIT",
    "PLAIN",
    "SET",
    "TIMEDELTA",
    "UUID_",
    "ZSTD",
    "Marked",
    "Packed",
    "Stored",
    "chunks",
    "from_message",
    "message_of",
    "pack",
    "stored",
    "to_message",
    "unfolded_size",
    "unpack",
]
