"""Labels and owner references that several builders share."""

from collections.abc import Mapping
from typing import Any

from penstock_core import names


def managed(release: str) -> dict[str, str]:
    """Labels of everything that a release makes."""
    return {names.LABEL_MANAGED_BY: names.MANAGER, names.LABEL_RELEASE: release}


def flow_labels(flow: Mapping[str, Any], *, release: str) -> dict[str, str]:
    """Labels of what belongs to a flow (its Jobs, their pods, its CronJob); `flow` is the whole Flow object."""
    spec = flow["spec"]
    return managed(release) | {
        names.LABEL_INSTANCE: spec["instance"],
        names.LABEL_FLOW: spec["flow"],
        names.LABEL_INTEGRATION: spec["integration"]["name"],
    }


def controlled_by(owner: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The owner references of an object that goes when `owner`, in the same namespace, goes."""
    metadata = owner["metadata"]
    return [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": metadata["name"],
            "uid": metadata["uid"],
            "controller": True,
            "blockOwnerDeletion": False,
        }
    ]
