"""Who runs flows can stop them."""

from datetime import datetime
from typing import Any

import httpx
import pytest

import timeouts
from eventually import eventually
from installation import Installation, deploy, instance, integration, pods_of, steps, webhook_flow

HEEDED_SECONDS = 30.0
"""Half of the time after which the operator ends what does not heed a cancellation; on a healthy cluster it is five seconds."""
STEPS = {
    "loop": {"name": "stuck", "python": {"code": "def run(context):\n    while True:\n        pass\n"}},
    "nap": {"name": "stuck", "sleep": {"for": "1h"}},
}


def cancel(penstock: Installation, execution: str, **body: Any) -> httpx.Response:
    return penstock.client.post(
        f"/api/v1/executions/{execution}:cancel", headers={"Authorization": f"Bearer {penstock.token}"}, json=body
    )


@pytest.mark.parametrize("flow", STEPS)
def test_what_runs_ends_when_somebody_asks_for_it(penstock: Installation, tenant: str, flow: str) -> None:
    """The answer says that its runner is asked; the runner ends it, its step is `cancelled`, and the record says who and why."""
    deploy(tenant, integration("stuck", [webhook_flow(flow, [STEPS[flow]], timeout="1h")]), instance("acme", "stuck"))
    execution = penstock.send(tenant, "acme", flow, {})
    penstock.until_running(execution, "stuck")

    answer = cancel(penstock, execution, reason="a price list of last year")
    ended = penstock.ended(execution)
    again = cancel(penstock, execution)

    assert (answer.status_code, answer.json()["status"]) == (202, "running"), answer.text
    assert (ended["status"], ended["error"]["code"]) == ("cancelled", "cancelled")
    assert steps(penstock.execution(execution))["stuck"]["status"] == "cancelled"
    asked = ended["cancellation"]
    assert asked["requestedBy"] == f"system:serviceaccount:{penstock.namespace}:reader"
    assert asked["reason"] == "a price list of last year"
    took = datetime.fromisoformat(ended["endedAt"]) - datetime.fromisoformat(asked["requestedAt"])
    assert took.total_seconds() < HEEDED_SECONDS
    assert again.status_code == 409
    assert len(pods_of(tenant, execution)) == 1


def test_what_waits_ends_at_once(penstock: Installation, tenant: str) -> None:
    """Behind a limit nothing has begun: it is cancelled when the answer is there, and never gets a pod."""
    flow = webhook_flow("nap", [STEPS["nap"]], timeout="1h", concurrency={"limit": 1})
    deploy(tenant, integration("stuck", [flow]), instance("acme", "stuck"))
    first = penstock.send(tenant, "acme", "nap", {})
    penstock.until_running(first, "stuck")
    waiting = penstock.send(tenant, "acme", "nap", {})

    answer = cancel(penstock, waiting)
    cancel(penstock, first)

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled"), answer.text
    assert penstock.ended(first)["status"] == "cancelled"
    assert pods_of(tenant, waiting) == []


def test_what_cannot_start_ends_and_leaves_nothing(penstock: Installation, tenant: str) -> None:
    """A pod for which no node has room: the operator ends the execution, and takes the Job and its quota back."""
    override = {"nap": {"resources": {"requests": {"memory": "900Ti"}, "limits": {"memory": "900Ti"}}}}
    deploy(
        tenant, integration("stuck", [webhook_flow("nap", [STEPS["nap"]])]), instance("acme", "stuck", flows=override)
    )
    execution = penstock.send(tenant, "acme", "nap", {})
    eventually(lambda: len(pods_of(tenant, execution)) == 1, within=timeouts.EXECUTION_ENDED)

    answer = cancel(penstock, execution)
    ended = penstock.ended(execution)

    assert (answer.status_code, answer.json()["status"]) == (202, "queued"), answer.text
    assert (ended["status"], ended["startedAt"]) == ("cancelled", None)
    eventually(lambda: pods_of(tenant, execution) == [], within=timeouts.GONE)
