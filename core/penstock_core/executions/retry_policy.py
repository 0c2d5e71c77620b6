"""When what failed is attempted again, and after how long. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock_core.values.durations import milliseconds


class RetryPolicy(NamedTuple):
    """The `retry` of a step: how many attempts there are, and what is between two of them."""

    attempts: int = 1
    """In all, the first one included."""
    delay_ms: int = 1000
    """Milliseconds between the first attempt and the second."""
    backoff: str = "constant"
    """How the delay grows: constant, linear (adds it each time) or exponential (doubles it)."""
    max_delay_ms: int = 3_600_000
    """Milliseconds that no delay exceeds."""
    when: str | None = None
    """CEL over `error`: only failures for which it is true are followed by another attempt; None stands for all."""

    @classmethod
    def of(cls, written: Mapping[str, Any] | None) -> "RetryPolicy":
        """From what a user wrote, with durations as texts; None, where nothing was, gives one attempt."""
        members: dict[str, Any] = {name: value for name, value in (written or {}).items() if name in cls._fields}
        for name, field in (("delay", "delay_ms"), ("maxDelay", "max_delay_ms")):
            if written and name in written:
                members[field] = milliseconds(written[name])
        members["attempts"] = max(1, int(members.get("attempts", 1)))
        return cls(**members)

    def delay_seconds(self, failed: int, *, asked: float | None = None) -> float:
        """How long to wait after the `failed`-th failed attempt, counted from 1; `asked` is what the other side asks for.

        That stands in the delay's place, whatever `backoff` would say; nothing exceeds the longest delay.
        """
        if asked is not None:
            return min(asked, self.max_delay_ms / 1000)
        delay = self.delay_ms
        match self.backoff:
            case "linear":
                delay *= failed
            case "exponential":
                delay <<= min(failed - 1, 40)
        return min(delay, self.max_delay_ms) / 1000
