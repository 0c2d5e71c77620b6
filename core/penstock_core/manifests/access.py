"""What the gateway may do in a namespace with instances: a RoleBinding to the one cluster role that the chart ships."""

from typing import Any

from penstock_core.manifests.metadata import managed


def gateway_role_binding(
    *, release: str, namespace: str, role: str, service_account: str, service_account_namespace: str
) -> dict[str, Any]:
    """Lets the gateway's service account create Jobs in `namespace`.

    `role` names the chart's ClusterRole (create and get Jobs, nothing else); the operator holds `bind` on it alone.
    The binding carries the role's name, so two releases do not meet.
    """
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role, "namespace": namespace, "labels": managed(release)},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": service_account, "namespace": service_account_namespace}],
    }
