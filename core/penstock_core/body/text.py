"""Content types and charsets, and text by them."""

from typing import Any, Final

from penstock_core.errors import BodyError

MAX_CHARSET: Final = 40
"""Characters in a charset's name."""
_TEXT_CHARSETS: Final = ("utf", "ascii", "iso8859", "latin", "cp", "koi8", "shift_jis", "euc_", "gb", "big5")
"""Beginnings of the codec names that are taken: Python knows others that are slow on purpose or no text at all."""
_WITHOUT_ALIAS: Final = {"utf_8_sig", "cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_t", "koi8_u"}
"""Of these codecs; all others stand in Python's table of aliases."""


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
        return raw.decode(codec_of(charset))
    except UnicodeDecodeError as exc:
        line, column = _position(raw, exc.start)
        message = f"the body is not {charset}: byte 0x{raw[exc.start]:02x} at line {line}, column {column}"
        raise BodyError(message, line=line, column=column) from exc


def codec_of(charset: str) -> str:
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


def add_field(fields: dict[str, Any], name: str, value: Any) -> None:
    """Put a form's field into `fields`: alone as it is, repeated as a list in the order sent."""
    present = fields.get(name, fields)
    if present is fields:
        fields[name] = value
    elif isinstance(present, list):
        present.append(value)
    else:
        fields[name] = [present, value]


def _position(raw: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, counted from 1, the column in bytes."""
    return raw.count(b"\n", 0, offset) + 1, offset - raw.rfind(b"\n", 0, offset)
