"""HTTP parsing with the limits that uvicorn leaves open: of heads and trailers, of time, of connections, and of slow readers."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from penstock_gateway.asgi import Receive, Scope, Send, respond
from penstock_gateway.problems import OVERLOADED, Problem

HEAD_BYTES: Final = 64 * 1024
"""Target and headers of one request, and its trailers."""
HEAD_SECONDS: Final = 15.0
"""From the first byte of a connection, or of its next request, to the end of the headers; and for the rest of a body after its answer."""
READ_SECONDS: Final = 15.0
READ_BYTES: Final = 256 * 1024
"""What a caller takes at least in that time of an answer that waits for it, or all of it."""
CONNECTIONS: Final = 1_000
"""At one time on a port; one that comes beyond is answered once, with 503."""


class HeadTooLarge(Exception):
    """Raised inside the parser, which then answers 400 and closes the connection."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol; a caller who sends endless or very slow headers is sent away, and so is a crowd.

    uvicorn makes one for each connection, with the default limits.
    """

    _head_bytes = 0
    """Of the parts that are complete: one piece of data may hold them all."""
    _unparsed_bytes = 0
    """Received since anything was complete: a header or trailer without an end is seen only here."""
    _in_head = False
    _in_message = False
    _progressed = False
    """Whether the piece of data that is parsed completed a head or a message, or held some of a body."""
    _is_beyond = False
    """Whether there were enough connections already."""
    _head_timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None
    """Runs while a caller does not take what it asked for."""

    def __init__(
        self,
        *words: Any,
        head_seconds: float = HEAD_SECONDS,
        read_seconds: float = READ_SECONDS,
        connections: int = CONNECTIONS,
        **named: Any,
    ) -> None:
        super().__init__(*words, **named)
        self._head_seconds = head_seconds
        self._read_seconds = read_seconds
        self._most_connections = connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a connection that says nothing is closed too."""
        super().connection_made(transport)
        self._is_beyond = len(self.connections) > self._most_connections
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_timer()
        self._stop_reading_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The caller does not read: it has a while."""
        super().pause_writing()
        self._start_reading_timer()

    def resume_writing(self) -> None:
        """It has read."""
        self._stop_reading_timer()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """The last of an answer is written; where the connection closes, the caller has a while to read it."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._start_reading_timer()

    def timeout_keep_alive_handler(self) -> None:
        """An idle connection ends, also where the caller has not read its last answer."""
        super().timeout_keep_alive_handler()
        self._start_reading_timer()

    def data_received(self, data: bytes) -> None:
        """Parse, and count what completes nothing: the parser keeps a header or trailer until its end."""
        self._progressed = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_message and not self._progressed:
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > HEAD_BYTES:
                self.send_400_response("The request's head is too large.")
                return
        self._watch_answered()

    def on_message_begin(self) -> None:
        """A new request: count from 0."""
        self._head_bytes = self._unparsed_bytes = 0
        self._in_head = self._in_message = True
        self._start_timer()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the target."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, with what separates it; drop a trailer, which nobody may take for a header."""
        self._count(name, value)
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: stop the clock."""
        self._in_head = False
        self._progress()
        self._stop_timer()
        if self._is_beyond:
            self.app = _refuse
        super().on_headers_complete()
        if self._is_beyond:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Not of the head."""
        self._progress()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._in_message = False
        self._progress()
        self._stop_timer()
        super().on_message_complete()

    def _watch_answered(self) -> None:
        """What came after an answer has cancelled uvicorn's timer: the connection must not be left without any."""
        if self._in_head or self.cycle is None or not self.cycle.response_complete:
            return
        if self._in_message:
            self._start_timer()
        else:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _progress(self) -> None:
        self._progressed = True
        self._unparsed_bytes = 0

    def _count(self, *parts: bytes) -> None:
        self._head_bytes += sum(map(len, parts)) + 4
        if self._head_bytes > HEAD_BYTES:
            raise HeadTooLarge

    def _start_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._head_seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()
        self._start_reading_timer()

    def _start_reading_timer(self) -> None:
        if self._read_timer is None:
            waiting = self.transport.get_write_buffer_size()
            self._read_timer = self.loop.call_later(self._read_seconds, self._check_reading, waiting)

    def _check_reading(self, before: int) -> None:
        self._read_timer = None
        if self.transport.get_write_buffer_size() + READ_BYTES > before:
            self.transport.abort()
        else:
            self._start_reading_timer()

    def _stop_reading_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    problem = Problem(
        OVERLOADED,
        "Too many connections are open. Send the request again later.",
        headers=[("connection", "close")],
    )
    await respond(send, problem.render(), receive=receive)
