"""How to add a topic: a controller in the tuple that the leader is given; the leader knows none of them."""

import asyncio
from typing import Any

from fake_cluster import FakeCluster
from operator_stand import SECONDS, item, leading
from penstock_core.cluster import INSTANCES, Cluster, Key, Kind
from penstock_core.errors import StoreUnavailable
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.control.loops import Pulse
from penstock_operator.process.leader import Leader
from penstock_operator.process.topics import TOPICS
from penstock_operator.services import Services
from penstock_operator.watch.inventory import Inventory


class Greeter:
    """A toy topic: it greets each Instance, and wants to know all that the leader can tell."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.queue = services.queue("greetings", self._greet, workers=1)
        self.said: list[str] = []
        self.done = asyncio.Event()

    def controller(self) -> Controller:
        return Controller(
            queues=(self.queue,),
            loops=(Loop(name="toy", seconds=3600, step=self._fail),),
            collections=(self,),
            on_object=self._changed,
            on_start=lambda: self.said.append("started"),
            on_store_away=self._store_away,
        )

    async def run(self) -> None:
        """A collection, as reflectors keep it."""
        self.said.append("watches")

    async def synced(self, *, within: float) -> None:
        """The first list has come."""
        self.said.append("synced")

    async def _greet(self, key: Key) -> None:
        self.said.append(f"hello {key[1]}")
        if key[1] == "came":
            self.done.set()

    async def _fail(self) -> None:
        raise StoreUnavailable("no database")

    def _store_away(self) -> None:
        self.said.append("store away")

    def _changed(self, kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        if kind is INSTANCES and after is not None:
            self.queue.add(key)


async def test_a_controller_in_the_tuple_is_run(services: Services, cluster: FakeCluster) -> None:
    """Its collections are synced first, then come the list, its start, its queue and loops, and every later change."""
    listed, watched = item("listed", spec={"integration": {"name": "orders"}}), asyncio.Event()
    cluster.seed(INSTANCES, listed, seen=False)

    async def watch(_: Cluster, inventory: Inventory, __: tuple[str | None, ...]) -> None:
        await watched.wait()
        inventory.put(INSTANCES, item("came", spec={"integration": {"name": "orders"}}))

    toy = Greeter(services)
    async with (
        asyncio.timeout(SECONDS),
        leading(Leader(services, (toy.controller(), Controller()), pulse=Pulse(), watchers=(watch,))),
    ):
        watched.set()
        await toy.done.wait()

    assert sorted(toy.said[:2]) == ["synced", "watches"]
    assert toy.said[2:3] == ["started"]
    assert sorted(toy.said[3:]) == ["hello came", "hello listed", "store away"]


async def test_every_topic_builds_from_the_services_alone(services: Services) -> None:
    """What the active replica runs is made of what topics share, and no two of its queues or loops have one name."""
    built = [build(services) for build in TOPICS]
    loops = [loop.name for controller in built for loop in controller.loops]

    assert [queue.name for controller in built for queue in controller.queues] == [
        "integrations",
        "instances",
        "left-behind",
    ]
    assert len(set(loops)) == len(loops) == 13
