"""Kubernetes objects as plain dicts, the keys that name them, and the conditions in their status."""

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

Key = tuple[str, str]
"""Namespace ("" for cluster-wide kinds) and name."""


def key_of(item: Mapping[str, Any]) -> Key:
    """(namespace, name) of an object."""
    metadata = item["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def condition_of(item: Mapping[str, Any], kind: str, *, status: str | None = None) -> Mapping[str, Any] | None:
    """The condition of that type in an object's status; with `status` ("True", "False", "Unknown") only where it has that."""
    found = item.get("status", {}).get("conditions") or ()
    return next((one for one in found if one["type"] == kind and status in (None, one["status"])), None)
