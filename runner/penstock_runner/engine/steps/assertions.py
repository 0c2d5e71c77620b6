"""Conditions that a step asserts, and how a failed one is told."""

from typing import Any


def failed_message(failed: list[dict[str, Any]], total: int) -> str:
    """In words: the first condition that is not true, with its operands, and how many others are not.

    The reports are masked ones: operands are cut.
    """
    first = failed[0]
    text = f"`{first['expression']}` is not true"
    if "error" in first:
        text = f"`{first['expression']}` cannot be evaluated: {first['error']}"
    elif first.get("op") == "||":
        text += ": neither side is"
    elif "op" in first:
        text += f": the left side is {shown(first['left'])}, the right side {shown(first['right'])}"
    others = f" (and {len(failed) - 1} more of {total} are not)" if len(failed) > 1 else ""
    return text + others


def shown(value: Any) -> str:
    """A value for a message: JSON where it is, cut after 200 characters."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else f"{text[:200]}…"
