"""Stored values as JSON that a person can look at: a part of the value, cut to a size, never refused.

MessagePack knows more than JSON: bytes become base64 in `{"$bytes": …}`, times RFC 3339 text, decimals and ids text.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from penstock_core import codec
from penstock_gateway.errors import MALFORMED_REQUEST, NO_SUCH_VALUE, TOO_DEEP, Problem

DEFAULT_BYTES: Final = 256 * 1024
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[\"((?:[^\"\\]|\\.)*)\"\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """JSON bytes of at most about the size asked for; `truncated` where the store or this preview cut something."""

    content: bytes
    truncated: bool
    size: int
    """Bytes of the stored value before anything was cut, where known; else of its MessagePack."""


def preview(data: bytes, *, path: str = "", max_bytes: int = DEFAULT_BYTES) -> Preview:
    """The value at `path` (`a.b[0]["c d"]`) in stored bytes; raises the 400 and the 404."""
    value = select(codec.unpack(data), path)
    stored = codec.stored(data)
    size = stored.size if stored.size is not None else len(codec.message_of(data))
    content = render(value)
    if len(content) <= max_bytes:
        return Preview(content=content, truncated=stored.truncated, size=size)
    cut = codec.pack(value, limit=max(max_bytes * 3 // 4, 64))
    return Preview(content=render(codec.unpack(cut.data)), truncated=True, size=size)


def select(value: Any, path: str) -> Any:
    """The member at a path; "" is the whole."""
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            detail = f'`path` does not parse at character {position + 1}. Write it as `a.b[0]["c d"]`.'
            raise Problem(MALFORMED_REQUEST, detail)
        value = _member(value, match, path[: match.end()])
        position = match.end()
    return value


def render(value: Any) -> bytes:
    """JSON of any stored value; raises the 422 for one that is nested too deep for JSON libraries."""
    try:
        text = json.dumps(jsonable(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except RecursionError as error:
        detail = "Ask for a part of it with `path`, or for the stored bytes with `Accept: application/msgpack`."
        raise Problem(TOO_DEEP, detail) from error
    return text.encode("utf-8", "replace")


def _member(value: Any, match: re.Match[str], path: str) -> Any:
    name, index, quoted = match.groups()
    try:
        if index is not None and isinstance(value, list):
            return value[int(index)]
        key = name if name is not None else json.loads(f'"{quoted}"') if quoted is not None else index
        if isinstance(value, dict):
            return value[key]
    except (KeyError, IndexError, ValueError):
        pass
    raise Problem(NO_SUCH_VALUE, f"The value has nothing at `{path}`.")


def jsonable(value: Any) -> Any:
    """A stored value in the types that JSON has; raises RecursionError for one that is nested very deep."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if value - value == 0 else str(value)
        case dict():
            return {key if isinstance(key, str) else str(key): jsonable(member) for key, member in value.items()}
        case list() | tuple():
            return [jsonable(member) for member in value]
        case set() | frozenset():
            return sorted((jsonable(member) for member in value), key=str)
        case bytes() | bytearray() | memoryview():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal() | UUID():
            return str(value)
    return str(value)
