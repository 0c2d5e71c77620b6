"""Changing a spec pauses, pins, upgrades and rolls back; deleting an instance removes its data."""

import time
from typing import Any

import timeouts
from eventually import consistently, eventually
from installation import Installation, deploy, instance, integration, ready, running, told, webhook_flow
from kubectl import apply, exists, get, items, kubectl


def versioned(version: str) -> dict[str, Any]:
    """An integration whose one step tells its version; each version takes methods of its own, so that `served` tells them apart."""
    flow = webhook_flow("order", [{"name": "tell", "set": {"value": version}}])
    methods = ["POST", "PUT"] if version == "1.1.0" else ["POST"]
    flow["trigger"]["webhook"]["methods"] = methods
    return integration("tell", [flow], version=version)


def patch(tenant: str, name: str, spec: str) -> None:
    """Change an Instance's spec, as `kubectl patch` does it."""
    kubectl("-n", tenant, "patch", "instance", name, "--type=merge", "-p", f'{{"spec": {spec}}}')


def test_a_paused_instance_answers_503_until_it_is_unpaused(penstock: Installation, tenant: str) -> None:
    """Pause and unpause are changes of the spec; the gateway follows within seconds."""
    deploy(tenant, versioned("1.0.0"), instance("acme", "tell"))
    patch(tenant, "acme", '{"paused": true}')
    told(tenant, "instance", "acme", "Paused", status="True")

    def refused() -> bool:
        answer = penstock.post(tenant, "acme", "order", json={})
        return answer.status_code == 503 and answer.json()["type"].endswith("instance-paused")

    eventually(refused, within=timeouts.RECONCILED)

    patch(tenant, "acme", '{"paused": false}')
    told(tenant, "instance", "acme", "Paused", status="False")
    eventually(lambda: penstock.post(tenant, "acme", "order", json={}).status_code == 202, within=timeouts.RECONCILED)


def test_a_paused_instance_can_queue(penstock: Installation, tenant: str) -> None:
    """With whenPaused: queue a webhook is accepted while paused and runs after the pause."""
    deploy(tenant, versioned("1.0.0"), instance("acme", "tell", whenPaused="queue", paused=True))

    identifier = penstock.send(tenant, "acme", "order", {})
    consistently(lambda: penstock.execution(identifier)["status"] == "queued", during=timeouts.QUIET)
    patch(tenant, "acme", '{"paused": false}')

    assert penstock.ended(identifier)["status"] == "passed"


def test_one_flow_can_be_paused_alone(penstock: Installation, tenant: str) -> None:
    """An override pauses one flow of an instance and leaves its sibling open."""
    flows = [webhook_flow(name, [{"name": "one", "set": {"value": 1}}]) for name in ("first", "second")]
    deploy(tenant, integration("two", flows), instance("acme", "two", flows={"first": {"paused": True}}))

    penstock.send(tenant, "acme", "second", {})
    refused = penstock.post(tenant, "acme", "first", json={})
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:penstock:problem:instance-paused")


def test_pin_upgrade_and_roll_back(penstock: Installation, tenant: str) -> None:
    """A pinned instance stays when a newer version is published and says so; spec changes move it forward and back."""
    deploy(tenant, versioned("1.0.0"), instance("acme", "tell", integration={"name": "tell", "version": "1.0.0"}))
    deploy(tenant, instance("globex", "tell"))
    apply({**versioned("1.1.0"), "metadata": {"name": "tell", "namespace": tenant}})

    ready(tenant, "globex", version="1.1.0")
    assert "1.1.0" in told(tenant, "instance", "acme", "UpToDate", status="False")
    assert says(penstock, tenant, "acme") == "1.0.0"
    assert says(penstock, tenant, "globex") == "1.1.0"

    patch(tenant, "acme", '{"integration": {"name": "tell", "version": "1.1.0"}}')
    ready(tenant, "acme", version="1.1.0")
    assert says(penstock, tenant, "acme") == "1.1.0"

    patch(tenant, "acme", '{"integration": {"name": "tell", "version": "1.0.0"}}')
    ready(tenant, "acme", version="1.0.0")
    assert says(penstock, tenant, "acme") == "1.0.0"


