"""Moments as people and systems write them."""

from datetime import datetime

from penstock_core.errors import InvalidInput


def moment(text: str) -> datetime:
    """A time in RFC 3339, with its offset. Raises InvalidInput, which quotes what is none.

    One without an offset would be another moment in each zone, so nothing is assumed.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"`{text}` is not a time: write RFC 3339 with the offset, as in 2026-01-31T06:00:00Z"
        ) from None
    if found.tzinfo is None:
        raise InvalidInput(
            f"`{text}` does not say in which zone it is meant: write its offset behind it, as in"
            f" {found.isoformat(timespec='seconds')}Z or {found.isoformat(timespec='seconds')}+01:00"
        )
    return found
