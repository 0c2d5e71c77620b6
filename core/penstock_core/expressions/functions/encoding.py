"""Texts inside of other texts: JSON, URLs, XML, hexadecimal."""

import re
from typing import Any, Final
from urllib.parse import quote

from penstock_core.errors import BodyError
from penstock_core.expressions.functions.bounds import MAX_ITEMS, quoted
from penstock_core.expressions.functions.function import Function, FunctionError, takes
from penstock_core.expressions.values import as_text

_STRUCTURE: Final = 10 * MAX_ITEMS
"""Of the characters `{ [ , :`, in a JSON text."""
_XML_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _json_encoded(value: Any) -> str:
    import json

    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=as_text, allow_nan=False)
    except ValueError:
        raise FunctionError("the value holds NaN or infinity, which JSON lacks") from None


def _json_decoded(text: str) -> Any:
    from penstock_core.body import json_body

    try:
        return json_body.parse(text.encode(), "utf-8", structure=_STRUCTURE)
    except BodyError as failure:
        raise FunctionError(
            f"{quoted(text)}: {failure}".replace("the body is ", "").replace("JSON body", "text")
        ) from None


def _url_encoded(value: Any) -> str:
    return quote(as_text(value), safe="")


def _url_decoded(text: str) -> str:
    from urllib.parse import unquote_to_bytes

    if wrong := _ESCAPE.search(text):
        raise FunctionError(f"{quoted(text)} has a `%` at character {wrong.start() + 1} without two hexadecimal digits")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise FunctionError(f"{quoted(text)} is no percent-encoded UTF-8") from None


def _xml_escaped(value: Any) -> str:
    text = as_text(value)
    if wrong := _NOT_XML.search(text):
        raise FunctionError(f"character {wrong.start() + 1} is U+{ord(wrong[0]):04X}, which XML has no place for")
    return text.translate(_XML_ESCAPES)


FUNCTIONS: Final = (
    Function(
        "jsonEncode",
        takes("any -> string"),
        "The value as JSON text: what stands in a JSON body, quotes of texts included.",
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
