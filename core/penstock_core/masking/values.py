"""Masking in nested values: all texts are asked together whether a secret shows; only where one does are they copied."""

from decimal import Decimal
from typing import Any, Final, NamedTuple

from penstock_core.masking.secrets import Secrets, raw


def masked(value: Any, secrets: Secrets, *, mask: str, depth: int) -> Any:
    """`value` itself where nothing shows, else a copy; what lies deeper than `depth` levels is masked altogether."""
    texts = _Texts(secrets.numbers)
    texts.collect(value, depth)
    showing = texts.showing(secrets)
    if not showing and not texts.special:
        return value
    replaced = {text: masked_data(text, secrets, mask=mask) for text in showing}
    return _Copy(replaced, secrets.numbers, mask).of(value, depth)


def masked_text(text: str, secrets: Secrets, *, mask: str) -> str:
    """`text` with every secret replaced."""
    data = raw(text)
    return _unraw(masked_data(data, secrets, mask=mask)) if secrets.show_in(data) else text


def masked_data(data: bytes, secrets: Secrets, *, mask: str) -> bytes:
    """`data` with every secret replaced; no character is torn."""
    if not secrets.show_in(data):
        return data
    parts: list[bytes] = []
    at = 0
    for first, end in secrets.stretches(data):
        while first > at and data[first] & 0xC0 == 0x80:
            first -= 1
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1
        if first >= at:
            parts += (data[at:first], mask.encode())
        at = max(at, end)
    return b"".join((*parts, data[at:]))


class _Texts:
    """All different texts of a value; `special` tells that something else is to be masked: a number, or what is too deep."""

    def __init__(self, numbers: frozenset[Any]) -> None:
        self._numbers = numbers
        self._texts: set[str] = set()
        self._data: set[bytes] = set()
        self.special = False

    def collect(self, value: Any, depth: int) -> None:
        """Level by level, since a walk by calls takes twice the time."""
        level = [value]
        for _ in range(depth + 1):
            below: list[Any] = []
            for each in level:
                kind = type(each)
                if kind is str:
                    self._texts.add(each)
                elif kind is dict:
                    below += each
                    below += each.values()
                elif kind is list:
                    below += each
                elif kind not in _PLAIN or self._numbers:
                    self._rare(each, below)
            if not below:
                return
            level = below
        self.special = True

    def showing(self, secrets: Secrets) -> set[bytes]:
        """Those that show a secret."""
        return secrets.showing([*map(raw, self._texts), *self._data]) if self._data or self._texts else set()

    def _rare(self, value: Any, below: list[Any]) -> None:
        if isinstance(value, dict):
            below += (*value, *value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            below += value
        elif (text := _text_of(value)) is not None:
            self._data.add(text)
        else:
            self.special = self.special or _is_secret(value, self._numbers)


_PLAIN: Final = frozenset({int, float, bool, type(None)})


def _text_of(value: Any) -> bytes | None:
    """A single value as the text that it shows, None where it is a number or nothing."""
    if isinstance(value, str):
        return raw(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if value is None or isinstance(value, (bool, int, float, Decimal)):
        return None
    return raw(str(value))


def _is_secret(value: Any, numbers: frozenset[Any]) -> bool:
    """Whether a number is a secret as a whole: a part of one shows up by chance in longer ones."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return False
    return not (isinstance(value, Decimal) and value.is_snan()) and value in numbers


class _Copy(NamedTuple):
    """Makes copies in which `texts` are replaced by what they stand for here, and numbers that are secrets by 0."""

    texts: dict[bytes, bytes]
    numbers: frozenset[Any]
    mask: str

    def of(self, value: Any, levels: int) -> Any:
        if isinstance(value, (dict, list, tuple, set, frozenset)):
            return self._container(value, levels - 1) if levels else self.mask
        if _is_secret(value, self.numbers):
            return type(value)(0)
        text = _text_of(value)
        if text is None or text not in self.texts:
            return value
        if isinstance(value, str):
            return _unraw(self.texts[text])
        return self.texts[text] if isinstance(value, (bytes, bytearray, memoryview)) else self.mask

    def _container(self, value: Any, levels: int) -> Any:
        if isinstance(value, dict):
            return self._mapping(value, levels)
        members = [self.of(member, levels) for member in value]
        if isinstance(value, (set, frozenset)):
            return type(value)(map(_hashable, members))
        return members

    def _mapping(self, value: dict[Any, Any], levels: int) -> dict[Any, Any]:
        copy: dict[Any, Any] = {}
        for key, member in value.items():
            name = _hashable(self.of(key, levels))
            copy[name if name == key else _free(name, copy)] = self.of(member, levels)
        return copy


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _free(name: Any, taken: dict[Any, Any]) -> Any:
    """A masked key that no other masked key of the map has."""
    free, count = name, 1
    while free in taken:
        count += 1
        free = name + (b" (%d)" % count) if isinstance(name, bytes) else f"{name} ({count})"
    return free


def _unraw(data: bytes) -> str:
    return data.decode(errors="surrogatepass")
