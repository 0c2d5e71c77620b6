"""What the test bed tells the person at the keyboard: short lines with the time that each step took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Print one line; on standard error, as `env` and `kubeconfig` give their answers on standard output."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def timed(text: str) -> Iterator[None]:
    """Print `text` with the seconds that the block took, once it has ended well."""
    started = time.monotonic()
    yield
    say(f"  {text} ({time.monotonic() - started:.1f} s)")


def duration(seconds: float) -> str:
    """Say a duration as people do: `45 s`, `3 min 20 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def roughly(seconds: float) -> str:
    """Say a duration that is only guessed: seconds below a minute in tens, above it minutes."""
    if seconds < 55:
        return f"about {max(10, round(seconds / 10) * 10)} s"
    minutes = round(seconds / 60)
    return f"about {minutes} minute{'s' if minutes > 1 else ''}"
