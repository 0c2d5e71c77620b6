"""Where in a value something stands, as it would be written: `rows[3].x`, `headers["x-id"]`."""

from typing import Any


def member(key: Any) -> str:
    """A map's member, as a path from the map on."""
    if isinstance(key, str) and key.isidentifier():
        return key
    return f'["{key[:60]}"]' if isinstance(key, str) else f"[{key!r:.60}]"


def item(index: int) -> str:
    """A list's item, as a path from the list on."""
    return f"[{index}]"


def joined(path: str, below: str) -> str:
    """A path, and one that begins where it ends."""
    return path + below if not path or not below or below[0] == "[" else f"{path}.{below}"
