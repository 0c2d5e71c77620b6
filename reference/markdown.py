"""Markdown of the kinds that the reference needs: tables, and values as people write them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell's bars are escaped, and its line breaks become spaces."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(text: str) -> str:
    """A text as code; in one with a backtick two stand around it."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def value(given: Any) -> str:
    """A value as it would be written in JSON; bytes and times, which JSON has not, as in an expression."""
    if isinstance(given, bytes):
        return f"b{json.dumps(given.decode('latin-1'))}"
    if isinstance(given, datetime):
        return f"timestamp({json.dumps(given.isoformat().replace('+00:00', 'Z'))})"
    if isinstance(given, timedelta):
        return f"duration('{given.total_seconds():g}s')"
    if isinstance(given, list):
        return f"[{', '.join(map(value, given))}]"
    if isinstance(given, dict):
        return "{" + ", ".join(f"{value(key)}: {value(below)}" for key, below in given.items()) + "}"
    return str(given) if isinstance(given, Decimal) else json.dumps(given, ensure_ascii=False)


def size(number: int) -> str:
    """A number of bytes in the unit that makes it whole."""
    for unit, of in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= of and number % of == 0:
            return f"{number // of} {unit}"
    return f"{number:,} bytes"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
