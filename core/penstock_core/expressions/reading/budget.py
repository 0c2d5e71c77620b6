"""How much of CEL one Integration may have compiled: its compiler takes the same time for the same text, and cannot be stopped."""

from dataclasses import dataclass
from typing import Final

_CHARACTERS: Final = 16
"""Of an expression, that cost as much as its beginning."""


class Exhausted(Exception):
    """Nothing more is compiled: the budget is spent."""


@dataclass(slots=True)
class Budget:
    """Units of about a tenth of a millisecond that are `left`; the same expressions cost the same on every machine."""

    left: int

    def spend(self, text: str) -> None:
        """Pay for an expression. Raises Exhausted."""
        self.left -= 1 + len(text) // _CHARACTERS
        if self.left < 0:
            raise Exhausted
