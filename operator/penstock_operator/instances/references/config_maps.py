"""The ConfigMaps that Instances name: the metadata of all is watched, and the data of these is asked for when it changed."""

from collections.abc import Callable
from typing import Final

from penstock_core.cluster import CONFIG_MAPS, Cluster, Key
from penstock_core.errors import NotFound
from penstock_core.observed.data import ConfigMap
from penstock_operator.watch.collection import Collection

LEAST_SWEPT: Final = 1000
"""Kept ones from which on those are looked for that no Instance names any more."""


class ConfigMaps:
    """`seen` is the watch, `is_named` says whether an Instance reads a ConfigMap."""

    def __init__(self, cluster: Cluster, seen: Collection[ConfigMap], *, is_named: Callable[[Key], bool]) -> None:
        self._cluster = cluster
        self._seen = seen
        self._is_named = is_named
        self._held: dict[Key, ConfigMap] = {}
        self._swept_at = LEAST_SWEPT

    async def get(self, key: Key) -> ConfigMap | None:
        """The ConfigMap with its data, None where there is none; asked for once a version, and while no watch knows it."""
        seen, held = self._seen.get(key), self._held.get(key)
        if seen is not None and held is not None and _version(seen) == _version(held):
            return held
        try:
            found = CONFIG_MAPS.parse(await self._cluster.get(CONFIG_MAPS, *key))
        except NotFound:
            self._held.pop(key, None)
            return None
        self._held[key] = found
        if len(self._held) > self._swept_at:
            self._sweep()
        return found

    def changed(self, key: Key) -> None:
        """One changed or went: its data is dropped, and asked for by who names it."""
        self._held.pop(key, None)

    def _sweep(self) -> None:
        self._held = {key: item for key, item in self._held.items() if self._is_named(key)}
        self._swept_at = max(LEAST_SWEPT, 2 * len(self._held))


def _version(item: ConfigMap) -> tuple[str, str]:
    return item.uid, item.resource_version
