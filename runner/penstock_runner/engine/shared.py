"""Resources that the steps of a flow share, such as open connections: the engine keeps them and knows none of them."""

import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar


class Resource(Protocol):
    """What has to be closed at the flow's end."""

    def close(self) -> None: ...


R = TypeVar("R", bound=Resource)


class Shared:
    """One resource per maker and flow: made for the first step that asks, closed with the flow; threads share it."""

    def __init__(self) -> None:
        self._made: dict[Callable[[], Any], Any] = {}
        self._lock = threading.Lock()

    def get(self, make: Callable[[], R]) -> R:
        """What `make` gave when it was first asked for here."""
        with self._lock:  # two iterations of a loop that ask at once get the same
            if make not in self._made:
                self._made[make] = make()
            made: R = self._made[make]
            return made

    def close(self) -> None:
        """Close all of them."""
        for resource in self._made.values():
            resource.close()
