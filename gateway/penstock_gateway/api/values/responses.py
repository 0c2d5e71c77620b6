"""Answers with a stored value: as JSON to look at, or the MessagePack itself, piece by piece.

A value takes up to 32 MiB while it is read and sent, so a replica holds a few at a time, shared out by the namespaces that they
are of; who finds no place is told to come back, and who reads too slowly loses it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, Final

from fastapi import Query, Request
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from penstock_core import codec
from penstock_core.store.executions.reading import VALUE_BYTES
from penstock_gateway import problems
from penstock_gateway.api.values.preview import DEFAULT_BYTES, damaged, preview
from penstock_gateway.problems import Problem
from penstock_gateway.shares import Pace, Shares

MSGPACK: Final = "application/msgpack"
DESCRIPTION: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The value as JSON, or with `Accept: application/msgpack` the stored MessagePack, uncut."
        " `Penstock-Truncated` says whether anything was cut, `Penstock-Size` the size of the whole."
        " JSON shows half a million members at most.",
        "content": {"application/json": {"schema": {}}, MSGPACK: {}},
    }
}
PACE: Final = Pace(bytes_per_second=256 * 1024, grace_seconds=10.0, seconds=120.0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a value is to be shown."""

    path: Annotated[str, Query(description='Part of the value, as `a.b[0]["c d"]`; empty: all of it')] = ""
    max_bytes: Annotated[
        int, Query(alias="maxBytes", ge=64, le=16 * 1024 * 1024, description="Size of the preview, about")
    ] = DEFAULT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLimits:
    """What answers with values may take of a replica."""

    stored_bytes: int = VALUE_BYTES
    """Of one value; a larger one is not even read."""
    places: int = 4
    """Values that are held at a time."""
    place_seconds: float = 5.0
    """For a place; beyond it the caller gets a 503."""
    pace: Pace = PACE
    """How slowly a value may be read; a caller who is slower would keep others from a place."""


LIMITS: Final = ValueLimits()


class Values:
    """Answers with stored values, as many at a time as there are places."""

    def __init__(self, limits: ValueLimits = LIMITS) -> None:
        self._limits = limits
        self._places = Shares(limits.places)

    @asynccontextmanager
    async def place(self, namespace: str) -> AsyncIterator[None]:
        """A place for what is read of a namespace from the store, until the block ends; raises the 503."""
        try:
            await self._places.wait(namespace, 1, within=self._limits.place_seconds)
        except TimeoutError as error:
            detail = "Many values are being read at this moment. Send the request again."
            raise Problem(problems.OVERLOADED, detail) from error
        try:
            yield
        finally:
            self._places.give(namespace, 1)

    async def answer(self, request: Request, data: bytes | None, shown: Shown, *, missing: str) -> "Pieces":
        """A stored value as the caller accepts it; raises the 404 (which says `missing`) and the 422s."""
        if data is None:
            raise Problem(problems.NO_SUCH_VALUE, missing)
        if MSGPACK in request.headers.get("accept", ""):
            return self._message(data)
        found = await asyncio.to_thread(preview, data, path=shown.path, max_bytes=shown.max_bytes)
        content = memoryview(found.content)
        pieces = (bytes(content[at : at + codec.CHUNK]) for at in range(0, len(content), codec.CHUNK))
        facts = _facts(length=len(content), truncated=found.truncated, size=found.size)
        return Pieces(pieces, media_type="application/json", headers=facts, pace=self._limits.pace)

    def _message(self, data: bytes) -> "Pieces":
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
        facts = _facts(length=length, truncated=stored.truncated, size=size)
        return Pieces(chain((first,), pieces), media_type=MSGPACK, headers=facts, pace=self._limits.pace)


class Pieces(StreamingResponse):
    """Sends pieces as the caller reads them, no slower than `pace`."""

    def __init__(self, pieces: Iterable[bytes], *, media_type: str, headers: Mapping[str, str], pace: Pace) -> None:
        super().__init__(self._watched(pieces), media_type=media_type, headers=headers)
        self._pace = pace
        self._patience: asyncio.Timeout | None = None

    async def _watched(self, pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
        """The pieces, each of which gives the caller time for the next."""
        since, sent = asyncio.get_running_loop().time(), 0
        async for piece in iterate_in_threadpool(pieces):
            yield piece
            sent += len(piece)
            if self._patience is not None:
                self._patience.reschedule(since + self._pace.deadline(sent))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all; a caller who is too slow, or whose value is damaged in the middle, finds the connection closed."""
        try:
            async with asyncio.timeout(self._pace.deadline(0)) as self._patience:
                await super().__call__(scope, receive, send)
        except (TimeoutError, ValueError) as error:
            cause = str(error) or "the caller reads too slowly"
            _log.warning("value was not sent to its end", extra={"path": scope["path"][:200], "cause": cause})


def _facts(*, length: int, truncated: bool, size: int) -> dict[str, str]:
    return {
        "Content-Length": str(length),
        "Penstock-Truncated": "true" if truncated else "false",
        "Penstock-Size": str(size),
    }
