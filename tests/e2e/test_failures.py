"""Whatever becomes of a runner, its execution reaches a final state whose cause is in words, and no recorded step runs twice."""

from typing import Any

import pytest

import stub_server
import timeouts
from installation import Installation, deploy, instance, integration, kill, pods_of, webhook_flow
from kubectl import kubectl


def three_calls(url: str) -> dict[str, Any]:
    """Call, wait, call: the wait is where tests strike."""
    return integration(
        "calls",
        [
            webhook_flow(
                "order",
                [
                    {"name": "before", "http": {"method": "POST", "url": f"{url}/before"}},
                    {"name": "wait", "sleep": {"for": f"{timeouts.STRUCK:.0f}s"}},
                    {"name": "after", "http": {"method": "POST", "url": f"{url}/after"}},
                ],
            )
        ],
    )


@pytest.mark.parametrize("abrupt", [True, False], ids=["killed", "terminated"])
def test_a_killed_runner_is_resumed_behind_its_recorded_steps(
    penstock: Installation, tenant: str, *, abrupt: bool
) -> None:
    """The pod goes in mid-flow: a replacement goes on, and each recorded call was made once."""
    deploy(tenant, three_calls(stub_server.start(tenant)), instance("acme", "calls"))
    identifier = penstock.send(tenant, "acme", "order", {})
    penstock.until_running(identifier, "wait")
    pod = pods_of(tenant, identifier)[0]["metadata"]["name"]

    if abrupt:
        kill(pod, namespace=tenant)
    else:
        kubectl("-n", tenant, "delete", "pod", pod, "--wait=false")

    execution = penstock.ended(identifier, within=timeouts.RECOVERED)
    assert execution["status"] == "passed", execution
    assert (stub_server.count(tenant, "/before"), stub_server.count(tenant, "/after")) == (1, 1)
    assert max(step["attempt"] for step in execution["steps"] if step["path"] == "wait") >= 2


def test_a_job_deleted_by_hand_is_replaced_or_ended(penstock: Installation, tenant: str) -> None:
    """Somebody deletes the Job of a running execution: it still reaches a final state, with recorded steps run once."""
    deploy(tenant, three_calls(stub_server.start(tenant)), instance("acme", "calls"))
    identifier = penstock.send(tenant, "acme", "order", {})
    penstock.until_running(identifier, "wait")

    kubectl("-n", tenant, "delete", "job", f"pex-{identifier}", "--wait=false")

    execution = penstock.ended(identifier, within=timeouts.RECOVERED)
    assert execution["status"] == "passed", execution
    assert stub_server.count(tenant, "/before") == 1


def test_out_of_memory_is_said_in_words(penstock: Installation, tenant: str) -> None:
    """A step that eats more than its limit ends the execution as failed, with the limit in the message."""
    code = "def run(context):\n    return len(bytearray(400 * 1024 * 1024))\n"
    flow = webhook_flow("order", [{"name": "eat", "python": {"code": code}}])
    hungry = instance("acme", "hungry", flows={"order": {"resources": {"limits": {"memory": "96Mi"}}}})
    deploy(tenant, integration("hungry", [flow]), hungry)

    execution = penstock.ended(penstock.send(tenant, "acme", "order", {}), within=timeouts.RECOVERED)

    assert execution["status"] == "failed"
    assert "memory" in execution["error"]["message"]
    assert "96Mi" in execution["error"]["message"]
