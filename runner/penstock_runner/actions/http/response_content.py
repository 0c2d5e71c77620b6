"""The body of a response, as the value that steps see: by the same rules as a request's, see `penstock_core.body`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from penstock_core import body as bodies
from penstock_core.errors import BodyError, BodyTooLarge


def header_text(value: str) -> str:
    """A header's value as text: the HTTP client has it byte by byte, and what is not UTF-8 is windows-1252, as in requests."""
    return value if value.isascii() else bodies.read(value.encode("latin-1"), "").text


class Content(NamedTuple):
    """A response's body; `problem` says why it is not what it is declared to be, "" where it is: then `body` has its bytes."""

    body: Any
    size: int
    """Bytes without the Content-Encoding."""
    warnings: tuple[str, ...] = ()
    problem: str = ""
    raw: bytes = b""
    """What came, without the Content-Encoding; for messages."""


def response_content(
    raw: bytes, content_type: str, *, encoded: Sequence[str] = (), how: str = "auto", limit: int
) -> Content:
    """The content of what came; `encoded` are the values of Content-Encoding, `how` is what the step's `parse` says.

    Raises BodyTooLarge where it is more than `limit` bytes when it is decoded.
    """
    try:
        if encoded and raw:
            from penstock_core.body import encodings  # few answers are: nobody asked for it

            raw = encodings.decoded(raw, encodings.encodings(encoded), limit=limit)
        value, warnings = bodies.parse(raw, content_type, how=how)
    except BodyTooLarge:
        raise
    except BodyError as exc:
        return Content(raw, len(raw), problem="" if how == "bytes" else str(exc), raw=raw)
    return Content(value, len(raw), tuple(text.replace("the body", "the response", 1) for text in warnings), raw=raw)
