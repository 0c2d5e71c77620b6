"""What the active replica makes sure of before it begins."""

from dataclasses import replace

from fake_cluster import FakeCluster
from operator_world import INSTANCE
from penstock_core.cluster import INSTANCES, INTEGRATIONS
from penstock_core.errors import ClusterError
from penstock_operator.control.loops import Pulse
from penstock_operator.process.leader import Leader
from penstock_operator.services import Services
from penstock_operator.settings import from_environment


async def test_a_namespace_that_is_gone_ends_no_start(
    services: Services, cluster: FakeCluster, environment: dict[str, str]
) -> None:
    """A watched namespace that may not be read any more is left out, and what belongs to it is not taken for stale."""
    named = replace(services, settings=from_environment(environment | {"PENSTOCK_WATCH_NAMESPACES": "acme,gone"}))
    leader = Leader(named, (), pulse=Pulse())
    cluster.seed(INSTANCES, INSTANCE, seen=False)
    cluster.failures[("list", INTEGRATIONS.plural, "gone")] = ClusterError("forbidden", status=403)
    await leader._list()

    assert list(named.inventory.all(INSTANCES)) == [("acme", "acme-orders")]
    assert named.inventory.began_whole is False
