"""Releases side by side: the one for all tests serves all namespaces, and keeps out of those that belong to another.

Two operators that both serve a namespace take its Instances in turn of who sees them first; a policy of the API server
settles that here, so that a file's own release works while the other tests go on.
"""

from typing import Any

from kubectl import apply, kubectl

_LABEL = {"penstock-e2e/release": "own"}
_POLICY = "penstock-e2e-border"


def own_namespace(name: str, **labels: str) -> None:
    """Make a namespace in which the release for all tests has no say."""
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {**_LABEL, **labels}}})


def keep_out(account: str, *, namespace: str) -> None:
    """From the next seconds on that operator's account writes nothing of Penstock's into other releases' namespaces."""
    everything: dict[str, Any] = {
        "apiGroups": ["penstock.dev"],
        "apiVersions": ["*"],
        "resources": ["*/*"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
    }
    named = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": _POLICY}}
    user = f"system:serviceaccount:{namespace}:{account}"
    apply(
        {
            **named,
            "kind": "ValidatingAdmissionPolicy",
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "resourceRules": [everything],
                    "namespaceSelector": {"matchLabels": _LABEL},
                },
                "matchConditions": [{"name": "by-it", "expression": f"request.userInfo.username == '{user}'"}],
                "validations": [{"expression": "false", "message": "this namespace belongs to another release"}],
            },
        },
        {
            **named,
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {"policyName": _POLICY, "validationActions": ["Deny"]},
        },
    )


def open_borders() -> None:
    """Nobody is kept out any more."""
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        kubectl("delete", kind, _POLICY, "--ignore-not-found")
