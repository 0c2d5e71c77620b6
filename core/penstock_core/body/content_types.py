"""How each content type arrives, in one table: what a body becomes depends on what was declared of it, never on its bytes.

The reference is made from `TABLE`; `kind_of` reads it, from its first row to its last.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What a body is read as."""

    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    XML = "xml-text"
    """Text, whose charset XML's own rules tell."""
    TEXT = "text"
    BYTES = "bytes"


class Row(NamedTuple):
    """Content types that arrive in one way: `*` stands for any text; "" is a request without a content type."""

    kind: Kind
    types: tuple[str, ...]
    arrives: str
    """As what, in words for authors."""


TABLE: Final[tuple[Row, ...]] = (
    Row(
        Kind.JSON,
        ("application/json", "text/json", "*+json"),
        "its value: a map, a list, text, a number, a boolean or null; without any bytes null. UTF-8, UTF-16 or UTF-32, or"
        " the `charset` that is declared; what is no JSON is refused with line and column",
    ),
    Row(
        Kind.FORM,
        ("application/x-www-form-urlencoded",),
        "a map of its fields, each text; one that is repeated is a list (`trigger.bodyAll` has a list for each)",
    ),
    Row(
        Kind.MULTIPART,
        ("multipart/form-data",),
        "a map of its fields as for a form; a file is `{filename, contentType, content}` with `content` as bytes, a field"
        " whose part declares a binary type is bytes",
    ),
    Row(
        Kind.XML,
        ("application/xml", "text/xml", "application/xml-dtd", "application/xml-external-parsed-entity", "*+xml"),
        "text: by its byte order mark, else the declared `charset`, else the encoding of its XML declaration, else UTF-8."
        " As a value with `parse: xml`",
    ),
    Row(
        Kind.TEXT,
        (
            "text/*", "application/csv", "application/x-csv", "application/ndjson", "application/x-ndjson",
            "application/jsonl", "application/x-jsonl", "application/jsonlines", "application/x-jsonlines",
            "application/json-seq", "application/json5",
            "application/hl7-v2", "x-application/hl7-v2+er7", "application/x-hl7", "*+er7",
            "application/edi-x12", "application/edifact", "application/edi-consent", "application/x12",
            "application/x-edi", "application/x-edifact",
            "application/yaml", "application/x-yaml", "*+yaml", "application/toml",
            "application/javascript", "application/x-javascript", "application/ecmascript", "application/typescript",
            "application/graphql", "application/sql", "application/x-sh", "application/sgml",
            "application/jwt", "*+jwt", "application/jose", "application/x-pem-file", "application/pem-certificate-chain",
            "application/n-triples", "application/n-quads", "application/trig", "application/sparql-query",
        ),
        "text: by its byte order mark, else the declared `charset`, else UTF-8. Where a charset is declared and bytes are"
        " not in it, the body is refused with their place; where none is, it is read as windows-1252 instead, and the"
        " execution has a warning. CSV as a value with `parse: csv`",
    ),
    Row(
        Kind.TEXT,
        ("",),
        "without a content type: text as above; without any bytes, too, null",
    ),
    Row(
        Kind.BYTES,
        (
            "application/octet-stream", "image/*", "audio/*", "video/*", "font/*", "model/*", "multipart/*", "message/*",
            "application/pdf", "application/zip", "application/gzip", "application/x-gzip", "application/zstd",
            "application/msword", "application/vnd.*", "application/x-tar", "application/x-protobuf",
            "application/protobuf", "application/msgpack", "application/x-msgpack", "application/cbor", "*+cbor", "*+zip",
            "*+gzip", "*+protobuf",
        ),
        "bytes, also where a `charset` is declared, which says nothing of them",
    ),
)  # fmt: skip
"""The first row counts of which one fits."""
OTHERS: Final = "every other content type: bytes; text, as above, where a `charset` is declared"


def kind_of(media_type: str, parameters: Mapping[str, str]) -> Kind:
    """What a body of a media type (in lower case) with these parameters is read as."""
    kind = _EXACT.get(media_type)
    if kind is not None:
        return kind
    for row in _PATTERNS:
        if media_type.startswith(row.begin) and media_type.endswith(row.end):
            return row.kind
    return Kind.TEXT if parameters.get("charset") else Kind.BYTES


class _Pattern(NamedTuple):
    begin: str
    end: str
    kind: Kind


def _patterns(rows: Iterable[Row]) -> tuple[_Pattern, ...]:
    named = ((name.partition("*"), row.kind) for row in rows for name in row.types if "*" in name)
    return tuple(_Pattern(begin, end, kind) for (begin, _, end), kind in named)


_EXACT: Final = {name: row.kind for row in reversed(TABLE) for name in row.types if "*" not in name}
_PATTERNS: Final = _patterns(TABLE)
