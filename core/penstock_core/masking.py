"""Removes connections' fields from everything that is stored or written: inputs, outputs, errors, logs.

Each value of at least six characters is found as it is and in the forms in which it travels: base64 (also inside a longer base64,
at any alignment, so `Authorization: Basic` too, and broken into lines of 64 characters or more), percent-encoded, JSON-escaped
as common libraries do it, escaped as Python or XML show it.
What a python step computes from a secret is outside of this promise.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final

MASK: Final = "***"
MIN_LENGTH: Final = 6
"""Characters from which a value is masked; shorter ones turn up by chance everywhere."""
MAX_DEPTH: Final = 250
"""Levels of nesting that are walked; what lies deeper is masked altogether."""

_BASE64_ALPHABET: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")

_BREAK: Final = r"(?:(?:\r?\n|(?:\\r)?\\n)[ \t]*)?"
"""Between the characters of base64 that may be broken into lines, in text or in a JSON string."""
_LINE: Final = "[A-Za-z0-9+/]{64}"
_BROKEN: Final = re.compile(rf"\n(?:(?<={_LINE}\n)|(?<={_LINE}\r\n))|\\n(?:(?<={_LINE}\\n)|(?<={_LINE}\\r\\n))")
"""The end of a line of base64: MIME has 76 characters, PEM 64."""
_BROKEN_BYTES: Final = re.compile(_BROKEN.pattern.encode())
_TAIL: Final = "[A-Za-z0-9_+/-]?=*"
"""Behind a fragment of base64: the character that it shares with what follows."""


class Masker:
    """Masks the given secrets in nested values. Immutable after construction, so threads may share it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms, self._fragments = _forms_of(secrets)
        self._text = _alternation(self._forms, self._fragments)
        self._bytes = _alternation([_raw(form) for form in self._forms], [form.encode() for form in self._fragments])
        self._numeric = any(form.strip("+-.eE0123456789") == "" for form in self._forms)

    def mask(self, value: Any) -> Any:
        """A copy of `value` with every secret replaced by `***`, in strings, bytes, map keys, at any depth.

        Without secrets the value itself is returned.
        """
        return self._nested(value, MAX_DEPTH) if self._text else value

    def text(self, text: str) -> str:
        """`text` with every secret replaced by `***`."""
        if self._text is None:
            return text
        if self._text.search(text) is not None:
            text = "".join(self._pieces(self._text, text, MASK))
        if _BROKEN.search(text) is not None:
            text = "".join(self._pieces(self._broken, text, MASK))
        return text

    def data(self, data: bytes) -> bytes:
        """`data` with every secret replaced by `***`."""
        if self._bytes is None:
            return data
        if self._bytes.search(data) is not None:
            data = b"".join(self._pieces(self._bytes, data, MASK.encode()))
        if _BROKEN_BYTES.search(data) is not None:
            data = b"".join(self._pieces(self._broken_bytes, data, MASK.encode()))
        return data

    @cached_property
    def _broken(self) -> re.Pattern[str]:
        """The base64 forms with line breaks anywhere; made when first needed, since few texts hold such lines."""
        forms = sorted(self._fragments, key=len, reverse=True)
        return re.compile("(?P<fragment>" + "|".join(_BREAK.join(map(re.escape, form)) for form in forms) + ")" + _TAIL)

    @cached_property
    def _broken_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self._broken.pattern.encode())

    def _nested(self, value: Any, levels: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (bool, float, int, type(None))) and not self._numeric:
            return value
        if isinstance(value, (dict, list, tuple, set, frozenset)) and not levels:
            return MASK
        if isinstance(value, dict):
            return self._mapping(value, levels - 1)
        if isinstance(value, (list, tuple)):
            return [self._nested(member, levels - 1) for member in value]
        if isinstance(value, (set, frozenset)):
            return {self._nested(member, levels - 1) for member in value}
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self.data(bytes(value))
        return self._other(value)

    def _mapping(self, value: dict[Any, Any], levels: int) -> dict[Any, Any]:
        masked: dict[Any, Any] = {}
        for key, member in value.items():
            name = self._nested(key, 1) if isinstance(key, (str, bytes)) else self._other(key)
            if name != key:
                name = _free(name, masked)
            masked[name] = self._nested(member, levels)
        return masked

    def _other(self, value: Any) -> Any:
        """Numbers, ids, times: masked as a whole where their text shows a secret."""
        if value is None or isinstance(value, bool) or self._text is None:
            return value
        return MASK if self._text.search(str(value)) else value

    @staticmethod
    def _pieces(pattern: re.Pattern[Any], text: Any, mask: Any) -> Iterator[Any]:
        """The text between the secrets, and masks.

        A fragment of a longer base64 shares its first character with what stands before: that one goes as well.
        """
        end = 0
        for match in pattern.finditer(text):
            start = match.start()
            if match.lastgroup and start > end and ord(text[start - 1 : start]) in _BASE64_ALPHABET:
                start -= 1
            yield text[end:start]
            yield mask
            end = match.end()
        yield text[end:]


