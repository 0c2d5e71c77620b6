"""ASGI without a framework: the types, one whole answer, and how a refused upload is drained."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from penstock_gateway.problems import Headers

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]
LINGER_SECONDS: Final = 2.0
"""How long an answered caller may go on sending, so that it reads the answer before the connection is closed."""


async def linger(receive: Receive) -> None:
    """Take what an answered caller still sends, for a while: closing at once would reset the connection under it."""
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


Answer = tuple[int, Headers, bytes]


async def respond(send: Send, answer: Answer, *, receive: Receive) -> None:
    """Send an answer; where it closes the connection, only after the caller could read it."""
    status, headers, content = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if (b"connection", b"close") not in headers:
        await send({"type": "http.response.body", "body": content})
        return
    await send({"type": "http.response.body", "body": content, "more_body": True})
    await linger(receive)
    await send({"type": "http.response.body", "body": b""})
