"""One kind of objects in all served namespaces, kept by reflectors as values."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from penstock_core.cluster import Cluster, Key, Object, Reflector
from penstock_core.cluster.kinds import WatchedKind
from penstock_core.observed.base import Observed

log = logging.getLogger(__name__)
Value = TypeVar("Value", bound=Observed)


class Collection(Generic[Value]):
    """One kind's objects in the watched namespaces (a lone None: all), kept current by one reflector each.

    `parse` reads one in another way than its kind does; `keep` says which are kept at all, `most` how many of one namespace.
    """

    def __init__(
        self,
        cluster: Cluster,
        kind: WatchedKind[Value],
        *,
        namespaces: Iterable[str | None],
        labels: str = "",
        on_change: Any = None,
        parse: Callable[[Object], Value] | None = None,
        keep: Callable[[Value], bool] | None = None,
        most: int | None = None,
    ) -> None:
        self._kind = kind
        read = parse or kind.parse
        self._reflectors = {
            namespace: Reflector(
                cluster,
                kind,
                namespace=namespace,
                labels=labels,
                on_change=on_change,
                parse=read if keep is None else _kept(read, keep),
                most=most,
            )
            for namespace in namespaces
        }

    def get(self, key: Key) -> Value | None:
        """The object at (namespace, name), as last seen."""
        return next((item for each in self._reflectors.values() if (item := each.objects.get(key)) is not None), None)

    async def run(self) -> None:
        """Keeps them current until cancelled."""
        async with asyncio.TaskGroup() as group:
            for reflector in self._reflectors.values():
                group.create_task(reflector.run())

    async def synced(self, *, within: float) -> None:
        """Waits for the first complete lists, `within` seconds at most: a namespace may have no right to read any more."""
        try:
            async with asyncio.timeout(within):
                for reflector in self._reflectors.values():
                    await reflector.synced()
        except TimeoutError:
            missing = [namespace or "" for namespace, one in self._reflectors.items() if not one.is_synced]
            log.warning("namespaces not listed", extra={"resource": self._kind.plural, "namespaces": missing})

    def is_alive(self, namespace: str) -> bool:
        """True while the copy of a namespace can be trusted."""
        reflector = self._reflectors.get(namespace) or self._reflectors.get(None)
        return reflector is not None and reflector.is_alive


def _kept(parse: Callable[[Object], Value], keep: Callable[[Value], bool]) -> Callable[[Object], Value | None]:
    """What makes a value of an object, None of one that is not kept."""

    def parsed(raw: Object) -> Value | None:
        item = parse(raw)
        return item if keep(item) else None

    return parsed
