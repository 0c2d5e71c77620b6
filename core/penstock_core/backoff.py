"""How long to wait before something that failed is tried again: one computation for every loop of every program.

A step's `retry`, which users write, is not this: its units and kinds are theirs. The runner imports this while it starts, so it
draws no chance itself: `random` alone would cost a millisecond.
"""

from typing import NamedTuple


class Backoff(NamedTuple):
    """Delays that grow from `first` to `longest` seconds, `factor` times as long after each failure.

    Up to the share `spread` of a delay is taken off by chance, so that what failed together is not tried again together.
    """

    first: float
    longest: float
    factor: float = 2.0
    spread: float = 0.0

    def delay(self, failures: int, *, chance: float = 0.0) -> float:
        """Seconds to wait after so many failures in a row, at least one; `chance` is drawn from 0 to 1 by the caller."""
        # beyond 64 failures every sensible delay is the longest, and no power overflows
        bare = min(self.first * self.factor ** min(failures - 1, 64), self.longest)
        return bare * (1.0 - self.spread * chance)
