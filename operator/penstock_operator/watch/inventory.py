"""What the operator knows about the cluster's objects, kept by watches; reconciliation reads here and not from the API.

An edge: objects come in as the API server shows them, and what is kept and handed out are values.
Holds no decisions: it stores them, answers who refers to whom, and says which keys to look at again when one changes.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Key, Kind, Object
from penstock_core.cluster.kinds import WatchedKind
from penstock_core.observed.base import Observed
from penstock_core.observed.objects import key_of
from penstock_operator.control.controller import OnObject
from penstock_operator.watch.index import Index

Value = TypeVar("Value", bound=Observed)
Target = TypeVar("Target", bound=Hashable)


KINDS: Final[tuple[WatchedKind[Any], ...]] = (INTEGRATIONS, INTEGRATION_VERSIONS, INSTANCES, FLOWS)
"""Penstock's own kinds, watched through Kopf: what an inventory holds unless it is told otherwise."""


class Listing:
    """A list of a kind while it is on its way: what was known when it was asked for, and what went since, by uid."""

    def __init__(self, kind: Kind, namespace: str | None, before: Mapping[Key, str]) -> None:
        self.kind = kind
        self.namespace = namespace
        self.before = before
        self.gone: set[str] = set()


class Inventory:
    """The objects of `kinds` by (namespace, name), with the indexes that its readers ask for.

    `on_change(kind, key, before, after)` is called for each real change; None stands for absence. `ours=True` says that the
    reconciliation of that very object made it.
    """

    def __init__(self, kinds: tuple[WatchedKind[Any], ...] = KINDS) -> None:
        self.kinds = kinds
        """What is listed and watched into it."""
        self._objects: dict[str, dict[Key, Any]] = {kind.plural: {} for kind in kinds}
        self._indexes: dict[str, dict[Callable[[Any], Iterable[Any]], Index[Any, Any]]] = {
            kind.plural: {} for kind in kinds
        }
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
        held = self.get(kind, key_of(raw)) if self.holds(kind, raw) else None
        item = held or kind.parse(raw)
        self.keep(kind, item, ours=ours)
        if ours:
            self._expected.pop((kind.plural, item.key), None)
        return item

    def holds(self, kind: Kind, raw: Object) -> bool:
        """Whether this very version of an object is known; may be asked from another thread."""
        held = self._objects[kind.plural].get(key_of(raw))
        metadata = raw["metadata"]
        return held is not None and (held.uid, held.resource_version) == (
            metadata.get("uid"),
            metadata.get("resourceVersion"),
        )

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
        self._reindex(kind, key)
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
        self._reindex(kind, key)
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

    def is_partial(self, namespace: str | None) -> bool:
        """Whether less is known of a namespace than there may be."""
        return namespace in self._partial or None in self._partial

    def index(self, kind: WatchedKind[Value], targets: Callable[[Value], Iterable[Target]]) -> Index[Value, Target]:
        """The objects of a kind by what `targets` says of each, kept current: one index for all who name the same function."""
        indexes = self._indexes[kind.plural]
        if targets not in indexes:
            indexes[targets] = Index(self._objects[kind.plural], targets)
        return indexes[targets]

    def _reindex(self, kind: Kind, key: Key) -> None:
        for index in self._indexes[kind.plural].values():
            index.update(key)

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
