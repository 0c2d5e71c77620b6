"""When a failed attempt is made again: the pure part of a step's `retry`."""

from collections.abc import Mapping
from typing import Any

from penstock_core.durations import milliseconds


def attempts(retry: Mapping[str, Any] | None) -> int:
    """How many attempts a step has altogether."""
    return max(1, int(retry.get("attempts", 1))) if retry else 1


def delay_seconds(retry: Mapping[str, Any], failed: int) -> float:
    """How long to wait after the `failed`-th failed attempt, counted from 1.

    Linear adds the delay each time, exponential doubles it; `maxDelay` (default an hour) bounds it.
    """
    delay = milliseconds(retry.get("delay", "1s"))
    match retry.get("backoff"):
        case "linear":
            delay *= failed
        case "exponential":
            delay <<= min(failed - 1, 40)
    return min(delay, milliseconds(retry.get("maxDelay", "1h"))) / 1000
