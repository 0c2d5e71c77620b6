"""Kubernetes objects as plain dicts, and the keys that name them."""

from collections.abc import Mapping
from typing import Any

Key = tuple[str, str]
"""Namespace ("" for cluster-wide kinds) and name."""


def key_of(item: Mapping[str, Any]) -> Key:
    """(namespace, name) of an object."""
    metadata = item["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


Object = dict[str, Any]
