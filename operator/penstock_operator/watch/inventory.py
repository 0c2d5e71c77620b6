"""What the operator knows about the cluster's objects, kept by watches; reconciliation reads here and not from the API.

An edge: objects come in as the API server shows them, and what is kept and handed out are values.
Holds no decisions: it stores them, answers who refers to whom, and says which keys to look at again when one changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Key, Kind, Object
from penstock_core.kinds import WatchedKind
from penstock_core.observed.base import Observed
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import IntegrationVersion
from penstock_operator.control.controller import OnObject
from penstock_operator.watch.references import config_map_keys, secret_keys

Value = TypeVar("Value", bound=Observed)


KINDS: Final[tuple[WatchedKind[Any], ...]] = (INTEGRATIONS, INTEGRATION_VERSIONS, INSTANCES, FLOWS)
"""Penstock's own kinds, watched through Kopf: what an inventory holds unless it is told otherwise."""


class Index:
    """Which instances refer to what: from a referred key to the keys of those that name it."""

    def __init__(self) -> None:
        self._referrers: dict[Key, set[Key]] = defaultdict(set)
        self._targets: dict[Key, frozenset[Key]] = {}

    def put(self, referrer: Key, targets: Iterable[Key]) -> None:
        """Replaces what `referrer` refers to."""
        new = frozenset(targets)
        old = self._targets.get(referrer, frozenset())
        for target in old - new:
            self._referrers[target].discard(referrer)
            if not self._referrers[target]:
                del self._referrers[target]
        for target in new - old:
            self._referrers[target].add(referrer)
        if new:
            self._targets[referrer] = new
        else:
            self._targets.pop(referrer, None)

    def of(self, target: Key) -> frozenset[Key]:
        """Keys of those that refer to `target`."""
        return frozenset(self._referrers.get(target, ()))


class Listing:
    """A list of a kind while it is on its way: what was known when it was asked for, and what went since, by uid."""

    def __init__(self, kind: Kind, namespace: str | None, before: Mapping[Key, str]) -> None:
        self.kind = kind
        self.namespace = namespace
        self.before = before
        self.gone: set[str] = set()


