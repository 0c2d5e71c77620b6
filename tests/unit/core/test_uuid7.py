"""Ids carry their time and sort by it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from penstock_core import uuid7

MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(moment=MOMENTS)
def test_an_id_tells_its_moment_to_the_millisecond(moment: datetime) -> None:
    """The time that goes into an id comes out of it."""
    identifier = uuid7.new(int(moment.timestamp() * 1000))

    assert abs(uuid7.time_of(identifier) - moment) < timedelta(milliseconds=2)
    assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")


@given(moment=MOMENTS)
def test_the_first_id_of_a_moment_bounds_all_others(moment: datetime) -> None:
    """A partition's lower bound is not above any id of that moment."""
    assert uuid7.first_at(moment) <= uuid7.new(int(moment.timestamp() * 1000))


def test_ids_of_one_millisecond_differ() -> None:
    """A thousand ids of the same millisecond are a thousand ids."""
    assert len({uuid7.new(1_000) for _ in range(1000)}) == 1000
