"""Where runner pods may go: a NetworkPolicy beside them, whose rules the chart makes of its values."""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock_core import names
from penstock_core.manifests.metadata import managed


def runner_policy(
    *, release: str, release_name: str, namespace: str, rules: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Lets the release's runner pods in `namespace` go where one of `rules` (NetworkPolicyEgressRule) leads, and nowhere else.

    Nothing is said of what comes in: runner pods listen nowhere.
    """
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": names.runner_policy(release_name),
            "namespace": namespace,
            "labels": managed(release),
        },
        "spec": {
            "podSelector": {"matchLabels": {names.LABEL_RELEASE: release}},
            "policyTypes": ["Egress"],
            "egress": [dict(rule) for rule in rules],
        },
    }
