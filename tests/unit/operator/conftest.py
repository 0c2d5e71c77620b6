"""Fixtures of the operator's unit tests."""

from typing import Any

import pytest

from execution_queue import Starters
from fake_cluster import FakeCluster
from operator_stand import ENVIRONMENT, Clock, Collections, FakeCollection, FakeTenancy, watched
from operator_world import INSTANCE, INTEGRATION, World
from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATIONS, NAMESPACES
from penstock_operator.executions.job_creation import Starter
from penstock_operator.metrics import Metrics
from penstock_operator.namespaces import Namespaces
from penstock_operator.objects.reporter import Reporter
from penstock_operator.services import Services
from penstock_operator.settings import Settings, from_environment
from penstock_operator.watch.inventory import Inventory


@pytest.fixture
def settings() -> Settings:
    return from_environment(ENVIRONMENT)


@pytest.fixture
def environment() -> dict[str, str]:
    return dict(ENVIRONMENT)


@pytest.fixture
def inventory() -> Inventory:
    return Inventory()


@pytest.fixture
def cluster(inventory: Inventory) -> FakeCluster:
    return FakeCluster(told=watched(inventory))


@pytest.fixture
def collection(cluster: FakeCluster) -> Collections:
    return lambda kind: FakeCollection(cluster, kind)


@pytest.fixture
def tenancy() -> FakeTenancy:
    return FakeTenancy()


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Unwatched:
    """Jobs and pods that no watch shows."""

    async def run(self) -> None:
        """Nothing to keep current."""

    async def synced(self, *, within: float) -> None:
        """Nothing to wait for."""


@pytest.fixture
def services(
    cluster: FakeCluster, inventory: Inventory, settings: Settings, tenancy: FakeTenancy, clock: Clock
) -> Services:
    """What controllers share, over stand-ins; the database is never asked."""
    api: Any = cluster
    store: Any = tenancy
    unwatched: Any = Unwatched()
    pool: Any = None
    return Services(
        cluster=api,
        pool=pool,
        settings=settings,
        metrics=Metrics(),
        inventory=inventory,
        workloads=unwatched,
        reporter=Reporter(api, inventory, clock=clock),
        tenancy=store,
        namespaces=Namespaces(api, store, settings),
        clock=clock,
        predecessor_seen=clock(),
    )


@pytest.fixture
def world(
    cluster: FakeCluster,
    inventory: Inventory,
    settings: Settings,
    tenancy: FakeTenancy,
    clock: Clock,
    collection: Collections,
) -> World:
    """All reconcilers, with an Integration and an Instance of it that nobody has looked at yet."""
    found = World(cluster, inventory, settings=settings, tenancy=tenancy, clock=clock, collection=collection)
    cluster.seed(NAMESPACES, {"metadata": {"name": "acme", "namespace": None, "uid": "n1"}})
    cluster.seed(INTEGRATIONS, INTEGRATION)
    cluster.seed(INSTANCES, INSTANCE)
    return found


@pytest.fixture
def lost() -> list[str]:
    """The codes of what was ended from outside."""
    return []


@pytest.fixture
def starter(cluster: FakeCluster, inventory: Inventory, settings: Settings, lost: list[str]) -> Starters:
    """Starters in a namespace whose Flows were listed."""
    with inventory.listing(FLOWS, "acme") as listing:
        inventory.replace(listing, [])
    return lambda dispatch: Starter(cluster, inventory, dispatch, runner=settings.runner, lost=lost.append)
