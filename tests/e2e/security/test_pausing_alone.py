"""Who may pause Instances, and not create them, changes nothing else of one: neither its spec nor its metadata."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

import timeouts
from kubectl import apply, asked_as, get, kubectl
from policies import Policies, is_by_policy

CRDS: Final = Path(__file__).parents[3] / "crds"
SUPPORTER: Final = "supporter@example.com"
DEPLOYER: Final = "deployer@example.com"
NAME: Final = "acme-orders"
OWNER: Final = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "6f1c0c5e-8d2c-4b7e-9a57-0a4b4de7f3a1"}
SPEC: Final = {
    "integration": {"name": "orders"},
    "customer": {"id": "acme"},
    "config": {"url": "https://erp.example"},
    "flows": {"hook": {"concurrency": {"limit": 3}}},
}
PAUSES: Final[dict[str, dict[str, Any]]] = {
    "the Instance": {"spec": {"paused": True}},
    "a flow with an override": {"spec": {"flows": {"hook": {"paused": True}}}},
    "a flow without one": {"spec": {"flows": {"poll": {"paused": True}}}},
}
CHANGES: Final[dict[str, dict[str, Any]]] = {
    "an owner": {"metadata": {"ownerReferences": [OWNER]}},
    "a label": {"metadata": {"labels": {"tier": "gold"}}},
    "a label less": {"metadata": {"labels": None}},
    "a finalizer": {"metadata": {"finalizers": ["penstock.dev/instance-data", "example.com/mine"]}},
    "a finalizer less": {"metadata": {"finalizers": None}},
    "the release": {"metadata": {"annotations": {"penstock.dev/release": "a.b"}}},
    "an annotation": {"metadata": {"annotations": {"note": "x"}}},
    "an annotation less": {"metadata": {"annotations": None}},
    "a value": {"spec": {"config": {"url": "https://evil.example"}}},
    "a value less": {"spec": {"config": None}},
    "a connection": {"spec": {"connections": {"erp": {"secretRef": {"name": "other"}}}}},
    "a flow's limit": {"spec": {"flows": {"hook": {"concurrency": {"limit": 4}}}}},
    "a flow's limit less": {"spec": {"flows": {"hook": {"concurrency": None}}}},
    "a flow's override less": {"spec": {"flows": {"hook": None}}},
    "another flow's limit": {"spec": {"flows": {"poll": {"concurrency": {"limit": 4}}}}},
    "a pause and more": {"spec": {"paused": True}, "metadata": {"labels": {"tier": "gold"}}},
}


@pytest.fixture(scope="module")
def policies(cluster: None) -> Iterator[Policies]:
    """The policies, an Instance, and two people."""
    kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
    kubectl("wait", "--for=condition=Established", "-f", str(CRDS), f"--timeout={timeouts.SEEN:.0f}s")
    found = Policies.install()
    metadata = {
        "name": NAME,
        "namespace": found.namespace,
        "labels": {"tier": "silver"},
        "annotations": {"penstock.dev/release": f"{found.namespace}.{found.release}"},
        "finalizers": ["penstock.dev/instance-data"],
    }
    apply({"apiVersion": "penstock.dev/v1alpha1", "kind": "Instance", "metadata": metadata, "spec": SPEC})
    for person, role in ((SUPPORTER, "operator"), (DEPLOYER, "deployer")):
        apply(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": role, "namespace": found.namespace},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": f"{found.namespace}.{found.release}-{role}",
                },
                "subjects": [{"kind": "User", "name": person, "apiGroup": "rbac.authorization.k8s.io"}],
            }
        )
    found.until(lambda: is_by_policy(patched(found, SUPPORTER, CHANGES["a value"])))
    yield found
    kubectl("patch", "instance", NAME, "-n", found.namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    found.remove()


def patched(policies: Policies, user: str, body: dict[str, Any]) -> httpx.Response:
    """What the API server answers to a merge patch of the Instance, that it is asked to leave undone."""
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{policies.namespace}/instances/{NAME}"
    return asked_as(user, "PATCH", path, body, patch="merge-patch", dryRun="All")


@pytest.mark.parametrize("pause", PAUSES)
def test_a_pause_is_taken(policies: Policies, pause: str) -> None:
    """An Instance and each of its flows may be paused."""
    answer = patched(policies, SUPPORTER, PAUSES[pause])

    assert answer.status_code == httpx.codes.OK, answer.text


@pytest.mark.parametrize("change", CHANGES)
def test_everything_else_is_refused(policies: Policies, change: str) -> None:
    """The refusal says what is allowed."""
    answer = patched(policies, SUPPORTER, CHANGES[change])

    assert is_by_policy(answer), answer.text
    assert "You may pause this Instance and its flows" in answer.json()["message"]


@pytest.mark.parametrize("change", ["a label", "a value", "a flow's limit"])
def test_who_may_create_instances_may_change_them(policies: Policies, change: str) -> None:
    """The role `deployer` is not concerned."""
    answer = patched(policies, DEPLOYER, CHANGES[change])

    assert answer.status_code == httpx.codes.OK, answer.text


def test_the_operator_sets_and_takes_its_finalizer(policies: Policies) -> None:
    """Penstock's own program, which creates no Instances either, writes what it needs."""
    for change in ("the release", "a finalizer less"):
        answer = patched(policies, policies.account("operator"), CHANGES[change])
        assert answer.status_code == httpx.codes.OK, answer.text

    assert get("instances", NAME, namespace=policies.namespace)["metadata"]["finalizers"], "nothing was written"
