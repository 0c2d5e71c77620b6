"""Waiting for a state of the world without sleeping blindly: every wait has a bound from `timeouts` and says what it last saw."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float, every: float = 0.25, about: str = "") -> T:
    """Call `look` until it gives something true without raising AssertionError; that value is returned.

    Raises AssertionError with the last value or the last failure after `within` seconds.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            seen = look()
            failure: object = f"last saw {seen!r}"
            if seen:
                return seen
        except AssertionError as error:
            failure = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within:.0f} s{': ' + about if about else ''}: {failure}")
        time.sleep(every)


def consistently(look: Callable[[], T], *, during: float, every: float = 0.5) -> T:
    """Call `look` for `during` seconds; every value must be true. Returns the last."""
    deadline = time.monotonic() + during
    while True:
        seen = look()
        assert seen, f"no longer true: {seen!r}"
        if time.monotonic() >= deadline:
            return seen
        time.sleep(every)
