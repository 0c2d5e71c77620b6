"""Parses a request body by its content type into the value that flows see as `trigger.body`.

The gateway parses to refuse what is malformed, the runner parses again from the stored `rawBody`: so both call this.
Strict where JSON is strict (no NaN, no trailing commas); of duplicate keys the last one wins, as in browsers and most servers.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from penstock_core.body import text
from penstock_core.body.content_types import Kind, kind_of
from penstock_core.body.text import Text, parse_content_type
from penstock_core.errors import BodyError

MAX_FIELDS: Final = 10_000
"""Fields that a form may have."""
WAYS: Final = ("auto", "text", "bytes", "json", "csv", "xml")
"""What `parse` may say: auto goes by the content type, the others go whatever it is."""


class Parsed(NamedTuple):
    """A body's value, and what its reader should know of how it came to be."""

    value: Any
    warnings: tuple[str, ...] = ()


class _Body(NamedTuple):
    raw: bytes
    media_type: str
    parameters: Mapping[str, str]
    structure: int

    @property
    def charset(self) -> str:
        return self.parameters.get("charset", "")


def parse(raw: bytes, content_type: str, *, how: str = "auto", structure: int = 0) -> Parsed:
    """The value of a body, by `how` (one of `WAYS`); `structure` bounds what it becomes, see `bounds`; 0 is no bound.

    By its content type it is as `content_types.TABLE` says. Without any bytes: text is "", bytes are none, a form has no
    fields, CSV no rows, and JSON and a body without a content type are None. Raises BodyError with line and column.
    """
    media_type, parameters = parse_content_type(content_type)
    if not raw and (how == "json" or (how == "auto" and not media_type)):
        return Parsed(None)
    reader = _READERS[kind_of(media_type, parameters) if how == "auto" else how]
    return reader(_Body(raw, media_type, parameters, structure))


def fields_of(value: Any, content_type: str, *, how: str = "auto") -> dict[str, list[Any]] | None:
    """All values of each field of a form's value, always in a list; None for what is no form."""
    kind = kind_of(*parse_content_type(content_type))
    if how != "auto" or kind not in (Kind.FORM, Kind.MULTIPART) or not isinstance(value, dict):
        return None
    return text.every(value)


def _json(body: _Body) -> Parsed:
    if not body.raw:
        return Parsed(None)
    from penstock_core.body import json_body

    return Parsed(*json_body.read(body.raw, body.charset, structure=body.structure))


def _form(body: _Body) -> Parsed:
    from penstock_core.body import form

    return Parsed(*form.parse(body.raw, body.charset, max_fields=MAX_FIELDS))


def _multipart(body: _Body) -> Parsed:
    if not body.raw:
        return Parsed({})
    from penstock_core.body import multipart

    return Parsed(*multipart.parse(body.raw, boundary=body.parameters.get("boundary", ""), max_fields=MAX_FIELDS))


def _text(body: _Body) -> Parsed:
    is_xml = kind_of(body.media_type, body.parameters) is Kind.XML
    return Parsed(*(_xml_text(body) if is_xml else text.read(body.raw, body.charset)))


def _xml_text(body: _Body) -> Text:
    from penstock_core.body.xml_encoding import declared_charset

    return text.read(body.raw, body.charset or declared_charset(body.raw))


def _csv(body: _Body) -> Parsed:
    if body.parameters.get("header", "").lower() == "absent":
        raise BodyError("the content type says header=absent, and CSV is read by the names in its header: send one")
    from penstock_core.body import csv_body

    found = text.read(body.raw, body.charset)
    return Parsed(csv_body.parse(found.text, structure=body.structure), found.warnings)


def _xml(body: _Body) -> Parsed:
    from penstock_core.body import xml_body

    found = _xml_text(body)
    return Parsed(xml_body.parse(found.text, structure=body.structure), found.warnings)


def _bytes(body: _Body) -> Parsed:
    return Parsed(body.raw)


_READERS: Final[Mapping[str, Callable[[_Body], Parsed]]] = {
    Kind.JSON: _json,
    Kind.FORM: _form,
    Kind.MULTIPART: _multipart,
    Kind.XML: _text,
    Kind.TEXT: _text,
    Kind.BYTES: _bytes,
    "csv": _csv,
    "xml": _xml,
}
"""By the kind of a content type, and by what `parse` says."""
