"""The HTTP protocol on a transport in memory: what ends a connection, and what must not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from penstock_gateway.asgi import Receive, Scope, Send
from penstock_gateway.server.protocol import READ_BYTES, LimitedProtocol

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Transport:
    """Keeps what was written, and tells when it is closed."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = asyncio.Event()
        self.aborted = asyncio.Event()
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed.set()

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.aborted.set()

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Connection:
    """A protocol on a transport in memory, and the application behind it."""

    def __init__(self, application: Application, *, state: ServerState | None = None, **limits: Any) -> None:
        self.transport = Transport()
        config = uvicorn.Config(application, ws="none", lifespan="off", log_config=None, server_header=False)
        self.protocol = LimitedProtocol(config=config, server_state=state or ServerState(), app_state={}, **limits)
        self.protocol.connection_made(self.transport)  # type: ignore[arg-type]

    def feed(self, data: bytes) -> None:
        self.protocol.data_received(data)

    async def settled(self) -> None:
        """Wait for the requests that are being answered."""
        async with asyncio.timeout(5):
            await asyncio.gather(*self.protocol.tasks)


async def early(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the body was read."""
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Reading:
    """Answers once the body was read; keeps the headers and the body's length."""

    def __init__(self) -> None:
        self.seen: list[tuple[list[tuple[bytes, bytes]], int]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = 0
        while True:
            message = await receive()
            length += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        self.seen.append((scope["headers"], length))
        await early(scope, receive, send)


async def test_a_body_that_drips_after_its_answer_ends() -> None:
    """A request that was answered early must be over soon, or its connection is closed."""
    connection = Connection(early, head_seconds=0.05)
    connection.feed(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
    await connection.settled()
    connection.feed(b"x")

    async with asyncio.timeout(5):
        await connection.transport.closed.wait()


@pytest.mark.parametrize("rest", [b"xx", b"xx\r\n"])
async def test_a_connection_is_idle_again_after_the_rest_of_a_body(rest: bytes) -> None:
    """The end of an ignored body, or a stray line after it, leaves the time of any idle connection."""
    connection = Connection(early)
    connection.feed(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
    await connection.settled()
    connection.feed(rest)

    assert connection.protocol.timeout_keep_alive_task is not None
    assert connection.protocol._head_timer is None


async def test_a_large_body_before_part_of_a_head() -> None:
    """The body of a request is not counted as the head of the next."""
    reading = Reading()
    connection = Connection(reading)
    connection.feed(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
    connection.feed(b"x" * 100_000 + b"GET /y HT")
    await connection.settled()
    connection.feed(b"TP/1.1\r\nHost: x\r\n\r\n")
    await connection.settled()

    assert [length for _, length in reading.seen] == [100_000, 0]
    assert b" 400 " not in connection.transport.written


@pytest.mark.parametrize(
    "start",
    [
        b"GET /x HTTP/1.1\r\nX: ",
        b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: ",
    ],
    ids=["header", "trailer"],
)
async def test_a_field_without_an_end(start: bytes) -> None:
    """A header or trailer that never ends is refused while it comes in."""
    connection = Connection(Reading())
    connection.feed(start)
    for _ in range(9):
        if not connection.transport.is_closing():
            connection.feed(b"y" * 10_000)

    assert connection.transport.written.startswith(b"HTTP/1.1 400 ")


async def test_trailers_are_dropped() -> None:
    """What follows a chunked body is not a header: it neither authenticates nor is stored."""
    reading = Reading()
    connection = Connection(reading)
    connection.feed(
        b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nApi-Key: stolen\r\n\r\n"
    )
    await connection.settled()

    assert reading.seen == [([(b"host", b"x"), (b"transfer-encoding", b"chunked")], 2)]


async def test_connections_are_limited() -> None:
    """One connection too many is answered once and closed."""
    state = ServerState()
    first, second = (Connection(early, state=state, connections=1) for _ in range(2))
    for connection in (first, second):
        connection.feed(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await connection.settled()

    assert first.transport.written.startswith(b"HTTP/1.1 404 ")
    assert not first.transport.is_closing()
    assert second.transport.written.startswith(b"HTTP/1.1 503 ")
    assert second.transport.is_closing()


async def test_a_caller_who_does_not_read_is_cut_off() -> None:
    """What waits to be read is not kept for ever, while an answer is sent, after its end, and on an idle connection."""
    connections = [Connection(early, read_seconds=0.05) for _ in range(4)]
    sending, ended, idle, reading = connections
    sending.protocol.pause_writing()
    ended.feed(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    idle.protocol.timeout_keep_alive_handler()
    reading.protocol.pause_writing()
    reading.protocol.resume_writing()
    for connection in connections:
        await connection.settled()

    async with asyncio.timeout(5):
        for connection in (sending, ended, idle):
            await connection.transport.aborted.wait()
    assert not reading.transport.aborted.is_set()


async def test_a_caller_who_reads_on_is_not_cut_off() -> None:
    """A large answer may take long, as long as enough of it is taken."""
    connection = Connection(early)
    connection.transport.waiting = 2 * READ_BYTES
    connection.protocol._check_reading(3 * READ_BYTES)
    assert not connection.transport.aborted.is_set()
    assert connection.protocol._read_timer is not None

    connection.protocol._check_reading(2 * READ_BYTES + 1)
    assert connection.transport.aborted.is_set()


async def test_an_end_that_was_read_is_not_cut_off() -> None:
    """Once the connection is gone there is nothing left to abort."""
    connection = Connection(early, read_seconds=0.05)
    connection.feed(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await connection.settled()
    connection.protocol.connection_lost(None)

    assert connection.protocol._read_timer is None
