"""A real API server keeps what the cluster of the unit tests promises: the same tests, each in a namespace of its own."""

from collections.abc import AsyncIterator

import pytest

pytest.register_assert_rewrite("cluster_contract")

from cluster_contract import ClusterContract  # noqa: E402 - only what is imported from here on is rewritten
from penstock_core.cluster import Cluster  # noqa: E402


@pytest.fixture
async def api(cluster: None) -> AsyncIterator[Cluster]:
    """Penstock's client for the test bed, with its kubeconfig."""
    connected = await Cluster.connect()
    yield connected
    await connected.close()


@pytest.fixture
def namespace(tenant: str) -> str:
    """A namespace of the test's own."""
    return tenant


class TestRealCluster(ClusterContract):
    """The contract on the test bed's API server."""
