"""Answers with a stored value: as JSON to look at, or the MessagePack itself, piece by piece.

A value takes up to 32 MiB while it is read and sent, so a replica holds a few at a time; who finds no place is told to come back.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, Final

from fastapi import Query, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from penstock_core import codec
from penstock_gateway import problems
from penstock_gateway.api.values.preview import DEFAULT_BYTES, damaged, preview
from penstock_gateway.problems import Problem

MSGPACK: Final = "application/msgpack"
PLACES: Final = 4
"""Values that a replica holds at a time."""
PLACE_SECONDS: Final = 5.0
"""For a place, beyond it the caller gets a 503."""
SEND_SECONDS: Final = 120.0
"""For a value to be sent; a caller who reads slower would keep others from a place."""
DESCRIPTION: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The value as JSON, or with `Accept: application/msgpack` the stored MessagePack, uncut."
        " `Penstock-Truncated` says whether anything was cut, `Penstock-Size` the size of the whole."
        " JSON shows half a million members at most.",
        "content": {"application/json": {"schema": {}}, MSGPACK: {}},
    }
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a value is to be shown."""

    path: Annotated[str, Query(description='Part of the value, as `a.b[0]["c d"]`; empty: all of it')] = ""
    max_bytes: Annotated[
        int, Query(alias="maxBytes", ge=64, le=16 * 1024 * 1024, description="Size of the preview, about")
    ] = DEFAULT_BYTES


class Places:
    """Bounds how many requests hold what they read from the store at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(PLACES)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place, until the block ends; raises the 503."""
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            detail = "Many values are being read at this moment. Send the request again."
            raise Problem(problems.OVERLOADED, detail) from error
        try:
            yield
        finally:
            self._free.release()


class Pieces(StreamingResponse):
    """Sends pieces as the caller reads them, within `SEND_SECONDS`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all; a caller who is too slow, or whose value is damaged in the middle, finds the connection closed."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await super().__call__(scope, receive, send)
        except (TimeoutError, ValueError) as error:
            cause = str(error) or "the caller reads too slowly"
            _log.warning("value was not sent to its end", extra={"path": scope["path"][:200], "cause": cause})


async def value(request: Request, data: bytes | None, shown: Shown, *, missing: str) -> Pieces:
    """A stored value as the caller accepts it; raises the 404 and the 422s."""
    if data is None:
        raise Problem(problems.NO_SUCH_VALUE, missing)
    if MSGPACK in request.headers.get("accept", ""):
        return _message(data)
    found = await asyncio.to_thread(preview, data, path=shown.path, max_bytes=shown.max_bytes)
    content = memoryview(found.content)
    pieces = (bytes(content[at : at + codec.CHUNK]) for at in range(0, len(content), codec.CHUNK))
    return _pieces(pieces, "application/json", length=len(content), truncated=found.truncated, size=found.size)


def _message(data: bytes) -> Pieces:
    stored, length = codec.stored(data), codec.unfolded_size(data)
    if length < 0:
        raise damaged()
    pieces = codec.chunks(data)
    try:
        # what is damaged from the first byte on is a problem; what turns out later breaks the connection
        first = next(pieces, b"")
    except ValueError as error:
        raise damaged() from error
    size = length if stored.size is None else stored.size
    return _pieces(chain((first,), pieces), MSGPACK, length=length, truncated=stored.truncated, size=size)


def _pieces(pieces: Iterable[bytes], media_type: str, *, length: int, truncated: bool, size: int) -> Pieces:
    facts = {
        "Content-Length": str(length),
        "Penstock-Truncated": "true" if truncated else "false",
        "Penstock-Size": str(size),
    }
    return Pieces(pieces, media_type=media_type, headers=facts)
