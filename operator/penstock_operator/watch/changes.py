"""Which changes of an object matter to those that depend on it."""

from penstock_core.cluster import Object


def offer(integration: Object | None) -> tuple[object, ...] | None:
    """What others see of an Integration: its generation, whether that was looked at, and what is published."""
    if integration is None:
        return None
    metadata, status = integration["metadata"], integration.get("status", {})
    seen = status.get("observedGeneration"), status.get("publishedVersion")
    return metadata.get("uid"), metadata.get("generation"), *seen


def is_more_than_status(before: Object | None, after: Object | None) -> bool:
    """The status of a Flow, or of a version, is written often and decides nothing."""
    if before is None or after is None:
        return True
    return bool(before["metadata"].get("generation") != after["metadata"].get("generation")) or any(
        before["metadata"].get(part) != after["metadata"].get(part) for part in ("labels", "annotations", "uid")
    )
