"""How often and after how long what failed is attempted again."""

from typing import Any

import pytest

from penstock_core.executions.retry_policy import RetryPolicy
from penstock_core.resources.steps import Retry


@pytest.mark.parametrize(
    ("written", "delays"),
    [
        ({}, [1, 1, 1]),
        ({"delay": "2s"}, [2, 2, 2]),
        ({"delay": "2s", "backoff": "linear"}, [2, 4, 6]),
        ({"delay": "2s", "backoff": "exponential"}, [2, 4, 8]),
        ({"delay": "2s", "backoff": "exponential", "maxDelay": "5s"}, [2, 4, 5]),
        ({"delay": "2h"}, [3600, 3600, 3600]),
    ],
)
def test_delays(written: dict[str, Any], delays: list[float]) -> None:
    """Constant, linear and exponential delays, bounded by maxDelay, an hour where it is not set."""
    policy = RetryPolicy.of(written)

    assert [policy.delay_seconds(failed) for failed in (1, 2, 3)] == delays


@pytest.mark.parametrize(
    ("written", "asked", "seconds"),
    [
        ({}, 7, 7),
        ({"delay": "30s"}, 7, 7),
        ({"delay": "30s", "backoff": "exponential"}, 7, 7),
        ({"maxDelay": "5s"}, 7, 5),
        ({"maxDelay": "1500ms"}, 7, 1.5),
        ({}, 86_400, 3600),
        ({"delay": "2s"}, None, 2),
    ],
)
def test_a_pause_that_was_asked_for(written: dict[str, Any], asked: int | None, seconds: float) -> None:
    """It stands in the delay's place, bounded by maxDelay."""
    assert RetryPolicy.of(written).delay_seconds(3, asked=asked) == seconds


def test_hundredth_delay_is_finite() -> None:
    """However often it failed, the delay is the longest one."""
    assert RetryPolicy.of({"delay": "1s", "backoff": "exponential"}).delay_seconds(100) == 3600


def test_attempts() -> None:
    """Without a rule there is one attempt; the number counts the first one too."""
    assert [RetryPolicy.of(written).attempts for written in (None, {}, {"attempts": 3})] == [1, 1, 3]


def test_what_users_leave_out_is_what_the_schema_says() -> None:
    """The defaults that `kubectl explain` shows are the policy's."""
    written = Retry(attempts=1).model_dump(by_alias=True, exclude_none=True)

    assert RetryPolicy.of(written) == RetryPolicy.of(None) == RetryPolicy()
