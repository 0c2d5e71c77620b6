"""When a Flow was last applied, and since when its schedule holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock_core import names
from penstock_core.job_status import timestamp


def holds_since(flow: Mapping[str, Any]) -> datetime:
    """When a Flow's schedule was last changed."""
    metadata = flow["metadata"]
    since = (metadata.get("annotations") or {}).get(names.ANNOTATION_SCHEDULED_SINCE)
    return timestamp(since or metadata["creationTimestamp"])


def last_applied(flow: Mapping[str, Any]) -> datetime:
    """When the Flow's spec was last written, whatever changed in it."""
    metadata = flow["metadata"]
    times = [
        timestamp(entry["time"])
        for entry in metadata.get("managedFields", ())
        if entry.get("manager") == names.MANAGER and not entry.get("subresource") and entry.get("time")
    ]
    return max([timestamp(metadata["creationTimestamp"]), *times])
