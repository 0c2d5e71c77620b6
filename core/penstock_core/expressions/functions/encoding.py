"""Texts inside of other texts: JSON, URLs, XML, hexadecimal."""

import re
from typing import Any, Final

from penstock_core.errors import BodyError, UnusableValue
from penstock_core.expressions.functions.calling.bounds import quoted
from penstock_core.expressions.functions.calling.equality import ordered
from penstock_core.expressions.functions.calling.function import Function, FunctionError, takes
from penstock_core.expressions.values import as_text

_XML_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_NOT_XML: Final = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_ESCAPE: Final = "%(?![0-9A-Fa-f]{2})"


def _json_encoded(value: Any) -> str:
    from penstock_core.values.json_text import json_text

    try:
        return json_text(ordered(value))
    except UnusableValue as unusable:
        raise FunctionError(str(unusable)) from None


def _json_decoded(text: str) -> Any:
    from penstock_core.body import json_body
    from penstock_core.body.bounds import MOST

    try:
        return json_body.parse(text.encode(), "utf-8", structure=MOST)
    except BodyError as failure:
        raise FunctionError(
            f"{quoted(text)}: {failure}".replace("the body is ", "").replace("JSON body", "text")
        ) from None


def _hex_encoded(value: str | bytes) -> str:
    return (value.encode() if isinstance(value, str) else value).hex()


def _hex_decoded(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise FunctionError(f"{quoted(text)} is no hexadecimal text of whole bytes") from None


def _url_encoded(value: Any) -> str:
    from urllib.parse import quote

    return quote(as_text(value), safe="")


def _url_decoded(text: str) -> str:
    from urllib.parse import unquote_to_bytes

    if wrong := re.search(_ESCAPE, text):
        raise FunctionError(f"{quoted(text)} has a `%` at character {wrong.start() + 1} without two hexadecimal digits")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise FunctionError(f"{quoted(text)} is no percent-encoded UTF-8") from None


def _xml_escaped(value: Any) -> str:
    text = as_text(value)
    if wrong := re.search(_NOT_XML, text):
        raise FunctionError(f"character {wrong.start() + 1} is U+{ord(wrong[0]):04X}, which XML has no place for")
    return text.translate(_XML_ESCAPES)


FUNCTIONS: Final = (
    Function(
        "jsonEncode",
        takes("any -> string"),
        "The value as JSON text, quotes of texts included; members are in alphabetical order, so that a digest of it is always the same.",
        "jsonEncode('say \"hi\"')",
        '"say \\"hi\\""',
        action=_json_encoded,
    ),
    Function(
        "jsonDecode",
        takes("string -> any"),
        "The value of a JSON text, read as a JSON body is.",
        "jsonDecode('{\"a\": [1, 2.5]}').a[1]",
        2.5,
        bounds="what a JSON body is bounded by",
        action=_json_decoded,
    ),
    Function(
        "hex.encode",
        takes("bytes -> string", "string -> string"),
        "The bytes, or a text's UTF-8, as hexadecimal text.",
        "hex.encode(b'\\x00\\xff')",
        "00ff",
        action=_hex_encoded,
    ),
    Function(
        "hex.decode",
        takes("string -> bytes"),
        "The bytes of a hexadecimal text, as digests are; for a digest in base64: `base64.encode(hex.decode(sha256(x)))`.",
        "hex.decode('00ff') == b'\\x00\\xff'",
        True,
        action=_hex_decoded,
    ),
    Function(
        "urlEncode",
        takes("scalar -> string"),
        "The text, number or boolean as a part of a URL: all but letters, digits and `-._~` percent-encoded as UTF-8.",
        "urlEncode('a/b c&d=é')",
        "a%2Fb%20c%26d%3D%C3%A9",
        action=_url_encoded,
    ),
    Function(
        "urlDecode",
        takes("string -> string"),
        "The text of a percent-encoded one; a `+` stays a `+`.",
        "urlDecode('a%2Fb%20c')",
        "a/b c",
        action=_url_decoded,
    ),
    Function(
        "xmlEscape",
        takes("scalar -> string"),
        "The text, number or boolean as it stands between XML's tags or in an attribute's quotes.",
        "xmlEscape('Smith & <Sons>')",
        "Smith &amp; &lt;Sons&gt;",
        action=_xml_escaped,
    ),
)