class Inventory:
    """The objects of `kinds` by (namespace, name), with reverse look-ups.

    `on_change(kind, key, before, after)` is called for each real change; None stands for absence. `ours=True` says that the
    reconciliation of that very object made it.
    """

    def __init__(self, kinds: tuple[WatchedKind[Any], ...] = KINDS) -> None:
        self.kinds = kinds
        """What is listed and watched into it."""
        self._objects: dict[str, dict[Key, Any]] = {kind.plural: {} for kind in kinds}
        self._by_integration = Index()
        self._by_secret = Index()
        self._by_config_map = Index()
        self._flows_by_instance = Index()
        self._versions_by_integration = Index()
        self._by_namespace: dict[str, set[Key]] = defaultdict(set)
        self._listings: list[Listing] = []
        self._expected: dict[tuple[str, Key], str] = {}
        self._listed: set[tuple[str, str | None]] = set()
        self._partial: frozenset[str | None] = frozenset()
        self.began_whole = False
        """Whether every kind in every watched namespace could be read at the start: else what is missing may exist."""
        self.on_change: OnObject | None = None

    def get(self, kind: WatchedKind[Value], key: Key) -> Value | None:
        """The object as last seen."""
        return self._objects[kind.plural].get(key)

    def all(self, kind: WatchedKind[Value]) -> Mapping[Key, Value]:
        """All objects of a kind."""
        return self._objects[kind.plural]

    def put(self, kind: WatchedKind[Value], raw: Object, *, ours: bool = False) -> Value:
        """Takes what a request returned; what that is as a value. `ours` says that it is what its own reconciliation wrote."""
        item = kind.parse(raw)
        self.keep(kind, item, ours=ours)
        if ours:
            self._expected.pop((kind.plural, item.key), None)
        return item

    def expect(self, kind: Kind, key: Key, fingerprint: str) -> None:
        """A write is under way whose object will have this fingerprint: a watch may tell of it before its own answer does."""
        self._expected[kind.plural, key] = fingerprint

    def keep(self, kind: Kind, item: Observed, *, ours: bool = False) -> None:
        """Takes what a watch or a list told; the same version again, or an older one, is no change."""
        key = item.key
        before = self._objects[kind.plural].get(key)
        if before is not None and not _newer(item, before):
            return
        self._objects[kind.plural][key] = item
        self._index(kind, key, item)
        expected = self._expected.get((kind.plural, key))
        self._tell(kind, key, before, item, ours=ours or (expected is not None and expected == item.fingerprint))

    def remove(self, kind: Kind, key: Key, *, uid: str | None = None) -> None:
        """Forgets an object that is gone; with `uid`, only that one: another may have its name by now."""
        before = self._objects[kind.plural].get(key)
        gone = uid or (before and before.uid)
        for listing in self._listings:
            if listing.kind is kind and gone:
                listing.gone.add(gone)
        if before is None or (uid and before.uid != uid):
            return
        del self._objects[kind.plural][key]
        self._index(kind, key, None)
        self._tell(kind, key, before, None)

    @contextmanager
    def listing(self, kind: Kind, namespace: str | None) -> Iterator[Listing]:
        """Around a list of a namespace (None: of all): begin it here, and hand the result to `replace` inside."""
        known = self._objects[kind.plural].items()
        before = {key: item.uid for key, item in known if namespace in (None, key[0])}
        listing = Listing(kind, namespace, before)
        self._listings.append(listing)
        try:
            yield listing
        finally:
            self._listings.remove(listing)

    def replace(self, listing: Listing, items: Iterable[Observed]) -> None:
        """Takes a complete list: what was known before it and is not in it is gone, what went meanwhile does not come back."""
        found = {item.key: item for item in items if item.uid not in listing.gone}
        for key, uid in listing.before.items():
            if key not in found:
                self.remove(listing.kind, key, uid=uid)
        for item in found.values():
            self.keep(listing.kind, item)
        self._listed.add((listing.kind.plural, listing.namespace))

    def knows(self, kind: Kind, namespace: str) -> bool:
        """Whether all objects of a kind in a namespace are known: what is missing there does not exist."""
        listed = (kind.plural, namespace) in self._listed or (kind.plural, None) in self._listed
        return listed and not self.is_partial(namespace)

    def set_partial(self, namespaces: Iterable[str | None]) -> None:
        """Names the namespaces of which not every kind may be read (None: all): what is missing there may exist."""
        self._partial = frozenset(namespaces)

    def is_partial(self, namespace: str) -> bool:
        """Whether less is known of a namespace than there may be."""
        return namespace in self._partial or None in self._partial

    def instances_of(self, integration: Key) -> frozenset[Key]:
        """Instances of an Integration."""
        return self._by_integration.of(integration)

    def instances_with_secret(self, secret: Key) -> frozenset[Key]:
        """Instances that name a Secret as a connection or for webhook keys, or own it as their generated key."""
        return self._by_secret.of(secret)

    def instances_with_config_map(self, config_map: Key) -> frozenset[Key]:
        """Instances that name a ConfigMap in `configFrom`."""
        return self._by_config_map.of(config_map)

    def instances_in(self, namespace: str) -> frozenset[Key]:
        """Instances of a namespace."""
        return frozenset(self._by_namespace.get(namespace, ()))

    def flows_of(self, instance: Key) -> list[Flow]:
        """Flow objects that name the instance."""
        return self._objects_at(FLOWS, self._flows_by_instance.of(instance))

    def versions_of(self, integration: Key) -> list[IntegrationVersion]:
        """IntegrationVersions of an Integration."""
        return self._objects_at(INTEGRATION_VERSIONS, self._versions_by_integration.of(integration))

    def _objects_at(self, kind: WatchedKind[Value], keys: Iterable[Key]) -> list[Value]:
        return [self._objects[kind.plural][key] for key in sorted(keys)]

    def _index(self, kind: Kind, key: Key, item: Observed | None) -> None:
        if kind is INSTANCES:
            self._index_instance(key, item if isinstance(item, Instance) else None)
        elif kind is FLOWS:
            self._flows_by_instance.put(key, [item.owner] if isinstance(item, Flow) else ())
        elif kind is INTEGRATION_VERSIONS:
            self._versions_by_integration.put(key, [item.publisher] if isinstance(item, IntegrationVersion) else ())

    def _index_instance(self, key: Key, item: Instance | None) -> None:
        self._by_integration.put(key, [item.integration_key] if item else ())
        self._by_secret.put(key, secret_keys(item) if item else ())
        self._by_config_map.put(key, config_map_keys(item) if item else ())
        if item:
            self._by_namespace[key[0]].add(key)
        else:
            self._by_namespace[key[0]].discard(key)

    def _tell(
        self, kind: Kind, key: Key, before: Observed | None, after: Observed | None, *, ours: bool = False
    ) -> None:
        if self.on_change is not None:
            self.on_change(kind, key, before, after, ours=ours)


def _newer(item: Observed, before: Observed) -> bool:
    """True where `item` should replace `before`: versions of one object grow, where they are numbers (in etcd they are)."""
    if item.uid != before.uid:
        return True
    versions = item.resource_version, before.resource_version
    if all(version.isdecimal() for version in versions):
        return int(versions[0]) > int(versions[1])
    return versions[0] != versions[1]
