"""Writing objects only when they differ: what was applied last is remembered as a hash on the object itself.

The hash covers everything that we want, also members that we no longer set; comparing what we want with what is there
finds what others changed. API server defaults are in neither, so an unchanged object costs no write.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import Cluster, Kind, Object
from penstock_core.observed.base import fingerprint_of

APPLIED: Final = names.ANNOTATION_APPLIED
"""Annotation: sha256 of the manifest as it was applied."""

_NORMALISED: Final = frozenset({"resources"})
"""Members whose values the API server writes in another way ("0.5" becomes "500m"): the hash alone speaks for them."""


def stamped(manifest: Mapping[str, Any]) -> Object:
    """The manifest with its own hash as an annotation."""
    metadata = dict(manifest["metadata"])
    annotations = {**metadata.get("annotations", {}), APPLIED: fingerprint_of(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def differs(desired: Mapping[str, Any], current: Mapping[str, Any] | None) -> bool:
    """True where `current` is not what `desired` (stamped) asks for."""
    return current is None or not _covers(desired, current)


async def ensure(
    cluster: Cluster,
    kind: Kind,
    manifest: Mapping[str, Any],
    *,
    current: Mapping[str, Any] | None,
    announce: Callable[[str], None] | None = None,
) -> tuple[Object, bool]:
    """Applies `manifest` where `current` differs; the object as it is then, and whether it was written.

    `announce` is told the hash before a write.
    """
    desired = stamped(manifest)
    if current is not None and not differs(desired, current):
        return dict(current), False
    if announce is not None:
        announce(fingerprint_of(manifest))
    return await cluster.apply(kind, desired["metadata"].get("namespace"), desired), True


def _covers(desired: Any, current: Any) -> bool:
    """True where everything in `desired` is in `current`; mappings may hold more, lists may not."""
    if isinstance(desired, Mapping):
        return isinstance(current, Mapping) and all(
            name in _NORMALISED or (name in current and _covers(value, current[name]))
            for name, value in desired.items()
        )
    if isinstance(desired, list | tuple):
        return (
            isinstance(current, list)
            and len(desired) == len(current)
            and all(_covers(ours, theirs) for ours, theirs in zip(desired, current, strict=True))
        )
    return bool(desired == current)
