"""Connections to the outside, kept for a flow's requests."""

from collections.abc import Mapping
from typing import Any, Final

import urllib3

CONNECT_SECONDS: Final = 30.0
"""Longest wait for a connection, whatever the step's timeout."""


class Transport:
    """The flow's open connections, kept from one request to the next; threads share it."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(num_pools=20, maxsize=100, retries=False)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, seconds: float) -> Any:
        """Send one request and return its response, unread. Raises what urllib3 raises."""
        timeout = urllib3.Timeout(connect=min(seconds, CONNECT_SECONDS), read=seconds)
        return self._pool.urlopen(
            method, url, headers=headers, body=body, timeout=timeout, redirect=False, retries=False,
            preload_content=False,
        )  # fmt: skip

    def close(self) -> None:
        """Drop all connections."""
        self._pool.clear()
