"""Status and Events: what a user sees of an object. Written only where they differ from what is there."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from penstock_core.cluster import Cluster
from penstock_core.cluster.kinds import WatchedKind
from penstock_core.errors import ClusterError, NotFound
from penstock_core.observed.base import Kept, Observed, fingerprint_of
from penstock_operator.objects.conditions import status_patch
from penstock_operator.objects.reasons import Reason
from penstock_operator.watch.inventory import Inventory

log = logging.getLogger(__name__)
REPEAT: Final = 3600.0
"""Seconds for which the same Event about the same object is not written again."""
_REMEMBERED: Final = 10_000
Clock = Callable[[], datetime]


class Reporter:
    """Writes statuses and Events; `clock` gives aware datetimes."""

    def __init__(self, cluster: Cluster, inventory: Inventory, *, clock: Clock) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._clock = clock
        self._told: dict[tuple[str, str, str], float] = {}

    def now(self) -> str:
        """The time as statuses carry it: RFC 3339, whole seconds, UTC."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def status(self, kind: WatchedKind[Any], item: Kept, status: Mapping[str, Any]) -> bool:
        """Makes the object's status what is given; True where that took a write. An object that is gone is forgotten."""
        patch = status_patch(item.status, status)
        if not patch:
            return False
        namespace, name = item.key
        self._inventory.expect(kind, item.key, fingerprint_of(status))
        try:
            self._inventory.put(kind, await self._cluster.patch_status(kind, namespace, name, patch), ours=True)
        except NotFound:
            self._inventory.remove(kind, (namespace, name))
        return True

    async def event(self, item: Observed, *, reason: Reason, message: str) -> None:
        """Writes an Event where the reason makes one, once an hour for the same sentence; one that cannot be written is logged."""
        if reason.event is None:
            return
        now = self._clock().timestamp()
        told = (item.uid, reason, message)
        if now - self._told.get(told, -REPEAT) < REPEAT:
            return
        if len(self._told) >= _REMEMBERED:
            self._told = {key: at for key, at in self._told.items() if now - at < REPEAT}
        self._told[told] = now
        try:
            await self._cluster.event(item.regarding(), type=reason.event, reason=str(reason), message=message)
        except ClusterError as error:
            where = {"namespace": item.namespace, "object": f"{item.KIND}/{item.name}"}
            log.warning("event not written", extra=where | {"reason": str(reason), "cause": str(error)})
