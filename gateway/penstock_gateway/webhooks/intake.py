"""Reading a request's body within limits: of the body, of all bodies together, shared out by namespace, and of time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from penstock_gateway.asgi import Receive
from penstock_gateway.problems import (
    BODY_TOO_LARGE,
    MALFORMED_REQUEST,
    OVERLOADED,
    REQUEST_TOO_SLOW,
    Disconnected,
    Problem,
)
from penstock_gateway.shares import Pace, Shares

PACE: Final = Pace(bytes_per_second=64 * 1024, grace_seconds=10.0, seconds=30.0)
"""For a whole body to arrive, and how slowly it may."""
SMALL_BYTES: Final = 64 * 1024
"""A quarter of the memory for bodies is kept for those up to this size: large ones must not keep all others out."""
PLACE_SECONDS: Final = 5.0
"""For a place for a large body, while it waits in the socket."""
_CLOSE: Final = [("connection", "close")]

Update = Callable[[bytes], object]
"""What sees the pieces of a body as they come, such as a hash."""


class Intake:
    """Counts the bytes of all bodies in memory; one for the process."""

    def __init__(
        self, *, body_limit: int, total_limit: int, pace: Pace = PACE, place_seconds: float = PLACE_SECONDS
    ) -> None:
        self.body_limit: Final = body_limit
        self.pace: Final = pace
        self.place_seconds: Final = place_seconds
        self.large: Final = Shares(max(total_limit * 3 // 4, body_limit), largest=body_limit)
        small = min(SMALL_BYTES, body_limit)
        self.small: Final = Shares(max(total_limit // 4, small), largest=small)

    @property
    def held(self) -> int:
        """Bytes that are counted now."""
        return self.large.held + self.small.held

    def length(self, headers: dict[bytes, bytes]) -> int | None:
        """The `Content-Length`, None without one; one that is too large is refused before anything is read."""
        text = headers.get(b"content-length")
        if text is None:
            return None
        if not text.isdigit():
            raise Problem(MALFORMED_REQUEST, "Content-Length must be a whole number.")
        if int(text) > self.body_limit:
            raise self.too_large()
        return int(text)

    async def read(
        self, receive: Receive, *, namespace: str, length: int | None = None, update: Update | None = None
    ) -> "Body":
        """The whole body, which counts for its namespace; release what comes back.

        `length` is what the caller says, None where that is nothing; `update` sees the pieces as they come.
        """
        body = Body(self, namespace=namespace)
        try:
            if length is not None and length > SMALL_BYTES:
                await body.enlarge(length)
            since = _now()
            async for piece in self._pieces(receive, since):
                if update is not None:
                    update(piece)
                await body.append(piece)
            body.join()
        except BaseException:
            body.release()
            raise
        return body

    async def measure(self, receive: Receive, *, update: Update) -> None:
        """Let a body pass that nobody will keep, within the same limits."""
        async for piece in self._pieces(receive, _now()):
            update(piece)

    async def _pieces(self, receive: Receive, since: float) -> AsyncIterator[bytes]:
        """What arrives, in time; raises the 408, and the 413 as soon as there is too much."""
        seen = 0
        while True:
            try:
                async with asyncio.timeout_at(since + self.pace.deadline(seen)):
                    message = await receive()
            except TimeoutError as error:
                raise self._too_slow(seen) from error
            if message["type"] == "http.disconnect":
                raise Disconnected
            piece = message.get("body", b"")
            seen += len(piece)
            if seen > self.body_limit:
                raise self.too_large()
            if piece:
                resumed = _now()
                yield piece
                since += _now() - resumed  # while a large body waits for its place, its sender does too
            if not message.get("more_body", False):
                return

    def too_large(self) -> Problem:
        """The 413."""
        return Problem(
            BODY_TOO_LARGE,
            f"The limit is {self.body_limit} bytes. Send less, or a reference to where the data can be fetched.",
            headers=_CLOSE,
            members={"maxBytes": self.body_limit},
        )

    def _too_slow(self, seen: int) -> Problem:
        pace = self.pace
        detail = (
            f"{seen} bytes of the body arrived in {pace.deadline(seen):.0f} s. Send it within {pace.seconds:.0f} s, and after"
            f" {pace.grace_seconds:.0f} s no slower than {pace.bytes_per_second} bytes a second."
        )
        return Problem(REQUEST_TOO_SLOW, detail, headers=_CLOSE)


class Body:
    """A body's bytes, counted for its namespace until released."""

    __slots__ = ("_intake", "_namespace", "_pieces", "_shares", "_size", "_taken", "raw")

    def __init__(self, intake: Intake, *, namespace: str) -> None:
        self._intake = intake
        self._namespace = namespace
        self._shares = intake.small
        self._pieces: list[bytes] = []
        self._size = 0
        self._taken = 0
        """Of `_shares`: of a large body all that it may become, so that none waits for more with half of it in memory."""
        self.raw = b""

    async def append(self, piece: bytes) -> None:
        """Count and keep what came; raises the 503 where there is no place for it."""
        self._size += len(piece)
        if self._size > SMALL_BYTES and self._shares is self._intake.small:
            await self.enlarge(self._intake.body_limit)
        elif self._size > self._taken:
            if not self._shares.take(self._namespace, self._size - self._taken):
                raise _crowded()
            self._taken = self._size
        self._pieces.append(piece)

    @property
    def is_large(self) -> bool:
        """Whether its place is among the large ones."""
        return self._shares is self._intake.large

    def replace(self, raw: bytes) -> None:
        """Have other bytes instead, of the largest body at most where the place is a large one; raises the 503."""
        if not self.is_large and len(raw) > self._taken:
            if not self._shares.take(self._namespace, len(raw) - self._taken):
                raise _crowded()
            self._taken = len(raw)
        self.raw = raw

    async def enlarge(self, size: int) -> None:
        """Take a place among the large ones instead of one among the small ones, for so many bytes."""
        raw = self.raw
        self.release()
        try:
            await self._intake.large.wait(self._namespace, size, within=self._intake.place_seconds)
        except TimeoutError as error:
            raise _crowded() from error
        self._shares, self._taken, self.raw = self._intake.large, size, raw

    def join(self) -> None:
        """The body is whole."""
        self.raw = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces = []

    def drop(self) -> None:
        """Let the bytes go, as something of their size takes their place."""
        self.raw = b""

    def release(self) -> None:
        """Count the bytes out; again is harmless."""
        self._shares.give(self._namespace, self._taken)
        self._taken = 0
        self.raw = b""


def _crowded() -> Problem:
    return Problem(
        OVERLOADED,
        "Too many bodies of this namespace, or large ones of others, are being received. Send the request again later.",
        headers=_CLOSE,
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
