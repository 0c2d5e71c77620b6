"""Forms (`application/x-www-form-urlencoded`) and query strings; loaded only when one comes.

Read field by field, and percent-encoding piece by piece: a list of all escapes would take eighty times their bytes.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from penstock_core.body import text
from penstock_core.body.text import add_field, codec_of, decode, holds_ascii
from penstock_core.errors import BodyError

_PIECE: Final = 64 * 1024
"""Bytes whose escapes are undone at a time."""
_CHARSET_FIELD: Final = b"_charset_="
"""Where a form says its charset itself, as HTML has it."""


def parse(
    raw: bytes, charset: str, *, max_fields: int, what: str = "the form"
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of a form, and warnings; `charset` "" is UTF-8, else windows-1252 for all of it. Raises BodyError.

    A charset that writes `&` and `%` as other bytes than ASCII does holds for the form itself; what is percent-encoded in it is
    UTF-8 then, as browsers send it. `what` names the form in messages.
    """
    if raw.count(b"&") >= max_fields:
        raise BodyError(f"{what} has more than {max_fields} fields")
    charset = charset or text.marked(raw) or _declared(raw)
    if charset:
        codec = codec_of(charset)
        written = decode(raw, charset, what=what)
        if not holds_ascii(codec):
            raw, codec = written.encode(), "utf-8"
        del written  # only looked at for the place where it is none
        return _fields(raw, lambda part: part.decode(codec), _Undecodable(what, charset)), ()
    try:
        return _fields(raw, bytes.decode, _Undecodable(what, "utf-8")), ()
    except _Undecodable as exc:
        fields = _fields(raw, text.windows_1252, exc)
        return fields, (text.assumed(what, exc.place),)


class _Undecodable(BodyError):
    """A field whose bytes are not in the form's charset."""

    def __init__(self, what: str, charset: str) -> None:
        super().__init__(f"{what} is not {charset}")
        self.what, self.charset, self.place = what, charset, ""

    def at(self, raw: bytes, offset: int) -> "_Undecodable":
        """The same, with the place of the field."""
        self.line, self.column = text.position(raw, offset)
        self.place = f"the field at offset {offset}, line {self.line}, column {self.column}"
        self.args = (f"{self.what} is not {self.charset}: {self.place} does not decode",)
        return self


def _declared(raw: bytes) -> str:
    """The charset that a form's own field names, "" without one."""
    if _CHARSET_FIELD not in raw:
        return ""
    named = (pair for _, pair in _split(raw) if pair.startswith(_CHARSET_FIELD))
    return next(named, b"").removeprefix(_CHARSET_FIELD).decode("ascii", "replace")


def _fields(raw: bytes, decoded: Callable[[bytes], str], failure: _Undecodable) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for at, pair in _split(raw):
        name, _, value = pair.partition(b"=")
        try:
            add_field(fields, decoded(_plain(name)).lstrip("\ufeff"), decoded(_plain(value)).lstrip("\ufeff"))
        except UnicodeDecodeError as exc:
            raise failure.at(raw, at) from exc
    return fields


def _split(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The pairs that are not empty, one at a time, each with its offset."""
    at = 0
    while at <= len(raw):
        end = raw.find(b"&", at)
        end = len(raw) if end < 0 else end
        if end > at:
            yield at, raw[at:end]
        at = end + 1


def _plain(part: bytes) -> bytes:
    """A name or a value with its escapes undone; a percent sign that escapes nothing stands for itself."""
    part = part.replace(b"+", b" ")
    if b"%" not in part:
        return part
    unquoted = bytearray()
    at = 0
    while at < len(part):
        end = at + _PIECE
        cut = part.rfind(b"%", end - 2, end)  # an escape stays in one piece
        end = cut if cut >= 0 and end < len(part) else end
        unquoted += unquote_to_bytes(part[at:end])
        at = end
    return bytes(unquoted)
