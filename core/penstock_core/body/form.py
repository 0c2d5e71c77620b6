"""Forms (`application/x-www-form-urlencoded`), behind `body.parse`; loaded only when such a body comes.

Read field by field, and percent-encoding piece by piece: a list of all escapes would take eighty times their bytes.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from penstock_core.body.text import add_field, codec_of, decode, holds_ascii
from penstock_core.errors import BodyError

_PIECE: Final = 64 * 1024
"""Bytes whose escapes are undone at a time."""


def parse(raw: bytes, charset: str, *, max_fields: int) -> dict[str, Any]:
    """The fields of a form. Raises BodyError.

    A charset that writes `&` and `%` as other bytes than ASCII does holds for the form itself; what is percent-encoded in it is
    UTF-8 then, as browsers send it.
    """
    if raw.count(b"&") >= max_fields:
        raise BodyError(f"the form has more than {max_fields} fields")
    codec = codec_of(charset)
    text = decode(raw, charset)
    if not holds_ascii(codec):
        raw, codec = text.encode(), "utf-8"
    del text  # only looked at for the place where it is none
    fields: dict[str, Any] = {}
    try:
        for pair in _split(raw):
            name, _, value = pair.partition(b"=")
            add_field(fields, _decoded(name, codec), _decoded(value, codec))
    except UnicodeDecodeError as exc:
        raise BodyError(f"the form is not {charset}: a percent-encoded value does not decode") from exc
    return fields


def _split(raw: bytes) -> Iterator[bytes]:
    """The pairs that are not empty, one at a time."""
    at = 0
    while at <= len(raw):
        end = raw.find(b"&", at)
        end = len(raw) if end < 0 else end
        if end > at:
            yield raw[at:end]
        at = end + 1


def _decoded(part: bytes, codec: str) -> str:
    part = part.replace(b"+", b" ")
    if b"%" not in part:
        return part.decode(codec)
    unquoted = bytearray()
    at = 0
    while at < len(part):
        end = at + _PIECE
        cut = part.rfind(b"%", end - 2, end)  # an escape stays in one piece
        end = cut if cut >= 0 and end < len(part) else end
        unquoted += unquote_to_bytes(part[at:end])
        at = end
    return unquoted.decode(codec)
