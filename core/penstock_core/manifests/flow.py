"""The Flow object: one flow of a deployed instance, self-contained, so that starting an execution reads nothing else."""

from collections.abc import Mapping
from typing import Any

from penstock_core import names
from penstock_core.manifests.metadata import controlled_by, managed


def flow(instance: Mapping[str, Any], spec: Mapping[str, Any], *, release: str) -> dict[str, Any]:
    """The Flow of `spec` (a whole Flow spec, see docs/contracts.md), owned by the Instance `instance`."""
    metadata = instance["metadata"]
    labels = managed(release) | {
        names.LABEL_INSTANCE: spec["instance"],
        names.LABEL_FLOW: spec["flow"],
        names.LABEL_INTEGRATION: spec["integration"]["name"],
        names.LABEL_TRIGGER: spec["trigger"],
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Flow",
        "metadata": {
            "name": names.flow_object(metadata["name"], spec["flow"]),
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": controlled_by(instance),
        },
        "spec": dict(spec),
    }
