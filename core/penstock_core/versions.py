"""Semantic versions and their order."""

from typing import Any


def precedence(version: str) -> tuple[Any, ...]:
    """The sort key of a semantic version: a pre-release comes before its release, numbers in it before words."""
    core, _, pre = version.partition("-")
    numbers = tuple(int(part) for part in core.split("."))
    parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in pre.split(".")) if pre else ()
    return numbers, not pre, parts


def is_newer(candidate: str, than: str) -> bool:
    """True where `candidate` is a later version."""
    return precedence(candidate) > precedence(than)