def says(penstock: Installation, tenant: str, name: str) -> str:
    """What the instance's deployed version answers."""
    identifier = penstock.send(tenant, name, "order", {})
    assert penstock.ended(identifier)["status"] == "passed"
    told_version: str = penstock.value(identifier, "tell")
    return told_version


def test_what_is_missing_is_listed_in_one_condition(penstock: Installation, tenant: str) -> None:
    """An instance without its settings stands there with Configured=False that lists all of them, and works once they are given."""
    needy = integration(
        "needy",
        [webhook_flow("order", [{"name": "one", "set": {"value": "${config.url}"}}])],
        configVariables=[
            {"name": "url", "type": "string", "required": True},
            {"name": "region", "type": "picklist", "options": ["eu", "us"]},
        ],
        connections=[{"name": "erp", "type": "bearer", "required": True}],
    )
    wanting = instance("acme", "needy", config={"region": "mars"}, connections={"erp": {"secretRef": {"name": "erp"}}})
    for document in (needy, wanting):
        apply({**document, "metadata": {**document["metadata"], "namespace": tenant}})

    message = told(tenant, "instance", "acme", "Configured", status="False")
    for word in ("url", "region", "eu", "erp"):
        assert word in message
    assert items("flows.penstock.dev", namespace=tenant) == []

    apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "erp", "namespace": tenant, "labels": {"penstock.dev/connection": "true"}},
            "stringData": {"token": "tok-123456"},
        }
    )
    patch(tenant, "acme", '{"config": {"url": "https://erp.example", "region": "eu"}}')
    ready(tenant, "acme")


def test_deleting_an_instance_removes_its_rows(penstock: Installation, tenant: str) -> None:
    """After an Instance is gone, so are its Flows, its executions and its Secrets."""
    deploy(tenant, versioned("1.0.0"), instance("acme", "tell"))
    identifier = penstock.send(tenant, "acme", "order", {})
    penstock.ended(identifier)

    kubectl("-n", tenant, "delete", "instance", "acme", f"--timeout={timeouts.GONE:.0f}s")

    eventually(lambda: not items("flows.penstock.dev", namespace=tenant), within=timeouts.GONE)
    assert penstock.executions(tenant) == []
    eventually(lambda: not exists("secret", "acme-webhook-key", namespace=tenant), within=timeouts.GONE)
    assert get("integrations.penstock.dev", "tell", namespace=tenant)["metadata"]["name"] == "tell"


def test_a_schedule_ticks_and_stops_ticking_while_paused(penstock: Installation, tenant: str) -> None:
    """A schedule of every minute runs; a pause suspends its CronJob, and no tick runs; the pause's end resumes it."""
    flow = {
        "name": "poll",
        "trigger": {"schedule": {"cron": "* * * * *"}},
        "steps": [{"name": "one", "set": {"value": "${trigger.startedAt}"}}],
    }
    deploy(tenant, integration("polls", [flow]), instance("acme", "polls"))
    eventually(lambda: penstock.executions(tenant), within=timeouts.TICK, about="the first tick")
    first = penstock.executions(tenant)[-1]
    assert penstock.ended(first["id"])["status"] == "passed"
    assert first["trigger"] == "schedule"
    # what makes the ticks' Jobs sees the pause some time after it was said: not beside a tick
    eventually(lambda: 60 - time.time() % 60 > timeouts.CLEAR_OF_A_TICK / 3, within=60)
    patch(tenant, "acme", '{"paused": true}')
    told(tenant, "instance", "acme", "Paused", status="True")

    eventually(lambda: is_suspended(tenant), within=timeouts.RECONCILED)
    eventually(lambda: not running(tenant), within=timeouts.EXECUTION_ENDED)
    ran = len(penstock.executions(tenant))
    consistently(lambda: len(penstock.executions(tenant)) == ran, during=until_after_the_next_minute(), every=2)

    patch(tenant, "acme", '{"paused": false}')
    eventually(lambda: not is_suspended(tenant), within=timeouts.RECONCILED)


def is_suspended(namespace: str) -> bool:
    """Whether the namespace's one CronJob makes no Jobs."""
    (found,) = items("cronjobs", namespace=namespace)
    return bool(found["spec"]["suspend"])


def until_after_the_next_minute() -> float:
    """Seconds until a schedule of every minute must have ticked once more."""
    return 60 - time.time() % 60 + timeouts.QUIET
