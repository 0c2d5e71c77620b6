"""Content types and charsets, and text by them."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from penstock_core.errors import BodyError

MAX_CHARSET: Final = 40
"""Characters in a charset's name."""
_WITHOUT_ASCII: Final = frozenset(
    {
        "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "cp037", "cp273", "cp424", "cp500",
        "cp864", "cp875", "cp1026", "cp1140",
    }
)  # fmt: skip
"""Codecs that write ASCII characters as other bytes than ASCII does."""
_CODECS: Final = _WITHOUT_ASCII | {
    "utf_8", "utf_8_sig", "ascii", "latin_1", "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6",
    "iso8859_7", "iso8859_8", "iso8859_9", "iso8859_10", "iso8859_11", "iso8859_13", "iso8859_14", "iso8859_15",
    "iso8859_16", "koi8_r", "koi8_t", "koi8_u", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "cp1258", "cp437", "cp720", "cp737", "cp775", "cp850", "cp852", "cp855", "cp856", "cp857",
    "cp858", "cp860", "cp861", "cp862", "cp863", "cp865", "cp866", "cp869", "cp874", "cp1006", "cp1125",
    "cp932", "cp949", "cp950", "shift_jis", "shift_jis_2004", "shift_jisx0213", "euc_jp", "euc_jis_2004",
    "euc_jisx0213", "euc_kr", "gb2312", "gbk", "gb18030", "big5", "big5hkscs",
}  # fmt: skip
"""All that a body may be encoded in: codecs that give text, in time and memory that go by its bytes.

Python knows others, which are slow on purpose (idna, punycode), keep a state (utf-7, iso2022, hz) or are no text (zip, rot13).
"""


_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks, and what they declare."""


_IN_QUOTES: Final = re.compile(r'[^"\\]+|\\.|.', re.DOTALL)


class Text(NamedTuple):
    """A text, and what the one who reads it should know of how it came to be one."""

    text: str
    warnings: tuple[str, ...] = ()


def parse_content_type(header: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case and its parameters, names in lower case, quotes removed."""
    return parse_parameters(header)


def parse_parameters(header: str, *, escapable: str = "") -> tuple[str, dict[str, str]]:
    """What stands before the first semicolon, in lower case, and the parameters behind, names in lower case, quotes removed.

    Of a parameter that comes twice the first counts. In quotes a backslash takes a character as it is, where it is one of
    `escapable` ("": any); another backslash stands for itself.
    """
    value, separator, rest = header.partition(";")
    parameters: dict[str, str] = {}
    while separator:
        name, equals, rest = rest.lstrip().partition("=")
        if not equals:
            break
        given, separator, rest = _parameter_value(rest.lstrip(), escapable)
        parameters.setdefault(name.strip().lower(), given)
    return value.strip().lower(), parameters


def _parameter_value(text: str, escapable: str) -> tuple[str, str, str]:
    if not text.startswith('"'):
        value, separator, rest = text.partition(";")
        return value.strip(), separator, rest
    pieces, end = [], len(text)
    for found in _IN_QUOTES.finditer(text, 1):
        if found[0] == '"':
            end = found.end()
            break
        escapes = found[0][0] == "\\" and (not escapable or found[0][1:] in escapable)
        pieces.append(found[0][1:] if escapes else found[0])
    _, separator, rest = text[end:].partition(";")
    return "".join(pieces), separator, rest


def decode(raw: bytes, charset: str, *, what: str = "the body") -> str:
    """The text of bytes in a charset that was declared, without its byte order mark, which goes before what was declared.

    Raises BodyError with the place where it stops being text, or for an unknown charset; `what` names the bytes in it.
    """
    codec, charset = codec_of(charset), marked(raw) or charset
    try:
        return raw.decode(marked(raw) or codec).lstrip("\ufeff")
    except UnicodeDecodeError as exc:
        line, column = position(raw, exc.start)
        message = f"{what} is not {charset}: {_byte(raw, exc.start)}"
        raise BodyError(message, line=line, column=column) from exc


def read(raw: bytes, charset: str, *, what: str = "the body") -> Text:
    """The text of bytes by a declared charset, "" where none was: then it is UTF-8, else windows-1252, with a warning.

    Raises BodyError as `decode` does.
    """
    if charset or marked(raw):
        return Text(decode(raw, charset or "utf-8", what=what))
    try:
        return Text(raw.decode())
    except UnicodeDecodeError as exc:
        return Text(windows_1252(raw), (assumed(what, _byte(raw, exc.start)),))


def assumed(what: str, place: str) -> str:
    """The warning that a text was read as windows-1252, for `place`."""
    return (
        f"{what} names no charset and is not UTF-8 ({place}): it was read as windows-1252; have the sender declare its"
        " charset, or send UTF-8"
    )


def windows_1252(raw: bytes) -> str:
    """Text that any bytes are, as browsers read them: what windows-1252 leaves open is a control character of its number."""
    import codecs

    return codecs.charmap_decode(raw, "strict", _table())[0]


def _table() -> str:
    return "".join(_windows_1252_character(number) for number in range(256))


def _windows_1252_character(number: int) -> str:
    try:
        return bytes((number,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(number)


def marked(raw: bytes) -> str:
    """The charset that a byte order mark declares, "" without one."""
    return next((charset for mark, charset in _MARKS if raw.startswith(mark)), "")


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
    if codec in _CODECS:
        return codec
    raise BodyError(f"the charset `{charset[:MAX_CHARSET]}` of the content type is not supported: send UTF-8")


def holds_ascii(codec: str) -> bool:
    """Whether text in a codec (see `codec_of`) has its ASCII characters as ASCII's bytes."""
    return codec not in _WITHOUT_ASCII


def add_field(fields: dict[str, Any], name: str, value: Any) -> None:
    """Put a form's field into `fields`: alone as it is, repeated as a list in the order sent."""
    present = fields.get(name, fields)
    if present is fields:
        fields[name] = value
    elif isinstance(present, list):
        present.append(value)
    else:
        fields[name] = [present, value]


def every(fields: Mapping[str, Any]) -> dict[str, list[Any]]:
    """All values of each field, always in a list; `fields` as `add_field` made them, whose values are no lists themselves."""
    return {name: value if isinstance(value, list) else [value] for name, value in fields.items()}


def _byte(raw: bytes, offset: int) -> str:
    line, column = position(raw, offset)
    return f"byte 0x{raw[offset]:02x} at offset {offset}, line {line}, column {column}"


def position(raw: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, counted from 1, the column in bytes."""
    return raw.count(b"\n", 0, offset) + 1, offset - raw.rfind(b"\n", 0, offset)
