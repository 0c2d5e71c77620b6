"""The body of a request and its query, of what the http action was given: each value once, in the charset that is declared."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from penstock_core import body as bodies
from penstock_core.body.text import codec_of, holds_ascii
from penstock_core.errors import BodyError, ExpressionError, UnusableValue
from penstock_runner.errors import Failure

_FORM: Final = "application/x-www-form-urlencoded"
_XML_DECLARATION: Final = r"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']"


class Content(NamedTuple):
    """A body's bytes, and the content type that it has where the step declares none; both empty for no body."""

    content_type: str
    data: bytes | None


def request_body(given: Mapping[str, Any], declared: str) -> Content:
    """The body of one of `json`, `form` and `body`; `declared` is the step's own Content-Type, '' for none. Raises Failure."""
    if "json" in given:
        return Content("application/json", _json("json", given["json"], _charset(declared)))
    if given.get("form") is not None:
        return Content(_FORM, _form(given["form"], _charset(declared)))
    raw = given.get("body")
    if raw is None:
        return Content("", None)
    if isinstance(raw, bytes):
        return Content("application/octet-stream", raw)
    if isinstance(raw, str):
        return _text(raw, declared)
    return Content("application/json", _json("body", raw, _charset(declared)))


def query(fields: Mapping[str, Any]) -> str:
    """Parameters of an address: UTF-8, a blank as `+`. Raises Failure."""
    return _urlencoded("query", fields, "utf-8")


def _form(fields: Mapping[str, Any], charset: str) -> bytes:
    codec = _codec(charset)
    if holds_ascii(codec):
        return _urlencoded("form", fields, codec, charset).encode()
    return _urlencoded("form", fields, "utf-8").encode(codec)  # as browsers do, and as webhooks are read


def _urlencoded(member: str, fields: Mapping[str, Any], codec: str, charset: str = "utf-8") -> str:
    pairs = []
    for name, value in _pairs(member, fields):
        _encoded(f"http.{member}.{name}", name + value, codec, charset)
        pairs.append((name, value))
    return urlencode(pairs, encoding=codec)


def _pairs(member: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A list repeats its name, null is left out, everything else is text as in templates."""
    for name, value in fields.items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if each is not None:
                yield name, as_sent(f"http.{member}.{name}", each)


def as_sent(place: str, value: Any) -> str:
    """A value as text, as in templates. Raises Failure for what has none, such as bytes."""
    from penstock_core.expressions.values import as_text  # many requests have none

    try:
        return as_text(value)
    except ExpressionError as exc:
        raise Failure("invalid_input", f"{place}: {exc}", details={"field": place}) from exc


def _text(text: str, declared: str) -> Content:
    """Text in the charset of its content type, else in that of its own XML declaration, else in UTF-8."""
    charset, own = _charset(declared), ""
    if found := re.match(_XML_DECLARATION, text):
        own = found[1]
    if charset and own and _codec(charset) != _codec(own):
        raise Failure(
            "invalid_input",
            f"http.body: its XML declaration says {own}, and the header Content-Type says {charset}, so that no reader can"
            " tell which holds: make both the same, or leave one out",
        )
    charset = charset or own or "utf-8"
    data = _encoded("http.body", text, _codec(charset), charset)
    return Content(f"text/plain; charset={charset}", data)


def _charset(content_type: str) -> str:
    return bodies.parse_content_type(content_type)[1].get("charset", "") if content_type else ""


def _codec(charset: str) -> str:
    try:
        return codec_of(charset or "utf-8").replace("-", "_")
    except BodyError as exc:
        message = f"http.headers.Content-Type: nothing can be sent in the charset `{charset[:40]}`: write utf-8"
        raise Failure("invalid_input", message) from exc


def _encoded(place: str, text: str, codec: str, charset: str) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError as exc:
        character = text[exc.start]
        line, column = text.count("\n", 0, exc.start) + 1, exc.start - text.rfind("\n", 0, exc.start)
        shown = "half a character" if "\ud800" <= character <= "\udfff" else f"`{character}`"
        raise Failure(
            "invalid_input",
            f"{place}: {charset} cannot hold {shown} (U+{ord(character):04X}) at line {line}, column {column}:"
            " declare charset=utf-8 in the header Content-Type, or replace it",
        ) from exc


def _json(member: str, value: Any, charset: str) -> bytes:
    """JSON; in another charset than UTF-8 with escapes for what is not ASCII, so that every one holds it."""
    from penstock_core.values.json_text import json_text  # with Python's decimals: only who sends JSON loads it

    codec = _codec(charset)
    try:
        text = json_text(value)
    except UnusableValue as exc:
        raise Failure("invalid_input", f"http.{exc.inside(member)}", details={"field": f"http.{member}"}) from exc
    if codec != "utf_8":
        text = re.sub(r"[^\x00-\x7f]", lambda found: _escaped(found[0]), text)
    return text.encode(codec)


def _escaped(character: str) -> str:
    """JSON's escape of a character: of one beyond 16 bits a pair."""
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
