"""HTTP parsing with the limits that uvicorn leaves open: the size of a request's head, and the time to send it."""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES: Final = 64 * 1024
"""Target and headers of one request."""
HEAD_SECONDS: Final = 15.0
"""From the first byte of a connection, or of its next request, to the end of the headers."""


class HeadTooLarge(Exception):
    """Raised inside the parser, which then answers 400 and closes the connection."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol; a caller who sends endless or very slow headers is sent away."""

    _head_bytes = 0
    """Of the parts that are complete: one piece of data may hold them all."""
    _unparsed_bytes = 0
    """Received while the head was incomplete: a header without an end is seen only here."""
    _in_head = False
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a connection that says nothing is closed too."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and count what belongs to a head that is not complete: the parser keeps a header until its end."""
        super().data_received(data)
        if self._in_head:
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        """A new request: count from 0."""
        self._head_bytes = self._unparsed_bytes = 0
        self._in_head = True
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the target."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, with what separates it."""
        self._count(name, value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: stop the clock."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _count(self, *parts: bytes) -> None:
        self._head_bytes += sum(map(len, parts)) + 4
        if self._head_bytes > HEAD_BYTES:
            raise HeadTooLarge

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()
