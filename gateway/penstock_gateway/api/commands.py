"""What a route that changes something is told: a small JSON object, read after its sender is known and in bounded time and size.

The framework would read a body before it asks who sends it, whole and without a bound.
"""

import asyncio
import json
import re
from typing import Annotated, Final, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from starlette.requests import ClientDisconnect

from penstock_core.cluster import Caller
from penstock_gateway.api import faults
from penstock_gateway.problems import (
    BODY_TOO_LARGE,
    MALFORMED_BODY,
    MALFORMED_REQUEST,
    REQUEST_TOO_SLOW,
    Disconnected,
    Problem,
)

MOST_BYTES: Final = 16_384
READ_SECONDS: Final = 10.0
_NOT_OF_A_LINE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Line ends of all kinds, other controls, what turns the direction of a text, and halves of surrogate pairs."""
_CLOSE: Final = [("Connection", "close")]


def _one_line(text: str) -> str:
    if _NOT_OF_A_LINE.search(text):
        raise PydanticCustomError("one_line", "not one line of text")
    return text


Words = Annotated[str, Field(max_length=1000), AfterValidator(_one_line)]
"""What somebody writes for other people."""


def written_name(caller: Caller) -> str:
    """A user's name as the record and the log may have it; who issues tokens may write anything into one."""
    return _NOT_OF_A_LINE.sub("?", caller.user)[:300]


class Command(BaseModel):
    """A body of which every member is known: a misspelt one must not be passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Body = TypeVar("Body", bound=Command)


async def command(request: Request, model: type[Body]) -> Body:
    """The body of a request, an empty one as `{}`; raises the 400s, the 408 and the 413."""
    raw = await _bounded(request)
    try:
        value = json.loads(raw, object_pairs_hook=_distinct) if raw.strip() else {}
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem(MALFORMED_BODY, f"The body is not JSON: {error.msg} in {where}.") from error
    except (RecursionError, ValueError) as error:
        raise Problem(MALFORMED_BODY, "The body is not JSON in UTF-8 with a few members.") from error
    if not isinstance(value, dict):
        raise Problem(MALFORMED_BODY, "The body is a JSON object, as in `{}`.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Problem(MALFORMED_REQUEST, f"{'; '.join(_sentences(error, model))}.") from error


def _sentences(error: ValidationError, model: type[Command]) -> list[str]:
    known = [field.alias or name for name, field in model.model_fields.items()]
    unknown = [str(fault["loc"][0])[:100] for fault in error.errors() if fault["type"] == "extra_forbidden"]
    if unknown:
        return [faults.unknown_member(unknown[0], known)]
    return faults.sentences([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()])


def _distinct(members: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; who writes a member twice means one of them, and nobody knows which."""
    value = dict(members)
    if len(value) < len(members):
        raise Problem(MALFORMED_BODY, "The body has a member twice: write it once.")
    return value


async def _bounded(request: Request) -> bytes:
    raw = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in request.stream():
                raw += piece
                if len(raw) > MOST_BYTES:
                    raise Problem(BODY_TOO_LARGE, f"The limit is {MOST_BYTES} bytes here.", headers=_CLOSE)
    except TimeoutError as error:
        detail = f"The body did not arrive within {READ_SECONDS:g} s."
        raise Problem(REQUEST_TOO_SLOW, detail, headers=_CLOSE) from error
    except ClientDisconnect as error:
        raise Disconnected from error
    return bytes(raw)
