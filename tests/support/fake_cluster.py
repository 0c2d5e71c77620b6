"""The cluster of tests without one: Penstock's own client on an API server in memory, and what a test wants of it.

A test puts objects there as somebody else would (`seed`, `remove`), makes requests fail (`failures`, `failure`) or wait
(`hold`), and looks at what was written (`writes`, `events`, `of`).
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fake_api import REVIEWS, Change, FakeApi, Place, Verb
from penstock_core.cluster import EVENTS, JOBS, Cluster, Kind, Object
from penstock_core.errors import ClusterError

Told = Callable[[Change], None]


class FakeCluster(Cluster):
    """A cluster in memory; `told` hears of every change at once, as from a watch that is never late."""

    def __init__(self, *, told: Told = lambda _: None) -> None:
        self._api = FakeApi(admit=self._admit, told=told)
        super().__init__(self._api)
        self.objects = self._api.objects
        self.tokens = self._api.tokens
        self.audiences = self._api.audiences
        self.rights = self._api.rights
        self.writes: list[tuple[Verb, str, str]] = []
        """Verb, plural name and name of everything that was to be written, Events and reviews aside."""
        self.reviews = 0
        self.failures: dict[tuple[str | None, ...], Exception] = {}
        """What is raised by (verb, plural) or (verb, plural, name); lists by (list, namespace) or (list, plural, namespace)."""
        self.failure: ClusterError | None = None
        """What every creation and every review is answered with."""
        self.hold: asyncio.Event | None = None
        """What every creation waits for."""

    @property
    def events(self) -> list[tuple[str, str, str]]:
        """Type, reason and note of all Events, in their order."""
        return [(item["type"], item["reason"], item["note"]) for item in self.of(EVENTS).values()]

    def of(self, kind: Kind) -> dict[str, Object]:
        """All objects of a kind by name."""
        return {name: item for (plural, _, name), item in self.objects.items() if plural == kind.plural}

    def jobs(self) -> list[str]:
        """Names of the Jobs, in the order of their creation."""
        return list(self.of(JOBS))

    def seed(self, kind: Kind, item: Mapping[str, Any], *, seen: bool = True) -> Object:
        """An object that somebody else made or changed; `seen` False: no watch has told yet."""
        return self._api.put(kind.plural, item, told=seen)

    def remove(self, kind: Kind, namespace: str | None, name: str) -> None:
        """An object that is gone, whatever its finalizers say."""
        self._api.remove((kind.plural, namespace, name))

    async def _admit(self, verb: Verb, place: Place) -> None:
        plural, namespace, name = place
        if verb in ("get", "list", "watch"):
            self._fail(("list", namespace), ("list", plural, namespace), wanted=verb == "list")
            return
        if plural in REVIEWS:
            self.reviews += 1
        elif plural != EVENTS.plural:
            self.writes.append((verb, plural, name))
        self._fail((verb, plural), (verb, plural, name))
        if verb == "create":
            await self._creating()

    async def _creating(self) -> None:
        if self.hold is not None:
            await self.hold.wait()
        if self.failure is not None:
            raise self.failure

    def _fail(self, *keys: tuple[str | None, ...], wanted: bool = True) -> None:
        for key in keys:
            if wanted and key in self.failures:
                raise self.failures[key]
