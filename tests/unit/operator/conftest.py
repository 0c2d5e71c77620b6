"""Fixtures of the operator's unit tests."""

from collections.abc import Callable

import pytest

from operator_stand import ENVIRONMENT, Clock, FakeCluster, FakeCollection, FakeTenancy
from operator_world import INSTANCE, INTEGRATION, World
from penstock_core.cluster import INSTANCES, INTEGRATIONS, NAMESPACES, Kind
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
    return FakeCluster(inventory)


@pytest.fixture
def collection(cluster: FakeCluster) -> Callable[[Kind], FakeCollection]:
    return lambda kind: FakeCollection(cluster, kind)


@pytest.fixture
def tenancy() -> FakeTenancy:
    return FakeTenancy()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(
    cluster: FakeCluster,
    inventory: Inventory,
    settings: Settings,
    tenancy: FakeTenancy,
    clock: Clock,
    collection: Callable[[Kind], FakeCollection],
) -> World:
    """All reconcilers, with an Integration and an Instance of it that nobody has looked at yet."""
    found = World(cluster, inventory, settings=settings, tenancy=tenancy, clock=clock, collection=collection)
    cluster.seed(NAMESPACES, {"metadata": {"name": "acme", "namespace": None}})
    cluster.seed(INTEGRATIONS, INTEGRATION)
    cluster.seed(INSTANCES, INSTANCE)
    return found
