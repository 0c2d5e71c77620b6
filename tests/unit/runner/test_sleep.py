"""How long a step sleeps, and what is no time: a table, to which a line can be added."""

from typing import Any

import pytest

from engine_stand import Stand


@pytest.mark.parametrize(
    ("sleep", "value"),
    [
        ({"for": "${config.v}"}, "1ms"),
        ({"until": "${config.v}"}, "2020-01-31T06:00:00Z"),
        ({"until": "${config.v}"}, "2020-01-31T06:00:00.5+05:30"),
        ({"until": "${config.v}"}, "2020-01-31 06:00:00-00:00"),
    ],
)
def test_a_time_that_has_passed_ends_it_at_once(stand: Stand, sleep: dict[str, str], value: str) -> None:
    """With any offset."""
    assert stand.run({"name": "nap", "sleep": sleep}, config={"v": value}).error_message is None


@pytest.mark.parametrize(
    ("sleep", "value", "told"),
    [
        ({"until": "${config.v}"}, "2020-01-31T06:00:00",
         "sleep.until: `2020-01-31T06:00:00` does not say in which zone it is meant: write its offset behind it"),
        ({"until": "${config.v}"}, "2020-01-31", "sleep.until: `2020-01-31` does not say in which zone"),
        ({"until": "${config.v}"}, "soon", "sleep.until: `soon` is not a time: write RFC 3339"),
        ({"until": "${config.v}"}, "2020-02-30T06:00:00Z", "sleep.until: `2020-02-30T06:00:00Z` is not a time"),
        ({"until": "${config.v}"}, "", "sleep.until: `` is not a time"),
        ({"until": "${config.v}"}, 1580450400, "sleep.until: the value is a number (1580450400): it is to be a text"),
        ({"until": "${config.v}"}, None, "sleep.until: the value is null: it is to be a text"),
        ({"for": "${config.v}"}, "5 minutes", "sleep.for: `5 minutes` is not a duration"),
        ({"for": "${config.v}"}, 5, "sleep.for: the value is a number (5): it is to be a text with a duration"),
        ({"for": "${config.v}"}, "999999999d", "sleep.for: `999999999d` is longer than any time"),
    ],
)  # fmt: skip
def test_what_is_no_time_fails_the_step_and_is_quoted(
    stand: Stand, sleep: dict[str, str], value: Any, told: str
) -> None:
    """Nothing is assumed: a time without an offset is another one in each zone."""
    outcome = stand.run({"name": "nap", "sleep": sleep}, config={"v": value})

    assert (outcome.error_code, told in (outcome.error_message or "")) == ("invalid_input", True), outcome.error_message
