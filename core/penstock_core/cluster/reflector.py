"""A local copy of a collection, kept current by list and watch.

1. List everything, note the resource version; report what was added, changed or is gone since the last list.
2. Watch from that version. Each event changes one object; bookmarks only move the version on.
3. The server ends each watch after a while: go on with 2. An error, or 410 (the version is too old): go back to 1, after a
   pause that grows with the failures and is spread at random, so that replicas do not list in step.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, Final

from penstock_core.backoff import Backoff
from penstock_core.cluster.client import Cluster
from penstock_core.cluster.kinds import Kind
from penstock_core.errors import ClusterError
from penstock_core.observed.objects import Key, Object, key_of

OnChange = Callable[[Key, Any], None]
"""Called with what is kept of the object now, None where it is gone. Must not raise and must not wait."""

FORBIDDEN: Final = 403

PAUSE: Final = Backoff(first=0.25, longest=15.0, spread=0.5)

_log = logging.getLogger(__name__)


class Reflector:
    """Objects of a kind, of one namespace or all, by label and field selector. Start `run()` in a task of its own.

    `parse` makes of each what is kept, and told to `on_change`, None of one that is not; without it that is the object itself.
    `most` is how many objects of one namespace are kept: what a tenant makes up there costs no more memory than that.
    """

    def __init__(
        self,
        cluster: Cluster,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        on_change: OnChange | None = None,
        parse: Callable[[Object], Any] | None = None,
        most: int | None = None,
        watch_seconds: int = 45,
        pause: Backoff = PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._kind = kind
        self._parse = parse or _lightened
        self._most = most
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._on_change = on_change
        self._watch_seconds = watch_seconds
        self._pause = pause
        self._clock = clock
        self._objects: dict[Key, Any] = {}
        self._versions: dict[Key, tuple[str, str]] = {}
        self._kept: Counter[str] = Counter()
        self._full: set[str] = set()
        """Namespaces with more than is kept, since the last list."""
        self._synced = asyncio.Event()
        self._last_contact: float | None = None
        self._refused = False
        self.objects: Mapping[Key, Any] = MappingProxyType(self._objects)
        """What the API server last said, by (namespace, name); never change what is inside."""

    async def run(self) -> None:
        """Keep the copy current until cancelled."""
        failures = 0
        while True:
            try:
                version = await self._relist()
                while True:
                    version = await self._watch(version)
                    failures = 0
            except ClusterError as error:
                self._refused = error.status == FORBIDDEN
                _log.warning(
                    "watch interrupted, listing again",
                    extra={
                        "resource": self._kind.plural,
                        "namespace": self._namespace or "",
                        "fields": self._fields,
                        "cause": str(error),
                    },
                )
            except Exception:  # noqa: BLE001 - the outermost edge: a copy that nobody updates would be worse
                self._refused = False
                _log.exception("watch failed, listing again", extra={"resource": self._kind.plural})
            failures += 1
            await asyncio.sleep(self._pause.delay(failures, chance=random.random()))  # noqa: S311 - not a secret

    async def synced(self) -> None:
        """Wait for the first complete list."""
        await self._synced.wait()

    @property
    def is_synced(self) -> bool:
        """True after the first complete list."""
        return self._synced.is_set()

    @property
    def lag_seconds(self) -> float:
        """Seconds since the API server was last heard, infinite before the first list.

        A healthy watch is heard once per watch period at least, however quiet the objects are.
        """
        return float("inf") if self._last_contact is None else self._clock() - self._last_contact

    @property
    def is_refused(self) -> bool:
        """True while the API server answers that the namespace may not be read: it is gone, or its Role is."""
        return self._refused

    @property
    def is_alive(self) -> bool:
        """True while the copy can be trusted: the server was heard within twice the watch period."""
        return self.lag_seconds <= 2 * self._watch_seconds

    async def _relist(self) -> str:
        found: dict[Key, tuple[tuple[str, str], Any]] = {}
        counts: Counter[str] = Counter()
        self._full.clear()
        version = ""
        async for page in self._cluster.pages(self._kind, self._namespace, labels=self._labels, fields=self._fields):
            for item in page:
                key, value = key_of(item), self._parse(item)
                if value is not None and self._has_room(key, counts):
                    found[key] = _version(item), value
                    counts[key[0]] += 1
            version = page.resource_version
        for key in [key for key in self._objects if key not in found]:
            self._remove(key)
        for key, (seen, value) in found.items():
            self._put(key, value, seen)
        self._heard()
        self._refused = False
        self._synced.set()
        return version

    async def _watch(self, version: str) -> str:
        """One watch, until the server ends it; the version to continue from."""
        events = self._cluster.watch(
            self._kind,
            self._namespace,
            resource_version=version,
            labels=self._labels,
            fields=self._fields,
            # spread, so that the watches of many reflectors do not end together
            seconds=self._watch_seconds + random.randrange(6),  # noqa: S311 - not a secret
        )
        async with aclosing(events):
            async for event in events:
                version = self._take(event)
        self._heard()
        return version

    def _take(self, event: Object) -> str:
        """Apply one watch event; the version it carries."""
        item = event["object"]
        if event["type"] == "ERROR":
            raise ClusterError(str(item.get("message", "the watch failed")), status=int(item.get("code", 0)))
        self._heard()
        if event["type"] == "DELETED":
            self._remove(key_of(item))
        elif event["type"] != "BOOKMARK":
            self._put(key_of(item), self._parse(item), _version(item))
        return str(item["metadata"]["resourceVersion"])

    def _heard(self) -> None:
        self._last_contact = self._clock()

    def _has_room(self, key: Key, counts: Counter[str]) -> bool:
        """Whether one more object of its namespace is kept."""
        if self._most is None or counts[key[0]] < self._most:
            return True
        if key[0] not in self._full:
            self._full.add(key[0])
            extra = {"resource": self._kind.plural, "namespace": key[0], "count": self._most}
            _log.warning("too many objects in a namespace, the others are not looked at", extra=extra)
        return False

    def _put(self, key: Key, value: Any, version: tuple[str, str]) -> None:
        if self._versions.get(key) == version:
            return
        if value is None or (key not in self._objects and not self._has_room(key, self._kept)):
            self._remove(key)
            return
        if key not in self._objects:
            self._kept[key[0]] += 1
        self._objects[key] = value
        self._versions[key] = version
        if self._on_change:
            self._on_change(key, value)

    def _remove(self, key: Key) -> None:
        self._versions.pop(key, None)
        if self._objects.pop(key, None) is None:
            return
        self._kept[key[0]] -= 1
        if not self._kept[key[0]]:
            del self._kept[key[0]]
        if self._on_change:
            self._on_change(key, None)


def _lightened(item: Object) -> Object:
    item["metadata"].pop("managedFields", None)  # half of a small object's memory, and nobody here reads it
    return item


def _version(item: Mapping[str, Any]) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata.get("uid", ""), metadata["resourceVersion"]
