"""Reading a request's body within limits: of the body, of all bodies together, and of time."""

import asyncio
from dataclasses import dataclass
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

BODY_SECONDS: Final = 30.0
"""For a whole body to arrive."""
SMALL_BYTES: Final = 64 * 1024
"""A quarter of the memory for bodies is kept for those up to this size: a few large ones must not keep all others out."""


@dataclass(slots=True)
class Intake:
    """Counts the bytes of all bodies in memory; one for the process."""

    body_limit: int
    total_limit: int
    body_seconds: float = BODY_SECONDS
    held: int = 0
    held_large: int = 0
    """What of `held` belongs to bodies above `SMALL_BYTES`."""

    @property
    def large_limit(self) -> int:
        """For all large bodies together; one at least must fit."""
        return max(self.total_limit * 3 // 4, self.body_limit)

    def check_length(self, headers: dict[bytes, bytes]) -> None:
        """Refuse by `Content-Length`, before anything is read."""
        text = headers.get(b"content-length")
        if text is None:
            return
        if not text.isdigit():
            raise Problem(MALFORMED_REQUEST, "Content-Length must be a whole number.")
        if int(text) > self.body_limit:
            raise self.too_large()

    async def read(self, receive: Receive, *, keep: bool = True) -> "Body":
        """The whole body; with `keep` False it is only measured. Release what comes back."""
        body = Body(intake=self)
        try:
            async with asyncio.timeout(self.body_seconds):
                await body.fill(receive, keep=keep)
        except TimeoutError as error:
            body.release()
            raise Problem(
                REQUEST_TOO_SLOW,
                f"The body did not arrive within {self.body_seconds:.0f} s.",
                headers=[("connection", "close")],
            ) from error
        except BaseException:
            body.release()
            raise
        return body

    def hold(self, before: int, after: int) -> None:
        """Count a body that grows; refuse where all together, or all large ones, would take too much memory."""
        size = after - before
        large = _large(after) - _large(before)
        if self.held + size > self.total_limit or (large and self.held_large + large > self.large_limit):
            raise Problem(
                OVERLOADED,
                "Too many large bodies are being received. Send the request again later.",
                headers=[("connection", "close")],
            )
        self.held += size
        self.held_large += large

    def release(self, size: int) -> None:
        """Count a whole body out."""
        self.held -= size
        self.held_large -= _large(size)

    def too_large(self) -> Problem:
        """The 413."""
        return Problem(
            BODY_TOO_LARGE,
            f"The limit is {self.body_limit} bytes. Send less, or a reference to where the data can be fetched.",
            headers=[("connection", "close")],
            members={"maxBytes": self.body_limit},
        )


class Body:
    """A body's bytes, counted until released."""

    __slots__ = ("_intake", "_size", "raw")

    def __init__(self, *, intake: Intake) -> None:
        self._intake = intake
        self._size = 0
        self.raw = b""

    async def fill(self, receive: Receive, *, keep: bool) -> None:
        """Read to the end; raises the 413 as soon as there is too much."""
        chunks: list[bytes] = []
        seen = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk = message.get("body", b"")
            seen += len(chunk)
            if seen > self._intake.body_limit:
                raise self._intake.too_large()
            if keep and chunk:
                self._intake.hold(self._size, self._size + len(chunk))
                self._size += len(chunk)
                chunks.append(chunk)
            if not message.get("more_body", False):
                break
        self.raw = chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def release(self) -> None:
        """Count the bytes out; again is harmless."""
        self._intake.release(self._size)
        self._size = 0
        self.raw = b""


def _large(size: int) -> int:
    """What a body of that size takes of the large ones' share."""
    return size if size > SMALL_BYTES else 0
