"""Labels and owner references that several builders share."""

import re
from collections.abc import Mapping
from typing import Any, Final

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


MOST_SHOWN: Final = 20
"""Labels of an Instance that its objects carry: each stands in every Job."""
_OF_JOBS: Final = frozenset({"job-name", "controller-uid"})
"""The Job controller's own, from before it had a prefix."""
_LABEL_VALUE: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def shown_labels(labels: Mapping[str, str], *, customer: str) -> dict[str, str]:
    """What people filter Flows, CronJobs and Jobs by: an Instance's labels without a prefix, and its customer where that is a value.

    A label with a prefix belongs to a program (Kubernetes' own, Penstock's, what deploys the Instance and deletes whatever
    else carries its mark), so it stays where it is. No pod gets any: Services and NetworkPolicies choose pods by them.
    """
    own = [name for name in sorted(labels) if "/" not in name and name not in _OF_JOBS]
    known = {names.LABEL_CUSTOMER: customer} if _LABEL_VALUE.fullmatch(customer) else {}
    return {name: labels[name] for name in own[:MOST_SHOWN]} | known


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
