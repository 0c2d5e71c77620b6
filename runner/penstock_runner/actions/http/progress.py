"""What a request is waiting for, told by the thread that sends it to the one that waits for it."""

import time


class Progress:
    """What is being waited for, since when; the whole is replaced at once, so that nobody reads half of it."""

    def __init__(self, method: str, url: str) -> None:
        self._method = method
        self._state = ("its turn", url, time.monotonic())

    def goes_to(self, url: str) -> None:
        """Another address is asked from now on."""
        self._state = ("its turn", url, time.monotonic())

    def asks_by(self, method: str) -> None:
        """By another method."""
        self._method = method

    def waits_for(self, what: str) -> None:
        """Something else is waited for from now on."""
        self._state = (what, self._state[1], time.monotonic())

    def __str__(self) -> str:
        what, url, since = self._state
        return f"{self._method} {url}: waited {time.monotonic() - since:.1f} s for {what}"
