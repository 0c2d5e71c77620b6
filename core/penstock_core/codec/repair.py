"""The rare paths of the codec: replacing what cannot be stored and cutting what is too large.

Loaded with it, but run only after the fast path failed or the limit was exceeded.
"""

from collections.abc import Iterator
from typing import Any, Final

from penstock_core.codec.messages import pack_message, try_pack
from penstock_core.values.plain_values import mended

MAX_DEPTH: Final = 200
"""Levels of nesting that are kept where a value has to be repaired; MessagePack's own limit is 511."""
MAX_CUT_DEPTH: Final = 50
"""Levels to which cutting descends; a large value that is nested deeper is replaced by null."""
MAX_WARNINGS: Final = 20

_ELLIPSIS: Final = "…"
_OVERHEAD: Final = 9
"""Bytes that the header of a string, list or map may take, generously."""


def storable(value: Any) -> tuple[Any, tuple[str, ...]]:
    """A copy of `value` that packs, and a warning for each place that was replaced (the first 20, then their number)."""
    warnings: list[str] = []
    clean = _Cleaner(warnings).clean(value, path="", inside=())
    if len(warnings) > MAX_WARNINGS:
        more = len(warnings) - MAX_WARNINGS
        warnings = [*warnings[:MAX_WARNINGS], f"and {more} more values that could not be stored"]
    return clean, tuple(warnings)


class _Cleaner:
    """Walks a value once; `inside` holds the ids of the containers around, so that a cycle is seen."""

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings

    def clean(self, value: Any, *, path: str, inside: tuple[int, ...]) -> Any:
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, (dict, list, tuple, set, frozenset)):
            if id(value) in inside:
                return self._replace(value, path, "contains itself")
            if len(inside) >= MAX_DEPTH:
                return self._replace(value, path, f"is nested deeper than {MAX_DEPTH} levels")
            return self._container(value, path, (*inside, id(value)))
        if _packs(value):
            return value
        return self._replace(value, path, "is of a type that cannot be stored")

    def _container(self, value: Any, path: str, inside: tuple[int, ...]) -> Any:
        if isinstance(value, dict):
            return {
                self._key(key, path): self.clean(member, path=f"{path}.{_short(key)}", inside=inside)
                for key, member in value.items()
            }
        members = [self.clean(member, path=f"{path}[{at}]", inside=inside) for at, member in enumerate(value)]
        if isinstance(value, (set, frozenset)):
            # a cleaned member may have become a list; sets hold hashable ones only, so it is kept as a list then
            return set(members) if all(map(_is_hashable, members)) else members
        return members

    def _key(self, key: Any, path: str) -> Any:
        if isinstance(key, str):
            return self._text(key, path)
        if _packs(key) and not isinstance(key, (tuple, set, frozenset)):
            return key
        self._warnings.append(f"{path or 'value'}: a key of type {_name(key)} is kept as text")
        return self._text(_text_of(key), path)

    def _text(self, value: str, path: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self._warnings.append(f"{path or 'value'}: half of a surrogate pair was replaced by U+FFFD")
            return mended(value)
        return value

    def _replace(self, value: Any, path: str, why: str) -> None:
        self._warnings.append(f"{path or 'value'}: {_name(value)} {why}; null is kept instead")


def cut(value: Any, *, limit: int, depth: int = 0) -> Any:
    """As much of a storable `value` as fits into `limit` bytes, its shape kept.

    A string keeps its beginning, a list its first members; a map keeps all small members and cuts the large ones,
    so that a response keeps its status and headers when the body is cut.
    """
    if _size(value) <= limit:
        return value
    if isinstance(value, str):
        return _cut_text(value, limit)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value[: max(0, limit - _OVERHEAD)])
    if depth < MAX_CUT_DEPTH and isinstance(value, dict):
        return _cut_map(value, limit, depth + 1)
    if depth < MAX_CUT_DEPTH and isinstance(value, (list, tuple, set, frozenset)):
        return _cut_list(value, limit, depth + 1)
    return None


def _cut_text(value: str, limit: int) -> str:
    room = max(0, limit - _OVERHEAD - len(_ELLIPSIS.encode()))
    return value.encode()[:room].decode(errors="ignore") + _ELLIPSIS


def _cut_list(value: Any, limit: int, depth: int) -> list[Any]:
    room = limit - _OVERHEAD
    kept: list[Any] = []
    for member in value:
        size = _size(member)
        if size > room:
            if room > 64:
                kept.append(cut(member, limit=room, depth=depth))
            break
        kept.append(member)
        room -= size
    return kept


def _cut_map(value: dict[Any, Any], limit: int, depth: int) -> dict[Any, Any]:
    sizes = {key: _size(member) for key, member in value.items()}
    kept = dict(_fitting(value, sizes, room=limit - _OVERHEAD, depth=depth))
    return {key: kept[key] for key in value if key in kept}


def _fitting(value: dict[Any, Any], sizes: dict[Any, int], *, room: int, depth: int) -> Iterator[tuple[Any, Any]]:
    """The members, smallest first, each within its fair share of the room that is left."""
    left = len(sizes)
    for key in sorted(sizes, key=sizes.__getitem__):
        room -= _size(key)
        if room < _OVERHEAD * 2:
            return
        share = room // left
        member = value[key] if sizes[key] <= share else cut(value[key], limit=share, depth=depth)
        spent = min(sizes[key], _size(member))
        if spent > room:
            return
        yield key, member
        room -= spent
        left -= 1


def _size(value: Any) -> int:
    return len(pack_message(value))


def _packs(value: Any) -> bool:
    return try_pack(value) is not None


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _text_of(value: Any) -> str:
    try:
        return repr(value)[:200]
    except Exception:  # noqa: BLE001 - a user's own __repr__ may do anything
        return f"<{_name(value)}>"


def _short(key: Any) -> str:
    return key[:60] if isinstance(key, str) else type(key).__name__
