"""What stands in the cluster for whoever looks: labels, columns, conditions, Events, and pods that stay for a while."""

from typing import Any

import timeouts
from eventually import consistently, eventually
from installation import Installation, deploy, instance, integration, pods_of, ready, told, webhook_flow
from kubectl import apply, get, items, kubectl

CALL = {"name": "call", "http": {"url": "https://erp.invalid/", "connection": "erp"}}
LABEL = {"penstock.dev/connection": "true"}
CHECK = {"name": "look", "check": {"that": ["has(trigger.body.there)"]}}


def credentials(tenant: str, *, labels: dict[str, str], **fields: str) -> dict[str, Any]:
    """The Secret of the connection."""
    metadata = {"name": "erp", "namespace": tenant, "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": fields}


def test_flows_and_jobs_are_found_by_an_instances_labels(penstock: Installation, tenant: str) -> None:
    """Flow and Job carry labels without a prefix and the customer, the pod none of them; kubectl shows customer and error."""
    labelled = instance("acme", "looks")
    labelled["metadata"]["labels"] = {"tier": "gold", "app.kubernetes.io/name": "penstock-gateway"}
    deploy(tenant, integration("looks", [webhook_flow("order", [CHECK])]), labelled)
    identifier = penstock.send(tenant, "acme", "order", {})
    assert penstock.ended(identifier)["status"] == "failed"

    chosen = "tier=gold,penstock.dev/customer=acme"
    assert [one["metadata"]["name"] for one in items("flows.penstock.dev", namespace=tenant, selector=chosen)] == [
        "acme.order"
    ]
    jobs = items("jobs", namespace=tenant, selector=chosen)
    assert [one["metadata"]["name"] for one in jobs] == [f"pex-{identifier}"]
    assert jobs[0]["metadata"]["labels"].get("app.kubernetes.io/name") is None
    carried = {name for pod in pods_of(tenant, identifier) for name in pod["metadata"]["labels"]}
    assert carried.isdisjoint({"tier", "penstock.dev/customer", "app.kubernetes.io/name"})

    def failed() -> dict[str, Any]:
        status = get("flow.penstock.dev", "acme.order", namespace=tenant).get("status", {})
        last: dict[str, Any] = status.get("lastExecution", {})
        assert last.get("state") == "failed"
        return last

    last = eventually(failed, within=timeouts.SEEN)
    assert last["failedStep"] == "look"
    header, line = kubectl("-n", tenant, "get", "flows.penstock.dev").splitlines()
    assert {"CUSTOMER", "ERROR", "LAST"} <= set(header.split())
    assert {"acme", last["error"], "failed"} <= set(line.split())


def test_the_pod_that_ran_out_of_memory_stays(penstock: Installation, tenant: str) -> None:
    """Its Job is over and not deleted: the pod, and what it logged, can be looked at for ten minutes."""
    code = "def run(context):\n    return len(bytearray(400 * 1024 * 1024))\n"
    hungry = instance("acme", "hungry", flows={"order": {"resources": {"limits": {"memory": "96Mi"}}}})
    deploy(tenant, integration("hungry", [webhook_flow("order", [{"name": "eat", "python": {"code": code}}])]), hungry)
    identifier = penstock.send(tenant, "acme", "order", {})
    assert penstock.ended(identifier, within=timeouts.RECOVERED)["status"] == "failed"

    def over() -> bool:
        job = get("job", f"pex-{identifier}", namespace=tenant)
        conditions = job.get("status", {}).get("conditions", [])
        return any(one["type"] in {"Complete", "Failed"} and one["status"] == "True" for one in conditions)

    eventually(over, within=timeouts.SEEN, about="the Job is over")
    consistently(lambda: pods_of(tenant, identifier) != [], during=timeouts.QUIET)


