"""Fixtures of the operator's unit tests."""

import pytest

from operator_stand import ENVIRONMENT, Clock, FakeCluster, FakeCollection, FakeTenancy
from penstock_operator.inventory import Inventory
from penstock_operator.settings import from_environment


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
