"""How long an answer asks its caller to stay away: `Retry-After` (RFC 9110, 10.2.3). Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_SECONDS: Final = 2**31 - 1
"""What is longer is taken as this; `maxDelay` ends it much sooner."""
_SECONDS: Final = re.compile(r"[0-9]+")
_DIGITS: Final = 10
"""More of them, without leading zeros, are beyond `LONGEST_SECONDS`; int() refuses thousands."""


def asked_seconds(headers: Mapping[str, str], *, now: datetime) -> int | None:
    """Seconds from the answer on, by its headers in lower case; None where it asks for none, or for what nobody can read.

    A date counts from the answer's own `Date`, so that both are readings of one clock; from `now` where there is none.
    """
    written = headers.get("retry-after", "").strip(" \t")
    seconds = _counted(written) if _SECONDS.fullmatch(written) else _until(written, headers.get("date", ""), now)
    return min(seconds, LONGEST_SECONDS) if seconds is not None and seconds > 0 else None


def _counted(digits: str) -> int:
    significant = digits.lstrip("0")
    return LONGEST_SECONDS if len(significant) > _DIGITS else int(significant or "0")


def _until(written: str, answered: str, now: datetime) -> int | None:
    until = _moment(written)
    if until is None:
        return None
    return round((until - (_moment(answered) or now)).total_seconds())


def _moment(text: str) -> datetime | None:
    """A date of HTTP in any of its three forms; None for anything else."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
