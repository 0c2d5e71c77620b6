"""Volumes of the node."""

from pathlib import Path

from testbed.layout import NODE, STORAGE_CLASS
from testbed.storage import storage_class, volume


def test_the_storage_class_is_the_default_one() -> None:
    """A claim that names no class gets a volume."""
    described = storage_class()

    assert described["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert described["volumeBindingMode"] == "WaitForFirstConsumer"


def test_a_volume_is_bound_to_the_node_that_holds_it() -> None:
    """Kubernetes demands it of local volumes."""
    spec = volume("volume-0", Path("/srv/volumes/volume-0"))["spec"]
    (term,) = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]

    assert spec["storageClassName"] == STORAGE_CLASS
    assert term["matchExpressions"][0]["values"] == [NODE]
