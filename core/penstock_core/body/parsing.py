"""Parses a request body by its content type into the value that flows see as `trigger.body`.

The gateway parses to refuse what is malformed, the runner parses again from the stored `rawBody`: so both call this.
Strict where JSON is strict (no NaN, no trailing commas); of duplicate keys the last one wins, as in browsers and most servers.
"""

from typing import Any, Final

from penstock_core.body.text import decode, parse_content_type

MAX_FIELDS: Final = 10_000
"""Fields that a form may have."""


def parse(raw: bytes, content_type: str, *, structure: int = 0) -> Any:
    """The value of a body; with `structure`, of a JSON body that has at most so many of `{ [ , :` outside of strings.

    JSON gives its value; a form and a multipart body give a map of fields (a list where a name is repeated; a file is
    `{filename, contentType, content}` with `content` as bytes); text gives a string; anything else the bytes as they are.
    An empty body is None. Raises BodyError with line and column.
    """
    if not raw:
        return None
    media_type, parameters = parse_content_type(content_type)
    charset = parameters.get("charset", "")
    if is_json(media_type):
        from penstock_core.body import json_body

        return json_body.parse(raw, charset, structure=structure)
    if media_type == "application/x-www-form-urlencoded":
        from penstock_core.body import form

        return form.parse(raw, charset or "utf-8", max_fields=MAX_FIELDS)
    if media_type == "multipart/form-data":
        from penstock_core.body import multipart

        return multipart.parse(raw, boundary=parameters.get("boundary", ""), max_fields=MAX_FIELDS)
    if charset or media_type.startswith("text/") or media_type.endswith(("/xml", "+xml")) or not media_type:
        return _text(raw, charset)
    return raw


def is_json(media_type: str) -> bool:
    """True for `application/json`, `text/json` and everything that ends in `+json`."""
    return media_type in {"application/json", "text/json"} or media_type.endswith("+json")


def _text(raw: bytes, charset: str) -> str | bytes:
    if charset:
        return decode(raw, charset)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw  # nobody said which charset: the bytes are at least true
