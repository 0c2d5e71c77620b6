"""Stored values as JSON that a person can look at: a part of the value, cut to a size, never refused for its size.

MessagePack knows more than JSON: bytes become base64 in `{"$bytes": …}`, times RFC 3339 text, ids text, and integers
of thousands of digits hexadecimal text. Decimals are numbers with all of their digits.
The JSON is written while the MessagePack is read, so a preview takes the memory of what it shows, and its time is bounded,
whatever is stored.
"""

import base64
import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, Final

from penstock_core import codec
from penstock_core.values.numbers import is_finite, number_text
from penstock_gateway.api.values.messagepack import READ, Exhausted, Kind, Reader
from penstock_gateway.problems import (
    MALFORMED_REQUEST,
    NO_SUCH_VALUE,
    TOO_DEEP,
    VALUE_DAMAGED,
    VALUE_TOO_LARGE,
    Problem,
)

DEFAULT_BYTES: Final = 256 * 1024
VALUES: Final = 500_000
"""Numbers, texts, lists, … that one preview shows; it may pass twenty times as many by: a second's work either way."""
DEPTH: Final = 250
"""Levels that are shown, as many as runners keep; JSON libraries give up a little later."""
DECIMAL_BITS: Final = 14_000
"""Integers beyond are not shown in decimal: Python, and JSON libraries, refuse somewhere above 4,300 digits."""
_EXTENSION_BYTES: Final = 4096
"""Of a decimal, a time, a large integer, …; longer ones are named."""
_PIECE: Final = 48 * 1024
"""Bytes of a text, or of bytes, that are converted at a time; a multiple of 3, as base64 wants."""
_LEAST: Final = 16
"""Bytes below which another member is not begun."""
_CONSTANTS: Final = {None: b"null", False: b"false", True: b"true"}
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,10})\]|\[\"((?:[^\"\\]|\\.)*)\"\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """JSON bytes of about the size asked for at most; `truncated` where the store or this preview cut something."""

    content: bytearray
    truncated: bool
    size: int
    """Bytes of the stored value before anything was cut, where known; else of its MessagePack."""


def preview(data: bytes, *, path: str = "", max_bytes: int = DEFAULT_BYTES, values: int = VALUES) -> Preview:
    """The value at `path` (`a.b[0]["c d"]`) in stored bytes; raises the 400, the 404 and the 422s. Takes a while.

    `values` bounds that while, see `VALUES`.
    """
    stored, unfolded = codec.stored(data), codec.unfolded_size(data)
    if unfolded < 0:
        raise damaged()
    try:
        writer = _whole(_reader_at(data, path, values), max_bytes) or _cut(_reader_at(data, path, values), max_bytes)
    except ValueError as error:
        raise damaged() from error
    size = unfolded if stored.size is None else stored.size
    return Preview(content=writer.out, truncated=stored.truncated or writer.truncated, size=size)


def damaged() -> Problem:
    """The bytes of a value are none that Penstock wrote."""
    return Problem(
        VALUE_DAMAGED, "What is stored is not what Penstock writes; the execution's other values are not affected."
    )


def _whole(reader: Reader, max_bytes: int) -> "_Writer | None":
    """All of it, None where that is too much."""
    writer = _Writer(reader, whole=True)
    try:
        writer.value(max_bytes)
    except (_Overflow, Exhausted):
        return None
    return writer if len(writer.out) <= max_bytes else None


def _cut(reader: Reader, max_bytes: int) -> "_Writer":
    writer = _Writer(reader, whole=False)
    writer.value(max_bytes)
    return writer


def _reader_at(data: bytes, path: str, values: int) -> Reader:
    """A reader that stands before the value at a path; "" is the whole."""
    reader = Reader(codec.chunks(data), effort=values * READ)
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            detail = f'`path` does not parse at character {position + 1}. Write it as `a.b[0]["c d"]`.'
            raise Problem(MALFORMED_REQUEST, detail)
        position = match.end()
        try:
            found = _enter(reader, match)
        except Exhausted as error:
            detail = f"Too much stands before `{path}`. Ask for the stored bytes with `Accept: application/msgpack`."
            raise Problem(VALUE_TOO_LARGE, detail) from error
        if not found:
            raise Problem(NO_SUCH_VALUE, f"The value has nothing at `{path[:position]}`.")
    return reader


def _enter(reader: Reader, match: re.Match[str]) -> bool:
    """Move to the member that a step of a path names; False where there is none."""
    name, index, text = match.groups()
    kind, count = reader.head()
    if kind is Kind.ARRAY and index is not None and int(index) < count:
        reader.pass_by(int(index))
        return True
    if kind is not Kind.MAP:
        return False
    return _find(reader, count, _key(text) if text is not None else (name or index).encode())


def _key(text: str) -> bytes:
    """A quoted name without its escapes; one that is none stands for itself."""
    try:
        return str(json.loads(f'"{text}"')).encode()
    except ValueError:
        return text.encode(errors="replace")


def _find(reader: Reader, pairs: int, name: bytes) -> bool:
    for _ in range(pairs):
        kind, number = reader.head()
        if kind is Kind.TEXT and number == len(name):
            if reader.take(number) == name:
                return True
        else:
            reader.pass_by(reader.pass_rest(kind, number))
        reader.pass_by()
    return False


class _Overflow(Exception):
    """Something would have to be cut, and all was asked for."""


class _Writer:
    """Writes the value before which a reader stands as JSON; what does not fit is cut, or with `whole` an `_Overflow`."""

    def __init__(self, reader: Reader, *, whole: bool) -> None:
        self.out = bytearray()
        self.truncated = False
        self._reader = reader
        self._whole = whole

    def value(self, room: int, depth: int = 0) -> None:
        """The next value, in about `room` bytes."""
        if depth > DEPTH:
            detail = "Ask for a part of it with `path`, or for the stored bytes with `Accept: application/msgpack`."
            raise Problem(TOO_DEEP, detail)
        kind, number = self._reader.head()
        if kind is Kind.TEXT:
            self._text(number, room)
        elif kind is Kind.NUMBER:
            self.out += _number(number)
        elif kind is Kind.MAP:
            self._members(number, self._pair, values=2, room=room, depth=depth)
        elif kind is Kind.ARRAY:
            self._members(number, self.value, values=1, room=room, depth=depth)
        elif kind is Kind.CONSTANT:
            self.out += _CONSTANTS[number]
        elif kind is Kind.BINARY:
            self._binary(number, room)
        else:
            self._extension(number, room, depth)

    def _members(self, count: int, write: Callable[[int, int], None], *, values: int, room: int, depth: int) -> None:
        """Members of so many values, each in its share of what is left, but an eighth: the first of many are whole."""
        end = len(self.out) + room
        self.out += b"{" if values == 2 else b"["
        for left in range(count, 0, -1):
            begin = len(self.out)
            free = end - begin
            if free < (0 if self._whole else _LEAST):
                self._drop()
                self._pass_by(left * values)
                break
            self.out += b"," if left < count else b""
            try:
                write(free if self._whole else min(free, max(free // left, room // 8)), depth + 1)
            except Exhausted:
                self._drop()
                del self.out[begin:]
                break
        self.out += b"}" if values == 2 else b"]"

    def _pass_by(self, values: int) -> None:
        try:
            self._reader.pass_by(values)
        except Exhausted:
            return  # so will everything around notice

    def _pair(self, room: int, depth: int) -> None:
        """A key and its value; a key that is no text is shown as the text of its JSON."""
        begin = len(self.out)
        self.value(room, depth)
        if self.out[begin : begin + 1] != b'"':
            self.out[begin:] = quoted(self.out[begin:].decode()).encode()
        self.out += b":"
        self.value(max(begin + room - len(self.out), _LEAST), depth)

    def _text(self, size: int, room: int) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        end = len(self.out) + room
        self.out += b'"'
        while size and (free := end - len(self.out)) > 0:
            piece = self._reader.take(min(size, free, _PIECE))
            size -= len(piece)
            self.out += quoted(decoder.decode(piece, final=size == 0))[1:-1].encode()
        self.out += self._rest(size) + b'"'

    def _binary(self, size: int, room: int) -> None:
        end = len(self.out) + room
        self.out += b'{"$bytes":"'
        while size and (free := end - len(self.out)) > 0:
            piece = self._reader.take(min(size, free // 4 * 3 or 3, _PIECE))
            size -= len(piece)
            self.out += base64.b64encode(piece)
        self._rest(size)
        self.out += b'"}'

    def _rest(self, size: int) -> bytes:
        """Skip what did not fit, and say so."""
        if not size:
            return b""
        self._drop()
        self._reader.skip(size)
        return "…".encode()

    def _extension(self, size: int, room: int, depth: int) -> None:
        code = self._reader.take(1)
        if code[0] == codec.SET:
            self.value(room, depth + 1)
        elif size > _EXTENSION_BYTES:
            self.out += quoted(f"<extension {code[0]} of {size} bytes>").encode()
            self._rest(size)
        else:
            message = b"\xc9" + size.to_bytes(4) + code + self._reader.take(size)
            value = codec.from_message(message)
            shown = number_text(value) if _is_number(value) else json.dumps(jsonable(value), ensure_ascii=False)
            self.out += shown.encode()

    def _drop(self) -> None:
        if self._whole:
            raise _Overflow
        self.truncated = True


def _number(value: float) -> bytes:
    return number_text(value).encode() if is_finite(value) else quoted(str(value)).encode()


def _is_number(value: Any) -> bool:
    return isinstance(value, Decimal) and is_finite(value)


def jsonable(value: Any) -> Any:
    """A stored value in the types that JSON has; raises RecursionError for one that is nested very deep."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if value.bit_length() <= DECIMAL_BITS else hex(value)
        case float():
            return value if value - value == 0 else str(value)
        case dict():
            return {key if isinstance(key, str) else _name(key): jsonable(member) for key, member in value.items()}
        case list() | tuple():
            return [jsonable(member) for member in value]
        case set() | frozenset():
            return sorted((jsonable(member) for member in value), key=str)
    return _in_words(value)


def _in_words(value: Any) -> Any:
    """A value of a type that JSON lacks."""
    match value:
        case bytes() | bytearray() | memoryview():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    # a decimal, an id
    return str(value)


def _name(key: Any) -> str:
    """A key that is no text, as text."""
    return str(jsonable(key))
