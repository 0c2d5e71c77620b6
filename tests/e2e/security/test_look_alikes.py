"""What a tenant labels as Penstock's own: it ends, hides and deletes nothing of its neighbour's."""

from typing import Any

import pytest
from testbed.release import images

import timeouts
from eventually import eventually
from installation import (
    FINAL,
    Installation,
    deploy,
    instance,
    integration,
    kill,
    pods_of,
    steps,
    webhook_flow,
)
from kubectl import apply, get, items

WAITS = [{"name": "wait", "sleep": {"for": f"{timeouts.STRUCK:.0f}s"}}, {"name": "done", "set": {"value": 1}}]


@pytest.fixture
def waiting(penstock: Installation, tenant: str) -> str:
    """An execution in the middle of its flow."""
    deploy(tenant, integration("waits", [webhook_flow("order", WAITS)]), instance("acme", "waits"))
    identifier = penstock.send(tenant, "acme", "order", {})

    def look() -> bool:
        found = penstock.execution(identifier)
        assert found["status"] not in FINAL, found
        return steps(found).get("wait", {}).get("status") == "running"

    eventually(look, within=timeouts.EXECUTION_ENDED, about="the execution waits")
    return identifier


def pod_spec(command: str) -> dict[str, Any]:
    """A pod that runs a line of Python in the runner's image, and meets the restricted standard."""
    container = {
        "name": "runner",
        "image": images()["runner"],
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", command],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"restartPolicy": "Never", "securityContext": security, "containers": [container]}


def pod(name: str, namespace: str, labels: dict[str, str], command: str, **metadata: Any) -> dict[str, Any]:
    """A pod under somebody else's labels."""
    own = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": own | metadata, "spec": pod_spec(command)}


def job(name: str, namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    """A Job that makes no pods."""
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    template = {"metadata": {"labels": labels}, "spec": pod_spec("pass")}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"suspend": True, "template": template},
    }


def test_a_neighbours_look_alikes_change_nothing(
    penstock: Installation, tenant: str, hostile: str, waiting: str
) -> None:
    """Jobs and pods with an execution's labels in another namespace neither end it, nor hide its death, nor point at its neighbours' Jobs."""
    labels = get("jobs", f"pex-{waiting}", namespace=tenant)["metadata"]["labels"]
    apply(job("backup", tenant, {}))
    backup = get("jobs", "backup", namespace=tenant)["metadata"]["uid"]
    apply(
        job("backup", hostile, labels),
        job(f"pex-{waiting}", hostile, labels),
        pod("fails", hostile, labels, "raise SystemExit(1)"),
        pod("lives", hostile, labels, "import time; time.sleep(3600)"),
    )
    eventually(lambda: len(items("pods", namespace=hostile)) == 2, within=timeouts.SEEN)

    kill(pods_of(tenant, waiting)[0]["metadata"]["name"], namespace=tenant)

    execution = penstock.ended(waiting, within=timeouts.RECOVERED)
    assert execution["status"] == "passed", execution
    assert get("jobs", "backup", namespace=tenant)["metadata"]["uid"] == backup
    assert {one["metadata"]["name"] for one in items("jobs", namespace=hostile)} == {"backup", f"pex-{waiting}"}


def test_a_pod_without_the_jobs_uid_hides_no_death(penstock: Installation, tenant: str, waiting: str) -> None:
    """In the execution's own namespace, too, a pod counts by its controller and not by its labels."""
    found = get("jobs", f"pex-{waiting}", namespace=tenant)["metadata"]
    forged = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": found["name"],
        "uid": "6f1c0c5e-8d2c-4b7e-9a57-0a4b4de7f3a1",
        "controller": True,
    }
    apply(pod("lives", tenant, found["labels"], "import time; time.sleep(3600)"))
    apply(pod("forged", tenant, found["labels"], "import time; time.sleep(3600)", ownerReferences=[forged]))

    kill(
        next(one["metadata"]["name"] for one in pods_of(tenant, waiting) if one["metadata"]["name"].startswith("pex-")),
        namespace=tenant,
    )

    execution = penstock.ended(waiting, within=timeouts.RECOVERED)
    assert execution["status"] == "passed", execution
