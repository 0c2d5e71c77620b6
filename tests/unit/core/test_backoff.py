"""How long loops wait before they try again."""

import pytest

from penstock_core.backoff import Backoff


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 32.0), (8, 60.0), (10**9, 60.0)])
def test_delays_double_to_a_bound(failures: int, seconds: float) -> None:
    """The first failure waits the first delay, each further one twice as long, none longer than the longest."""
    assert Backoff(first=0.5, longest=60.0).delay(failures) == seconds


def test_another_factor() -> None:
    """Delays grow by the factor that is given."""
    assert [Backoff(first=1.0, longest=100.0, factor=3.0).delay(failures) for failures in (1, 2, 3)] == [1.0, 3.0, 9.0]


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 8.0), (0.5, 7.2), (1.0, 6.4)])
def test_chance_takes_off_a_share(chance: float, seconds: float) -> None:
    """What is drawn shortens a delay by the spread at most, and never lengthens it."""
    assert Backoff(first=8.0, longest=60.0, spread=0.2).delay(1, chance=chance) == pytest.approx(seconds)
