"""Removes connections' fields from everything that is stored or written: inputs, outputs, errors, logs.

Each value of at least six characters is found as it is and in the forms in which it travels: base64 (also inside a longer base64,
at any alignment, so `Authorization: Basic` too), percent-encoded, JSON-escaped, escaped as Python or XML show it.
What a python step computes from a secret is outside of this promise.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

MASK: Final = "***"
MIN_LENGTH: Final = 6
"""Characters from which a value is masked; shorter ones turn up by chance everywhere."""
MAX_DEPTH: Final = 250
"""Levels of nesting that are walked; what lies deeper is masked altogether."""

_BASE64_ALPHABET: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")


class Masker:
    """Masks the given secrets in nested values. Immutable after construction, so threads may share it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms, fragments = _forms_of(secrets)
        self._bytes = _alternation(forms, fragments)
        self._text = _alternation([form.decode() for form in forms], [form.decode() for form in fragments])
        self._numeric = any(form.strip(b"+-.eE0123456789") == b"" for form in forms)

    def mask(self, value: Any) -> Any:
        """A copy of `value` with every secret replaced by `***`, in strings, bytes, map keys, at any depth.

        Without secrets the value itself is returned.
        """
        return self._nested(value, MAX_DEPTH) if self._text else value

    def text(self, text: str) -> str:
        """`text` with every secret replaced by `***`."""
        if self._text is None or self._text.search(text) is None:
            return text
        return "".join(self._pieces(self._text, text, MASK))

    def data(self, data: bytes) -> bytes:
        """`data` with every secret replaced by `***`."""
        if self._bytes is None or self._bytes.search(data) is None:
            return data
        return b"".join(self._pieces(self._bytes, data, MASK.encode()))

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
        return re.compile(
            b"|".join(whole) + (b"|(?P<fragment>" + b"|".join(inside) + b")[\\w+/-]?=*" if inside else b"")
        )
    return re.compile("|".join(whole) + ("|(?P<fragment>" + "|".join(inside) + ")[A-Za-z0-9_+/-]?=*" if inside else ""))


def _forms_of(secrets: Iterable[str]) -> tuple[list[bytes], list[bytes]]:
    """All forms of all secrets, and apart from them those that lie inside a longer base64."""
    forms: set[bytes] = set()
    fragments: set[bytes] = set()
    for secret in secrets:
        for value in {secret, secret.strip()}:
            if len(value) >= MIN_LENGTH:
                forms.update(_forms(value))
                fragments.update(_fragments(value.encode(errors="surrogateescape")))
    return list(forms), list(fragments - forms)


def _forms(value: str) -> Iterator[bytes]:
    import json
    from urllib.parse import quote, quote_plus

    raw = value.encode(errors="surrogateescape")
    yield raw
    for safe in ("", "/", "/:@!$&'()*+,;=-._~", "-_.!~*'()"):
        quoted = quote(raw, safe=safe)
        yield from (quoted.encode(), _lower_escapes(quoted))
    plus = quote_plus(raw)
    yield from (plus.encode(), _lower_escapes(plus))
    text = raw.decode(errors="replace")
    once = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    once |= {escaped.replace("/", "\\/") for escaped in once}
    for escaped in once:
        yield escaped.encode()
        yield json.dumps(escaped)[1:-1].encode()
    yield repr(text)[1:-1].encode()
    yield repr(raw)[2:-1].encode()
    yield _xml(text, quotes=False).encode()
    yield _xml(text, quotes=True).encode()


def _lower_escapes(quoted: str) -> bytes:
    return re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted).encode()


def _xml(text: str, *, quotes: bool) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;").replace("'", "&#x27;") if quotes else escaped


def _fragments(raw: bytes) -> Iterator[bytes]:
    """The base64 characters that depend on the secret alone, at each of the three alignments, in both alphabets."""
    from base64 import b64encode

    for before in range(3):
        encoded = b64encode(b"\0" * before + raw)
        first = (before * 8 + 5) // 6
        core = encoded[first : (before + len(raw)) * 8 // 6]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))
        yield core.replace(b"+", b"%2B").replace(b"/", b"%2F")