def _free(name: Any, taken: dict[Any, Any]) -> Any:
    """A masked key that no other masked key of the map has."""
    free, count = name, 1
    while free in taken:
        count += 1
        free = name + (f" ({count})" if isinstance(name, str) else b" (%d)" % count)
    return free


def _alternation(forms: list[Any], fragments: list[Any]) -> re.Pattern[Any] | None:
    """One pattern over all forms, longest first, so that a secret that contains another one goes as a whole."""
    if not forms:
        return None
    whole = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
    inside = [re.escape(form) for form in sorted(fragments, key=len, reverse=True)]
    if isinstance(forms[0], bytes):
        tail = _TAIL.encode()
        return re.compile(b"|".join(whole) + (b"|(?P<fragment>" + b"|".join(inside) + b")" + tail if inside else b""))
    return re.compile("|".join(whole) + ("|(?P<fragment>" + "|".join(inside) + ")" + _TAIL if inside else ""))


def _forms_of(secrets: Iterable[str]) -> tuple[list[str], list[str]]:
    """All forms of all secrets, and apart from them those that lie inside a longer base64."""
    forms: set[str] = set()
    fragments: set[str] = set()
    for secret in secrets:
        for value in {secret, secret.strip()}:
            if len(value) >= MIN_LENGTH:
                forms.update(_forms(value))
                fragments.update(_fragments(_raw(value)))
    return list(forms), list(fragments - forms)


def _raw(value: str) -> bytes:
    """The bytes of a value; what an environment held beside UTF-8 comes as single surrogates."""
    try:
        return value.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return value.encode(errors="surrogatepass")


def _forms(value: str) -> Iterator[str]:
    from urllib.parse import quote, quote_plus

    raw = _raw(value)
    for safe in ("", "/", "/:@!$&'()*+,;=-._~", "-_.!~*'()"):
        quoted = quote(raw, safe=safe)
        yield from (quoted, _lower_escapes(quoted))
    plus = quote_plus(raw)
    yield from (plus, _lower_escapes(plus))
    yield repr(raw)[2:-1]
    for text in {value, raw.decode(errors="replace")}:
        yield text
        yield repr(text)[1:-1]
        yield _xml(text, quotes=False)
        yield _xml(text, quotes=True)
        for escaped in _json_forms(text):
            yield escaped
            yield from _json_plain(escaped)


def _json_forms(text: str) -> Iterator[str]:
    """As JSON libraries write it: slashes escaped by some, what HTML knows and more by others, in digits of either case."""
    for plain in _json_plain(text):
        html = plain.translate(_HTML_ESCAPES)
        dotnet = html.replace('\\"', "\\u0022").translate(_DOTNET_ESCAPES)
        for escaped in (plain, plain.replace("/", "\\/"), html, dotnet):
            yield escaped
            yield re.sub(r"\\u[0-9a-f]{4}", lambda match: "\\u" + match[0][2:].upper(), escaped)


def _json_plain(text: str) -> set[str]:
    import json

    return {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _escapes(characters: str) -> dict[int, str]:
    return {ord(character): f"\\u{ord(character):04x}" for character in characters}


_HTML_ESCAPES: Final = _escapes("<>&")
_DOTNET_ESCAPES: Final = _escapes("'+`")


def _lower_escapes(quoted: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)


def _xml(text: str, *, quotes: bool) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;").replace("'", "&#x27;") if quotes else escaped


def _fragments(raw: bytes) -> Iterator[str]:
    """The base64 characters that depend on the secret alone, at each of the three alignments, in both alphabets."""
    from base64 import b64encode

    for before in range(3):
        encoded = b64encode(b"\0" * before + raw).decode()
        first = (before * 8 + 5) // 6
        core = encoded[first : (before + len(raw)) * 8 // 6]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
        yield core.replace("+", "%2B").replace("/", "%2F")
        yield core.replace("+", "%2b").replace("/", "%2f")
