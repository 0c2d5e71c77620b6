"""Who refers to what: the objects of one kind by what each of them names."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

from penstock_core.cluster import Key
from penstock_core.observed.base import Observed

Value = TypeVar("Value", bound=Observed)
Target = TypeVar("Target", bound=Hashable)


class Index(Generic[Value, Target]):
    """From a target to those that name it, where `targets` says of an object what it names; `objects` is read, never written."""

    def __init__(self, objects: Mapping[Key, Value], targets: Callable[[Value], Iterable[Target]]) -> None:
        self._objects = objects
        self._targets_of = targets
        self._targets: dict[Key, frozenset[Target]] = {}
        self._referrers: dict[Target, set[Key]] = defaultdict(set)
        for key in objects:
            self.update(key)

    def update(self, referrer: Key) -> None:
        """Looks again at the object that came, changed or went."""
        item = self._objects.get(referrer)
        new = frozenset(self._targets_of(item)) if item is not None else frozenset()
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

    def of(self, target: Target) -> frozenset[Key]:
        """Keys of those that name `target`."""
        return frozenset(self._referrers.get(target, ()))

    def objects_of(self, target: Target) -> list[Value]:
        """Those that name `target`, in the order of their keys."""
        return [self._objects[key] for key in sorted(self.of(target))]
