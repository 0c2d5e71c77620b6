"""Connections to the outside, kept for a flow's requests."""

import threading
from collections.abc import Mapping
from typing import Any, Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from penstock_runner.actions.http.progress import Progress

CONNECT_SECONDS: Final = 30.0
"""Longest wait for a connection, whatever the step's timeout."""
_THREAD: Final = threading.local()


def _waits_for(what: str) -> None:
    progress: Progress | None = getattr(_THREAD, "progress", None)
    if progress is not None:
        progress.waits_for(what)


class _Told:
    """A connection that says what it is waiting for."""

    host: str
    port: int

    def _new_conn(self) -> Any:
        _waits_for(f"a connection to {self.host}:{self.port}")
        made = super()._new_conn()  # type: ignore[misc]  # a mixin: of urllib3's connections
        _waits_for("the TLS handshake" if isinstance(self, HTTPSConnection) else "the request to be sent")
        return made

    def request(self, *args: Any, **options: Any) -> None:
        if getattr(self, "sock", None) is not None:
            _waits_for("the request to be sent")
        super().request(*args, **options)  # type: ignore[misc]  # as above

    def getresponse(self) -> Any:
        _waits_for("the first byte of the answer")
        return super().getresponse()  # type: ignore[misc]  # as above


class _Plain(_Told, HTTPConnection):
    """Without TLS."""


class _Tls(_Told, HTTPSConnection):
    """With TLS."""


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls


class Transport:
    """The flow's open connections, kept from one request to the next; threads share it."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(num_pools=20, maxsize=100, retries=False)
        self._pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
        progress: Progress,
    ) -> Any:
        """Send one request and return its response, unread. Raises what urllib3 raises."""
        timeout = urllib3.Timeout(connect=min(seconds, CONNECT_SECONDS), read=seconds)
        _THREAD.progress = progress
        return self._pool.urlopen(
            method, url, headers=headers, body=body, timeout=timeout, redirect=False, retries=False,
            preload_content=False,
        )  # fmt: skip

    def close(self) -> None:
        """Drop all connections."""
        self._pool.clear()
