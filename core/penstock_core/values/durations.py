"""Durations as people write them, `1h30m`, turned into the integers that everything else uses.

One parser for the whole product, so that a step's `timeout` and a schedule's window mean the same everywhere.
"""

import re
from typing import Final

from penstock_core.errors import InvalidInput

_UNITS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_SHAPE: Final = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in _UNITS))


def milliseconds(text: str) -> int:
    """Milliseconds in a duration such as `250ms`, `5m` or `1h30m`; units d, h, m, s, ms, the largest first.

    Raises `InvalidInput` for anything else.
    """
    match = _SHAPE.fullmatch(text)
    if not match or not text:
        raise InvalidInput(
            f"`{text[:64]}` is not a duration: write whole numbers with the units d, h, m, s or ms, the largest first,"
            " as in 1h30m or 250ms"
        )
    return sum(int(count) * _UNITS[unit] for unit, count in match.groupdict().items() if count)