def test_a_secret_that_loses_its_label_is_told_by_step_and_condition(penstock: Installation, tenant: str) -> None:
    """The step fails with the Secret's name before anything is sent, and the conditions agree with it."""
    calling = integration("calling", [webhook_flow("order", [CALL])], connections=[{"name": "erp", "type": "bearer"}])
    apply(credentials(tenant, labels=LABEL, token="tok-123456"))
    deploy(tenant, calling, instance("acme", "calling", connections={"erp": {"secretRef": {"name": "erp"}}}))

    kubectl("-n", tenant, "label", "secret", "erp", "penstock.dev/connection-")
    assert "the Secret erp lacks the label" in told(tenant, "instance", "acme", "Configured", status="False")
    assert "connection erp fail" in told(tenant, "instance", "acme", "Deployed", status="True")
    execution = penstock.ended(penstock.send(tenant, "acme", "order", {}))

    assert execution["error"]["code"] == "connection_unusable"
    assert "of the Secret erp" in execution["error"]["message"]
    kubectl("-n", tenant, "label", "secret", "erp", "penstock.dev/connection=true")
    ready(tenant, "acme")
    assert penstock.ended(penstock.send(tenant, "acme", "order", {}))["error"]["code"] != "connection_unusable"


def test_a_roll_back_needs_no_change_but_the_version(penstock: Installation, tenant: str) -> None:
    """What 1.1.0 requires and 1.0.0 does not know is kept aside."""
    flow = webhook_flow("order", [{"name": "one", "set": {"value": 1}}])
    deploy(tenant, integration("shop", [flow]), instance("acme", "shop"))
    variable = {"name": "warehouse", "type": "string", "required": True}
    apply(
        {
            **integration("shop", [flow], version="1.1.0", configVariables=[variable]),
            "metadata": {"name": "shop", "namespace": tenant},
        }
    )
    told(tenant, "instance", "acme", "Configured", status="False")
    kubectl(
        "-n", tenant, "patch", "instance", "acme", "--type=merge", "-p", '{"spec": {"config": {"warehouse": "north"}}}'
    )
    ready(tenant, "acme", version="1.1.0")
    back = '{"spec": {"integration": {"name": "shop", "version": "1.0.0"}}}'
    kubectl("-n", tenant, "patch", "instance", "acme", "--type=merge", "-p", back)
    ready(tenant, "acme", version="1.0.0")

    assert "config.warehouse (of 1.1.0)" in told(tenant, "instance", "acme", "Configured", status="True")


def test_a_changed_config_map_reaches_its_flow(penstock: Installation, tenant: str) -> None:
    """Only its metadata is watched: a change of its data is seen all the same."""
    flow = webhook_flow("order", [{"name": "tell", "set": {"value": "${config.region}"}}])
    placed = {"name": "places", "namespace": tenant}
    apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": placed, "data": {"region": "eu"}})
    variable = {"name": "region", "type": "string", "required": True}
    told_by = [{"configMapRef": {"name": "places"}}]
    deploy(
        tenant,
        integration("telling", [flow], configVariables=[variable]),
        instance("acme", "telling", configFrom=told_by),
    )
    apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": placed, "data": {"region": "us"}})

    def region() -> str:
        found: str = get("flow.penstock.dev", "acme.order", namespace=tenant)["spec"]["definition"]["config"]["region"]
        return found

    eventually(lambda: region() == "us", within=timeouts.SEEN)


def test_an_owner_finds_why_webhooks_were_refused(penstock: Installation, tenant: str) -> None:
    """An Event on the Instance has number, cause and remedy; nothing of what the sender sent."""
    flow = webhook_flow("order", [{"name": "one", "set": {"value": 1}}])
    deploy(tenant, integration("closed", [flow]), instance("acme", "closed"))
    for _ in range(3):
        refused = penstock.client.post(
            f"/hooks/{tenant}/acme/order", headers={"Api-Key": "canary-of-the-sender"}, json={}
        )
        assert refused.status_code == 401

    def event() -> dict[str, Any]:
        told = [one for one in items("events", namespace=tenant) if one["reason"] == "WebhooksRefused"]
        # who waits for the flow to be served may have been refused, too, without a key
        about = [one for one in told if "key is none of this Instance's" in one["message"]]
        assert about, f"no Event about the key yet: {[one['message'] for one in told]}"
        assert "canary" not in str(told)
        return about[0]

    assert eventually(event, within=timeouts.SEEN)["message"].startswith("3 webhooks were refused")
