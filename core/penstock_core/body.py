"""Parses a request body by its content type into the value that flows see as `trigger.body`.

The gateway parses to refuse what is malformed, the runner parses again from the stored `rawBody`: so both call this.
Strict where JSON is strict (no NaN, no trailing commas); of duplicate keys the last one wins, as in browsers and most servers.
"""

from typing import Any, Final

from penstock_core.errors import BodyError

MAX_FIELDS: Final = 10_000
"""Fields that a form may have."""
MAX_CHARSET: Final = 40
"""Characters in a charset's name."""

_TEXT_CHARSETS: Final = ("utf", "ascii", "iso8859", "latin", "cp", "koi8", "shift_jis", "euc_", "gb", "big5")
"""Beginnings of the codec names that are taken: Python knows others that are slow on purpose or no text at all."""
_WITHOUT_ALIAS: Final = {"utf_8_sig", "cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_t", "koi8_u"}
"""Of these codecs; all others stand in Python's table of aliases."""


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
        from penstock_core import _json

        return _json.parse(raw, charset, structure=structure)
    if media_type == "application/x-www-form-urlencoded":
        return _form(raw, charset)
    if media_type == "multipart/form-data":
        from penstock_core import _multipart

        return _multipart.parse(raw, boundary=parameters.get("boundary", ""), max_fields=MAX_FIELDS)
    if charset or media_type.startswith("text/") or media_type.endswith(("/xml", "+xml")) or not media_type:
        return _text(raw, charset)
    return raw


def is_json(media_type: str) -> bool:
    """True for `application/json`, `text/json` and everything that ends in `+json`."""
    return media_type in {"application/json", "text/json"} or media_type.endswith("+json")


def parse_content_type(header: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case and its parameters, names in lower case, quotes removed."""
    media_type, separator, rest = header.partition(";")
    parameters: dict[str, str] = {}
    while separator:
        name, equals, rest = rest.lstrip().partition("=")
        if not equals:
            break
        value, separator, rest = _parameter_value(rest)
        parameters.setdefault(name.strip().lower(), value)
    return media_type.strip().lower(), parameters


def _parameter_value(text: str) -> tuple[str, str, str]:
    if not text.startswith('"'):
        value, separator, rest = text.partition(";")
        return value.strip(), separator, rest
    value, at = "", 1
    while at < len(text) and text[at] != '"':
        at += text[at] == "\\"
        value += text[at : at + 1]
        at += 1
    _, separator, rest = text[at + 1 :].partition(";")
    return value, separator, rest


def decode(raw: bytes, charset: str) -> str:
    """The text of a body. Raises BodyError with the place where it stops being text, or for an unknown charset."""
    try:
        return raw.decode(_codec(charset))
    except UnicodeDecodeError as exc:
        line, column = _position(raw, exc.start)
        message = f"the body is not {charset}: byte 0x{raw[exc.start]:02x} at line {line}, column {column}"
        raise BodyError(message, line=line, column=column) from exc


def _codec(charset: str) -> str:
    """The name of the codec for a charset; BodyError for an unknown one.

    Python is asked for none but these: it keeps every name that it was ever asked for, and looks for modules of that name.
    """
    if charset.lower() == "utf-8":
        return "utf-8"
    from encodings import normalize_encoding
    from encodings.aliases import aliases

    name = normalize_encoding(charset).lower() if len(charset) <= MAX_CHARSET else ""
    codec = aliases.get(name) or aliases.get(name.replace(".", "_"), name)
    is_known = codec in _WITHOUT_ALIAS or codec in aliases.values()
    if is_known and codec.startswith(_TEXT_CHARSETS) and codec != "utf_7":
        return codec
    raise BodyError(f"the charset {charset[:MAX_CHARSET]!r} of the content type is not supported: send UTF-8")


def _form(raw: bytes, charset: str) -> dict[str, Any]:
    from urllib.parse import parse_qsl

    charset = charset or "utf-8"
    text = decode(raw, charset)
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, encoding=_codec(charset), errors="strict", max_num_fields=MAX_FIELDS
        )
    except UnicodeDecodeError as exc:
        raise BodyError(f"the form is not {charset}: a percent-encoded value does not decode") from exc
    except ValueError as exc:
        raise BodyError(f"the form has more than {MAX_FIELDS} fields") from exc
    fields: dict[str, Any] = {}
    for name, value in pairs:
        add_field(fields, name, value)
    return fields


def add_field(fields: dict[str, Any], name: str, value: Any) -> None:
    """Put a form's field into `fields`: alone as it is, repeated as a list in the order sent."""
    present = fields.get(name, fields)
    if present is fields:
        fields[name] = value
    elif isinstance(present, list):
        present.append(value)
    else:
        fields[name] = [present, value]


def _text(raw: bytes, charset: str) -> str | bytes:
    if charset:
        return decode(raw, charset)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw  # nobody said which charset: the bytes are at least true


def _position(raw: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, counted from 1, the column in bytes."""
    return raw.count(b"\n", 0, offset) + 1, offset - raw.rfind(b"\n", 0, offset)
