"""Cron lines and time zones: what passes the check can be computed, and Kubernetes takes it."""

import pytest

from penstock_core.compiler import check_cron, check_time_zone, cron_fields
from penstock_core.errors import ExpressionError


@pytest.mark.parametrize("name", ["UTC", "Etc/GMT+10", "Europe/Berlin", "America/Argentina/ComodRivadavia"])
def test_zones_of_the_iana_database_are_known(name: str) -> None:
    """Old names and offsets included."""
    check_time_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Local",
        "localtime",
        "posixrules",
        "right/Europe/Berlin",
        "posix/Etc/UTC",
        "Europe",
        "../Etc/UTC",
        "/Etc/UTC",
    ],
)
def test_what_is_no_zone_of_its_own_is_refused(name: str) -> None:
    """The machine's zone, and the system's copies of the database: Kubernetes has none of them."""
    with pytest.raises(ExpressionError, match="write an IANA name"):
        check_time_zone(name)


@pytest.mark.parametrize("text", ["? * * * *", "0 0 ? * *", "0 0 *,5 * 1", "0-0 0 * * *", "0 0 */1 * mon"])
def test_a_line_that_passes_can_be_read(text: str) -> None:
    """The check is the reading itself, so that the two cannot differ."""
    check_cron(text)

    assert len(cron_fields(text)) == 5


def test_a_field_has_its_numbers_and_whether_it_has_a_star() -> None:
    """A step of more than 1 takes the star away; a list keeps that of any part."""
    minute, hour, day, month, weekday = cron_fields("5/20 */6 *,5 feb-APR ?/1")

    assert (sorted(minute.values), minute.star) == ([5, 25, 45], False)
    assert (sorted(hour.values), hour.star) == ([0, 6, 12, 18], False)
    assert (sorted(day.values), day.star) == (list(range(1, 32)), True)
    assert (sorted(month.values), month.star) == ([2, 3, 4], False)
    assert (sorted(weekday.values), weekday.star) == (list(range(7)), True)


@pytest.mark.parametrize(
    "text",
    [
        "0 0 29 2 *", "0 0 30 1,2 *", "0 0 31 4,5 *", "0 0 31 */2 *", "0 0 28-31 2 *", "0 0 30 2 1", "0 0 30 2 1-5",
        "0 0 30 2 */2", "0 0 * 2 *", "0 0 ? 2 ?", "0 0 */30 2 *", "0 0 31 jan *",
    ],
)  # fmt: skip
def test_a_line_that_comes_in_some_year_is_taken(text: str) -> None:
    """A leap day comes, and beside a day of the week the day of the month need not."""
    check_cron(text)


@pytest.mark.parametrize(
    ("text", "day", "month"),
    [
        ("0 0 30 2 *", "30", "2"), ("0 0 31 4,6 *", "31", "4,6"), ("0 0 31 2,4,6,9,11 ?", "31", "2,4,6,9,11"),
        ("0 0 30-31 feb *", "30-31", "feb"), ("*/5 * 31 SEP-SEP */1", "31", "SEP-SEP"), ("0 0 30,31 2 *,1", "30,31", "2"),
    ],
)  # fmt: skip
def test_a_line_that_never_comes_is_refused(text: str, day: str, month: str) -> None:
    """With the two fields that contradict one another."""
    with pytest.raises(ExpressionError) as refused:
        check_cron(text)

    assert f"can never come: no month `{month}` has a day `{day}`" in str(refused.value)
