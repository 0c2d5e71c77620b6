"""Upgrade and roll back: what an Instance sets for another version than the one that it runs."""

from typing import Any

import pytest

from operator_world import INTEGRATION, World
from penstock_core import names
from penstock_core.cluster import FLOWS, INTEGRATION_VERSIONS, SECRETS

VARIABLES = INTEGRATION["spec"]["configVariables"]
HOOK, POLL = INTEGRATION["spec"]["flows"]
CALL = {"name": "call", "http": {"method": "GET", "url": "https://crm.example/", "connection": "crm"}}
SECRET = {
    "metadata": {"name": "acme-crm", "namespace": "acme", "labels": {names.LABEL_CONNECTION: "true"}},
    "data": {"key": "YS1sb25nLWtleQ=="},
}
NEXT: dict[str, Any] = {
    "configVariables": [*VARIABLES, {"name": "warehouse", "type": "string", "required": True}],
    "connections": [{"name": "crm", "type": "apiKey"}],
    "flows": [{**HOOK, "steps": [*HOOK["steps"], CALL]}, POLL, {**POLL, "name": "sweep"}],
}
FOR_NEXT: dict[str, Any] = {
    "config": {"region": "eu", "warehouse": "north"},
    "connections": {"crm": {"secretRef": {"name": "acme-crm"}}},
    "flows": {"sweep": {"schedule": {"cron": "0 7 * * *"}}},
}


async def upgraded(world: World) -> None:
    """The Instance runs 1.1.0, with all that this one asks for."""
    await world.settle()
    world.cluster.seed(SECRETS, SECRET)
    world.publish("1.1.0", **NEXT)
    world.change(**FOR_NEXT)
    await world.settle()
    assert world.condition("Configured")["reason"] == "Complete"


def pinned(version: str) -> dict[str, str]:
    return {"name": "orders", "version": version}


async def test_a_roll_back_needs_no_change_but_the_version(world: World) -> None:
    """What the older version does not know is kept aside, said, and back when the Instance goes forth again."""
    await upgraded(world)
    forth = world.cluster.of(FLOWS)
    world.change(integration=pinned("1.0.0"))
    await world.settle()
    back, configured = world.cluster.of(FLOWS), world.condition("Configured")
    world.change(integration=pinned("1.1.0"))
    await world.settle()

    assert (configured["status"], configured["reason"]) == ("True", "CompleteWithSurplus")
    assert configured["message"] == (
        "All required variables and connections are there.\n"
        "Version 1.0.0 does not know what is set for others, and it is kept aside:"
        " config.warehouse (of 1.1.0), connection crm (of 1.1.0), spec.flows.sweep (of 1.1.0)."
    )
    assert back["acme-orders.hook"]["spec"]["integration"]["version"] == "1.0.0"
    assert back["acme-orders.hook"]["spec"]["definition"]["config"] == {"region": "eu"}
    assert back["acme-orders.hook"]["spec"]["connections"] == []
    assert world.cluster.of(FLOWS).keys() == forth.keys()
    assert world.cluster.of(FLOWS)["acme-orders.hook"]["spec"] == forth["acme-orders.hook"]["spec"]
    assert world.condition("Configured")["reason"] == "Complete"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"config": {"region": "eu", "warehose": "north"}}, "config.warehose: the Integration has no such variable"),
        ({"connections": {"cmr": {"secretRef": {"name": "x"}}}}, "connection cmr is not declared by the Integration"),
        ({"flows": {"sweeep": {"paused": True}}}, "spec.flows.sweeep: the Integration has no such flow"),
    ],
)
async def test_what_no_version_knows_is_refused(world: World, change: dict[str, Any], said: str) -> None:
    """A slip is a slip in whatever version."""
    await upgraded(world)
    world.change(integration=pinned("1.0.0"), **change)
    await world.settle()
    configured = world.condition("Configured")

    assert (configured["status"], configured["reason"]) == ("False", "Incomplete")
    assert said in configured["message"]


async def test_a_schedule_of_a_flow_that_another_version_starts_otherwise_is_kept_aside(world: World) -> None:
    """A flow that was a schedule and is a webhook now takes nothing of its own times."""
    await world.settle()
    world.change(flows={"poll": {"schedule": {"cron": "0 7 * * *"}}})
    world.publish("1.1.0", flows=[HOOK, {**POLL, "trigger": {"webhook": {}}}])
    await world.settle()

    assert world.condition("Configured")["reason"] == "CompleteWithSurplus"
    assert "spec.flows.poll.schedule (of 1.0.0)" in world.condition("Configured")["message"]
    assert world.cluster.of(FLOWS)["acme-orders.poll"]["spec"]["trigger"] == "webhook"


async def test_a_value_has_the_type_of_the_version_that_runs(world: World) -> None:
    """A value that only the other version takes is not converted: it is refused, and the version that takes it is named."""
    await world.settle()
    world.publish("1.1.0", configVariables=[{"name": "region", "type": "number"}])
    await world.settle()
    message = world.condition("Configured")["message"]

    assert message.startswith('config.region: "eu" is not a number')
    assert message.endswith(" (version 1.0.0 takes this value, 1.1.0 does not)")


async def test_a_version_that_goes_takes_its_names_along(world: World) -> None:
    """What only a version knew that is there no more is refused like any other slip."""
    await upgraded(world)
    world.change(integration=pinned("1.0.0"), connections={}, flows={})
    await world.settle()
    assert world.condition("Configured")["reason"] == "CompleteWithSurplus"
    world.cluster.remove(INTEGRATION_VERSIONS, "acme", "orders.1.1.0")
    await world.instances.reconcile(("acme", "acme-orders"))

    assert "config.warehouse: the Integration has no such variable" in world.condition("Configured")["message"]
