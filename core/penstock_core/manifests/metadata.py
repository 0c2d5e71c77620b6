"""Labels and owner references that several builders share."""

from typing import Any

from penstock_core import names
from penstock_core.observed.base import Observed
from penstock_core.observed.flow import Flow


def managed(release: str) -> dict[str, str]:
    """Labels of everything that a release makes."""
    return {names.LABEL_MANAGED_BY: names.MANAGER, names.LABEL_RELEASE: release}


def flow_labels(flow: Flow, *, release: str) -> dict[str, str]:
    """Labels of what belongs to a flow: its Jobs, their pods, its CronJob."""
    return managed(release) | {
        names.LABEL_INSTANCE: flow.instance,
        names.LABEL_FLOW: flow.flow,
        names.LABEL_INTEGRATION: flow.integration,
    }


def controlled_by(owner: Observed) -> list[dict[str, Any]]:
    """The owner references of an object that goes when `owner`, in the same namespace, goes."""
    return [
        {
            "apiVersion": owner.API_VERSION,
            "kind": owner.KIND,
            "name": owner.name,
            "uid": owner.uid,
            "controller": True,
            "blockOwnerDeletion": False,
        }
    ]
