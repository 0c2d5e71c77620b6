"""How to add a kind of resource: a model with `parse`, a place among the inventory's kinds, and a topic that asks for it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final, Self

import kopf
import pytest
from kopf._cogs.structs.references import Selector

from fake_cluster import FakeCluster
from operator_stand import SECONDS, item, leading
from penstock_core.cluster import Cluster, Key, Kind, Object
from penstock_core.cluster.kinds import WatchedKind
from penstock_core.observed.base import Observed, metadata_of
from penstock_operator.control.controller import Controller
from penstock_operator.control.loops import Pulse
from penstock_operator.process.leader import Leader
from penstock_operator.services import Services
from penstock_operator.watch.inventory import KINDS, Inventory
from penstock_operator.watch.kopf_events import into, registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy(Observed):
    """A toy, and the shelf on which it stands."""

    shelf: str

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of a toy as the API server shows it."""
        return cls(**metadata_of(raw), shelf=raw["spec"]["shelf"])


TOYS: Final = WatchedKind(group="toys.example", version="v1", plural="toys", parse=Toy.parse)


class Shelves:
    """A toy topic: it looks at a shelf whenever a toy on it changes."""

    def __init__(self, services: Services) -> None:
        self._toys = services.inventory.index(TOYS, lambda toy: [(toy.namespace, toy.shelf)])
        self.queue = services.queue("shelves", self._look, workers=1)
        self.seen: asyncio.Queue[tuple[Key, list[str]]] = asyncio.Queue()

    def controller(self) -> Controller:
        return Controller(queues=(self.queue,), on_object=self._changed)

    def _changed(self, kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        if kind is TOYS:
            for toy in filter(None, (before, after)):
                self.queue.add((toy.namespace, toy.shelf))

    async def _look(self, key: Key) -> None:
        self.seen.put_nowait((key, [toy.name for toy in self._toys.objects_of(key)]))


def handler_of(kind: Kind, handlers: kopf.OperatorRegistry) -> Any:
    """What Kopf calls with each event of a kind."""
    wanted = Selector(kind.group, kind.version, kind.plural)
    [found] = [one.fn for one in handlers._watching.get_all_handlers() if one.selector == wanted]
    return found


@pytest.fixture
def inventory() -> Inventory:
    """An inventory with one kind more, for the services and the cluster of the other fixtures too."""
    return Inventory((*KINDS, TOYS))


async def test_objects_of_a_new_kind_are_listed(services: Services, cluster: FakeCluster) -> None:
    """The leader's list brings what was there before it, and the topic its keys."""
    cluster.seed(TOYS, item("bear", spec={"shelf": "upper"}), seen=False)
    shelves = Shelves(services)
    async with (
        asyncio.timeout(SECONDS),
        leading(Leader(services, (shelves.controller(),), pulse=Pulse(), watchers=())),
    ):
        assert await shelves.seen.get() == (("acme", "upper"), ["bear"])

    assert services.inventory.began_whole


async def test_objects_of_a_new_kind_are_watched(services: Services) -> None:
    """Kopf has a handler for the kind, whose events reach the topic by way of the inventory."""
    shelves = Shelves(services)
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def watch(_: Cluster, inventory: Inventory, __: tuple[str | None, ...]) -> None:
        handle = handler_of(TOYS, registry(into(inventory), inventory.kinds))
        while True:
            await handle(event=await events.get())

    async def seen_after(event_type: str, shelf: str, *, version: str) -> tuple[Key, list[str]]:
        events.put_nowait({"type": event_type, "object": item("bear", spec={"shelf": shelf}, version=version)})
        return await shelves.seen.get()

    async with (
        asyncio.timeout(SECONDS),
        leading(Leader(services, (shelves.controller(),), pulse=Pulse(), watchers=(watch,))),
    ):
        assert await seen_after("ADDED", "upper", version="1") == (("acme", "upper"), ["bear"])
        assert await seen_after("MODIFIED", "lower", version="2") == (("acme", "upper"), [])
        assert await shelves.seen.get() == (("acme", "lower"), ["bear"])
        assert await seen_after("DELETED", "lower", version="3") == (("acme", "lower"), [])
