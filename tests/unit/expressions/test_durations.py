"""Durations as people write them."""

import pytest

from penstock_core.errors import InvalidInput
from penstock_core.values.durations import milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250ms", 250), ("5m", 300_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("1m5ms", 60_005), ("0s", 0)],
)
def test_units_add_up(text: str, expected: int) -> None:
    """Milliseconds come out."""
    assert milliseconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "1.5h", "30m1h", "1h1h", "-1s", "5min", "1H", "9999999999s"])
def test_anything_else_is_refused(text: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(InvalidInput, match="as in 1h30m or 250ms"):
        milliseconds(text)
