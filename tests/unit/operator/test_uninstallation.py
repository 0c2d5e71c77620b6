"""What is taken off before an uninstall."""

from typing import Any

from fake_cluster import FakeCluster
from operator_stand import item
from penstock_core import names
from penstock_core.cluster import INSTANCES
from penstock_operator.commands.cleanup import remove_finalizers


async def test_cleanup_takes_only_penstocks_finalizer(cluster: FakeCluster) -> None:
    """Before an uninstall, Instances lose Penstock's finalizer and keep those of others."""
    claimed: dict[str, Any] = {
        "finalizers": [names.FINALIZER],
        "annotations": {names.ANNOTATION_RELEASE: "other.release"},
    }
    instances = (item("i1", finalizers=["other/one", names.FINALIZER]), item("free"), item("theirs", **claimed))
    for instance in instances:
        cluster.seed(INSTANCES, instance | {"spec": {"integration": {"name": "orders"}}})

    assert await remove_finalizers(cluster, (None,), release="penstock-system.penstock") == 1
    assert cluster.of(INSTANCES)["i1"]["metadata"]["finalizers"] == ["other/one"]
    assert cluster.of(INSTANCES)["theirs"]["metadata"]["finalizers"] == [names.FINALIZER]
