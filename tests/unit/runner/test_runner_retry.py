"""How long a step waits between attempts."""

from typing import Any

import pytest

from penstock_runner.engine import retry


@pytest.mark.parametrize(
    ("rule", "delays"),
    [
        ({}, [1, 1, 1]),
        ({"delay": "2s"}, [2, 2, 2]),
        ({"delay": "2s", "backoff": "linear"}, [2, 4, 6]),
        ({"delay": "2s", "backoff": "exponential"}, [2, 4, 8]),
        ({"delay": "2s", "backoff": "exponential", "maxDelay": "5s"}, [2, 4, 5]),
        ({"delay": "2h"}, [3600, 3600, 3600]),
    ],
)
def test_delays(rule: dict[str, Any], delays: list[float]) -> None:
    """Constant, linear and exponential delays, bounded by maxDelay, an hour where it is not set."""
    assert [retry.delay_seconds(rule, failed) for failed in (1, 2, 3)] == delays


def test_hundredth_delay_is_finite() -> None:
    """However often it failed, the delay is the longest one."""
    assert retry.delay_seconds({"delay": "1s", "backoff": "exponential"}, 100) == 3600


def test_attempts() -> None:
    """Without a rule there is one attempt; the number counts the first one too."""
    assert [retry.attempts(None), retry.attempts({}), retry.attempts({"attempts": 3})] == [1, 1, 3]
