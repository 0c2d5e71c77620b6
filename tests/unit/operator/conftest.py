"""Fixtures of the operator's unit tests."""

import pytest

from operator_stand import ENVIRONMENT, Clock, FakeCluster, FakeCollection, FakeTenancy
from operator_world import INSTANCE, INTEGRATION, World
from penstock_core.cluster import INSTANCES, INTEGRATIONS, NAMESPACES
from penstock_operator.settings import from_environment
from penstock_operator.watch.inventory import Inventory


@pytest.fixture
def settings():
    return from_environment(ENVIRONMENT)


@pytest.fixture
def environment():
    return dict(ENVIRONMENT)


@pytest.fixture
def inventory():
    return Inventory()


@pytest.fixture
def cluster(inventory):
    return FakeCluster(inventory)


@pytest.fixture
def collection(cluster):
    return lambda kind: FakeCollection(cluster, kind)


@pytest.fixture
def tenancy():
    return FakeTenancy()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def world(cluster, inventory, settings, tenancy, clock, collection):
    """All reconcilers, with an Integration and an Instance of it that nobody has looked at yet."""
    found = World(cluster, inventory, settings=settings, tenancy=tenancy, clock=clock, collection=collection)
    cluster.seed(NAMESPACES, {"metadata": {"name": "acme", "namespace": None}})
    cluster.seed(INTEGRATIONS, INTEGRATION)
    cluster.seed(INSTANCES, INSTANCE)
    return found
