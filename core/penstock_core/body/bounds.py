"""How many values a text may become: each takes many times the bytes of what it is written with."""

import sys
from typing import Final

ROOM: Final = 116 * 1024 * 1024
"""Bytes of memory that the text of a bounded body and its value may take together."""
MOST: Final = 1_000_000
"""Units of structure in a body: each costs 40 to 150 bytes of memory in the value, and parsing time."""
_VALUE_BYTES: Final = 96
"""What one unit of structure can stand for: half a map of one member, or a text of a few wide characters."""


def values_beside(text: str, most: int) -> int:
    """Of `most` units of structure those that have room beside their text.

    One rare character makes all of a text, and a long string in it, four times as large: that is room which values lack.
    """
    return min(most, max(ROOM - 2 * sys.getsizeof(text), 0) // _VALUE_BYTES)
