"""Whatever is killed, an accepted execution reaches a final state whose cause is in words, and no recorded step runs twice."""

import concurrent.futures
from typing import Any

import pytest
from httpx import HTTPError
from testbed.release import helm_install

import stub_server
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
    ready,
    steps,
    webhook_flow,
)
from kubectl import CommandFailed, apply, get, items, kubectl, wait_rollout
from releases import settle

ONE_STEP = [{"name": "one", "set": {"value": 1}}]


def running(penstock: Installation, identifier: str, path: str) -> None:
    """Wait until a step of an execution is recorded as running."""

    def look() -> bool:
        found = penstock.execution(identifier)
        if found["status"] in FINAL:
            pytest.fail(f"ended before step {path} ran: {found}")
        return found["status"] == "running" and steps(found).get(path, {}).get("status") == "running"

    eventually(look, within=timeouts.EXECUTION_ENDED, about=f"step {path} runs")


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
    running(penstock, identifier, "wait")
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
    running(penstock, identifier, "wait")

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


@pytest.mark.disturbs("gateway")
def test_a_gateway_killed_between_row_and_job_loses_nothing(penstock: Installation, tenant: str) -> None:
    """No Job can be made (a quota forbids it), the gateway dies after its 202: the dispatcher starts the execution later."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": tenant},
        "spec": {"hard": {"count/jobs.batch": "0"}},
    }
    apply(quota)
    eventually(lambda: refused_by_quota(tenant), within=timeouts.RECONCILED, about="the quota holds")

    identifier = penstock.send(tenant, "acme", "order", {})
    for pod in items("pods", namespace=penstock.namespace, selector="app.kubernetes.io/component=gateway"):
        kill(pod["metadata"]["name"], namespace=penstock.namespace)
    assert items("jobs", namespace=tenant) == []
    settle(penstock.release, namespace=penstock.namespace)
    kubectl("-n", tenant, "delete", "resourcequota", "none")

    assert penstock.ended(identifier, within=timeouts.RECOVERED)["status"] == "passed"


def refused_by_quota(tenant: str) -> bool:
    """Whether the API server refuses a Job for the quota's sake: it sees a quota some time after its status is there."""
    try:
        kubectl("-n", tenant, "create", "job", "probe", "--image=none", "--dry-run=server")
    except CommandFailed as error:
        return "exceeded quota" in str(error)
    return False


@pytest.mark.disturbs("gateway")
def test_no_acknowledged_execution_is_lost_when_the_gateway_dies_under_load(
    penstock: Installation, tenant: str
) -> None:
    """Webhooks pour in, the gateway is killed: each one that got its 202 passes."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))

    def send(n: int) -> str | None:
        try:
            answer = penstock.post(tenant, "acme", "order", json={"n": n})
        except HTTPError:
            return None
        return answer.json()["executionId"] if answer.status_code == 202 else None

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        pending = [pool.submit(send, n) for n in range(16)]
        eventually(lambda: sum(future.done() for future in pending) >= 6, within=timeouts.EXECUTION_ENDED, every=0.02)
        for pod in items("pods", namespace=penstock.namespace, selector="app.kubernetes.io/component=gateway"):
            kill(pod["metadata"]["name"], namespace=penstock.namespace)
        accepted = [identifier for future in pending if (identifier := future.result())]
    settle(penstock.release, namespace=penstock.namespace)

    assert len(accepted) >= 6
    assert {penstock.ended(identifier, within=timeouts.RECOVERED)["status"] for identifier in accepted} == {"passed"}


@pytest.mark.disturbs("operator", "gateway")
def test_postgres_restarted_under_load_loses_nothing(penstock: Installation, tenant: str) -> None:
    """The database goes away while flows run: webhooks get 503 meanwhile, accepted executions pass afterwards."""
    flow = webhook_flow(
        "order",
        [
            {"name": "first", "set": {"value": 1}},
            {"name": "wait", "sleep": {"for": f"{timeouts.STRUCK:.0f}s"}},
            {"name": "last", "set": {"value": 2}},
        ],
    )
    deploy(tenant, integration("slow", [flow]), instance("acme", "slow"))
    accepted = [penstock.send(tenant, "acme", "order", {"n": n}) for n in range(5)]
    running(penstock, accepted[-1], "wait")

    kill("penstock-postgres-0", namespace=penstock.namespace)
    during = penstock.post(tenant, "acme", "order", json={"n": 99})
    wait_rollout("statefulset", "penstock-postgres", namespace=penstock.namespace)
    settle(penstock.release, namespace=penstock.namespace)

    assert during.status_code in {202, 503}
    if during.status_code == 202:
        accepted.append(during.json()["executionId"])
    else:
        assert "Retry-After" in during.headers
    assert [penstock.ended(identifier, within=timeouts.RECOVERED)["status"] for identifier in accepted] == [
        "passed"
    ] * len(accepted)
    eventually(lambda: penstock.post(tenant, "acme", "order", json={}).status_code == 202, within=timeouts.RECONCILED)


@pytest.mark.disturbs("operator")
def test_a_killed_operator_comes_back_and_catches_up(penstock: Installation, tenant: str) -> None:
    """While the operator is dead webhooks are still accepted and run; what was applied meanwhile is deployed after."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))
    selector = "app.kubernetes.io/component=operator"
    kubectl("-n", penstock.namespace, "scale", "deployment/penstock-operator", "--replicas=0")
    for pod in items("pods", namespace=penstock.namespace, selector=selector):
        kill(pod["metadata"]["name"], namespace=penstock.namespace)
    eventually(lambda: not items("pods", namespace=penstock.namespace, selector=selector), within=timeouts.GONE)

    try:
        identifier = penstock.send(tenant, "acme", "order", {})
        assert penstock.ended(identifier)["status"] == "passed"
        late = instance("globex", "one")
        apply({**late, "metadata": {**late["metadata"], "namespace": tenant}})
        assert "status" not in get("instance", "globex", namespace=tenant)
    finally:
        kubectl("-n", penstock.namespace, "scale", "deployment/penstock-operator", "--replicas=1")
        settle(penstock.release, namespace=penstock.namespace)

    ready(tenant, "globex")
    assert penstock.ended(penstock.send(tenant, "globex", "order", {}))["status"] == "passed"


@pytest.mark.disturbs("operator", "gateway")
def test_a_wrong_image_ends_with_its_reason(penstock: Installation, tenant: str) -> None:
    """The release is upgraded to a runner image that does not exist: the execution ends after its start deadline and says so."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))
    try:
        helm_install(
            penstock.release, namespace=penstock.namespace, values=("--set-string", "images.runner.tag=absent")
        )
        settle(penstock.release, namespace=penstock.namespace)
        identifier = penstock.send(tenant, "acme", "order", {})
        execution = penstock.ended(identifier, within=timeouts.RECOVERED)
    finally:
        helm_install(penstock.release, namespace=penstock.namespace)
        settle(penstock.release, namespace=penstock.namespace)

    assert execution["status"] == "failed"
    assert "image" in execution["error"]["message"]
    assert "penstock-runner:absent" in execution["error"]["message"]
    assert penstock.ended(penstock.send(tenant, "acme", "order", {}))["status"] == "passed"
