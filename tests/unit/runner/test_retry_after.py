"""`Retry-After`: what an answer asks for, and what is made of it."""

from datetime import UTC, datetime

import pytest

from penstock_runner.actions.http.retry_after import LONGEST_SECONDS, asked_seconds

NOW = datetime(2015, 10, 21, 7, 20, 0, tzinfo=UTC)
"""What the runner's clock shows."""
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
"""What the answer's `Date` says: the other side's clock is eight minutes ahead."""

CASES = {
    # what the answer has: Retry-After, Date; and the seconds to wait, None where the step's own delay stands
    "seconds": ("7", DATE, 7),
    "seconds with blanks": (" 120 ", DATE, 120),
    "seconds with zeros": ("0007", DATE, 7),
    "no wait": ("0", DATE, None),
    "very long": ("99999999999", DATE, LONGEST_SECONDS),
    "more digits than an integer may have": ("9" * 5000, DATE, LONGEST_SECONDS),
    "nothing but zeros": ("0" * 5000, DATE, None),
    "negative": ("-5", DATE, None),
    "signed": ("+5", DATE, None),
    "a fraction": ("1.5", DATE, None),
    "another script's digits": ("٧", DATE, None),
    "empty": ("", DATE, None),
    "words": ("soon", DATE, None),
    "two": ("5, 10", DATE, None),
    "a date": ("Wed, 21 Oct 2015 07:28:30 GMT", DATE, 30),
    "a date of RFC 850": ("Wednesday, 21-Oct-15 07:28:30 GMT", DATE, 30),
    "a date of asctime": ("Wed Oct 21 07:28:30 2015", DATE, 30),
    "a date without Date": ("Wed, 21 Oct 2015 07:20:05 GMT", "", 5),
    "a date beside an unreadable Date": ("Wed, 21 Oct 2015 07:20:05 GMT", "yesterday", 5),
    "a date that is gone by the other side's clock": ("Wed, 21 Oct 2015 07:27:00 GMT", DATE, None),
    "the answer's own date": (DATE, DATE, None),
    "a date in the last year": ("Fri, 31 Dec 9999 23:59:59 GMT", DATE, LONGEST_SECONDS),
    "a day that is none": ("Wed, 42 Oct 2015 07:28:00 GMT", DATE, None),
    "an offset that is none": ("Wed, 21 Oct 2015 07:28:30 +9999", DATE, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_asked(case: str) -> None:
    """Seconds, or a date measured by the other side's own clock; what is no wait asks for nothing."""
    written, answered, expected = CASES[case]

    assert asked_seconds({"retry-after": written, "date": answered}, now=NOW) == expected
