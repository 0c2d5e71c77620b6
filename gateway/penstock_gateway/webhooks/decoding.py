"""`Content-Encoding` of requests: undone after the signature, which is over the bytes as they are sent, and in bounded memory.

A body that is small either way is decoded at once. For any other a place for the largest body is held before its first byte
becomes more, so that what waits is never larger than what is counted; one at a time is decoded, in the parsers' thread.
"""

from collections.abc import Iterable
from concurrent.futures import Executor

from penstock_core.body import encodings
from penstock_core.errors import BodyError, BodyTooLarge, UnknownEncoding
from penstock_gateway.problems import MALFORMED_BODY, UNKNOWN_ENCODING, Problem
from penstock_gateway.webhooks.apart import apart
from penstock_gateway.webhooks.intake import SMALL_BYTES, Body, Intake


def applied_encodings(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, ...]:
    """What a body was encoded with, in this order; raises the 415."""
    values = [value.decode("latin-1") for name, value in headers if name.lower() == b"content-encoding"]
    if not values:
        return ()
    try:
        return encodings.encodings(values)
    except UnknownEncoding as error:
        raise _unknown(error) from error


def place_for(length: int | None, *, limit: int) -> int | None:
    """What an encoded body of this Content-Length is counted for while it comes in."""
    return limit if length is not None and length > SMALL_BYTES else length


async def decode(body: Body, applied: tuple[str, ...], *, intake: Intake, parsers: Executor) -> None:
    """Undo what a whole body was encoded with; raises the 400, the 413 and the 503."""
    try:
        body.replace(await _decoded(body, applied, intake, parsers))
    except BodyTooLarge as error:
        raise intake.too_large() from error
    except UnknownEncoding as error:
        raise _unknown(error) from error
    except BodyError as error:
        text = str(error)
        raise Problem(MALFORMED_BODY, f"{text[:1].upper()}{text[1:]}. Encode it so, or send it plain.") from error


async def _decoded(body: Body, applied: tuple[str, ...], intake: Intake, parsers: Executor) -> bytes:
    if not body.is_large:
        try:
            return encodings.decoded(body.raw, applied, limit=min(SMALL_BYTES, intake.body_limit))
        except BodyTooLarge:
            await body.enlarge(intake.body_limit)
    return await apart(parsers, _decode, body.raw, applied, intake.body_limit)


def _decode(raw: bytes, applied: tuple[str, ...], limit: int) -> bytes:
    return encodings.decoded(raw, applied, limit=limit)


def _unknown(error: UnknownEncoding) -> Problem:
    text = str(error)
    detail = f"{text[:1].upper()}{text[1:]}. Send the body in one of these, or plain."
    return Problem(UNKNOWN_ENCODING, detail, headers=[("Accept-Encoding", encodings.ACCEPTED)])
