"""Members of a mapping whose shape nobody warrants: what is not as expected counts as absent."""

import sys
from collections.abc import Mapping
from typing import Any, Final

NOTHING: Final[Mapping[str, Any]] = {}


def mapping(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The mapping called `name`, empty where there is none."""
    value = parent.get(name)
    return value if isinstance(value, dict) else NOTHING


def items(parent: Mapping[str, Any], name: str) -> list[Any]:
    """The list called `name`, empty where there is none."""
    value = parent.get(name)
    return value if isinstance(value, list) else []


def mappings(parent: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The mappings in the list called `name`."""
    return [item for item in items(parent, name) if isinstance(item, dict)]


def text(parent: Mapping[str, Any], name: str) -> str:
    """The text called `name`, empty where there is none; equal texts of many objects are one."""
    value = parent.get(name)
    return sys.intern(value) if isinstance(value, str) else ""


def number(parent: Mapping[str, Any], name: str) -> int:
    """The whole number called `name`, 0 where there is none."""
    value = parent.get(name)
    return value if isinstance(value, int) else 0


def texts(parent: Mapping[str, Any], name: str) -> Mapping[str, str]:
    """The mapping of texts called `name`."""
    found = {
        sys.intern(key): sys.intern(value) for key, value in mapping(parent, name).items() if isinstance(value, str)
    }
    return found or NOTHING
