"""The cluster that other unit tests use keeps what a real one promises; tests/e2e asks a real one the same."""

import pytest

pytest.register_assert_rewrite("cluster_contract")

from cluster_contract import ClusterContract  # noqa: E402 - only what is imported from here on is rewritten
from fake_cluster import FakeCluster  # noqa: E402
from penstock_core.cluster import Cluster  # noqa: E402


@pytest.fixture
def api() -> Cluster:
    """A cluster in memory."""
    return FakeCluster()


@pytest.fixture
def namespace() -> str:
    """A namespace without anything in it."""
    return "contract"


class TestFakeCluster(ClusterContract):
    """The contract on the API server in memory."""
