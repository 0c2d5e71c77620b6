"""A kind of trigger is one module and one entry: a toy one goes all the way from a declaration to a status."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from operator_world import INTEGRATION, KEY, World
from penstock_core.cluster import CONFIG_MAPS, FLOWS, INSTANCES, Cluster
from penstock_core.compiler import Verdict
from penstock_core.compiler import triggers as compiled
from penstock_core.compiler.flows import FlowChecker
from penstock_core.errors import ExpressionError
from penstock_core.expressions import Scope
from penstock_core.observed.content import DeclaredFlow
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Override
from penstock_core.resources import FlowDefinition
from penstock_operator.instances.triggers import TRIGGERS
from penstock_operator.instances.triggers.kind import Site, Trigger


class Moon(Trigger):
    """Starts a flow at a phase of the moon, which a ConfigMap keeps."""

    def settings(self, declared: Mapping[str, Any], override: Override, *, url: str | None) -> dict[str, Any]:
        return {"phase": declared.get("phase", "full")}

    def shown(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {"schedule": f"{settings['phase']} moon"}

    async def deploy(self, flow: Flow, site: Site) -> None:
        metadata = {"name": flow.name, "namespace": flow.namespace}
        await site.cluster.apply(CONFIG_MAPS, flow.namespace, {"metadata": metadata, "data": dict(flow.settings)})

    async def stop(self, flow: Flow, cluster: Cluster) -> None:
        await cluster.delete(CONFIG_MAPS, *flow.key)


@pytest.fixture
def moon(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with that trigger in its table, and a flow that has it; the compiler's part is apart."""
    monkeypatch.setitem(TRIGGERS, "moon", Moon())
    monkeypatch.setattr("penstock_operator.integrations.compilation.check_integration", lambda spec: Verdict())
    hook, _ = INTEGRATION["spec"]["flows"]
    world.publish("1.1.0", flows=[{**hook, "trigger": {"moon": {"phase": "new"}}}])
    return world


async def test_a_new_kind_is_deployed_and_shown(moon: World) -> None:
    """The Flow names the trigger, its objects are made, and status and summary speak of it."""
    await moon.settle()
    spec = moon.cluster.of(FLOWS)["acme-orders.hook"]["spec"]
    status = moon.cluster.of(INSTANCES)["acme-orders"]["status"]

    assert (spec["trigger"], spec["moon"]) == ("moon", {"phase": "new"})
    assert moon.cluster.of(CONFIG_MAPS)["acme-orders.hook"]["data"] == {"phase": "new"}
    assert status["flows"] == [{"name": "hook", "trigger": "moon", "paused": False, "schedule": "new moon"}]
    assert moon.condition("Deployed")["message"] == "Version 1.1.0: 1 flow, 1 moon"


async def test_a_new_kind_goes_with_its_instance(moon: World) -> None:
    """What was deployed for it is removed when the Instance is."""
    await moon.settle()
    moon.delete_instance()
    await moon.instances.reconcile(KEY)

    assert moon.cluster.of(CONFIG_MAPS) == {}


def test_a_new_kind_is_checked_by_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own check runs under its own place, and the sentence about a missing trigger names it."""

    def refuse() -> None:
        raise ExpressionError("there is no such phase: write full or new")

    def checks(_: object) -> Iterator[compiled.Check]:
        yield "phase", refuse

    monkeypatch.setitem(compiled.TRIGGERS, "moon", checks)
    step = {"name": "a", "set": {"value": 1}}
    flow = FlowDefinition.model_validate({"name": "hook", "trigger": {}, "steps": [step]})
    declared = flow.model_copy(update={"trigger": type("Declared", (), {"moon": object()})()})
    missing, wrong = (
        FlowChecker(flow=one, base=Scope.of(), connections=frozenset()).check() for one in (flow, declared)
    )

    assert [str(problem.message) for problem in missing] == [
        "a flow has exactly one trigger: set webhook or schedule or moon"
    ]
    assert [(problem.field, problem.message) for problem in wrong] == [
        ("trigger.moon.phase", "there is no such phase: write full or new")
    ]


def test_both_tables_name_the_same_kinds() -> None:
    """What the compiler lets pass can be deployed, and the other way round."""
    assert list(TRIGGERS) == list(compiled.TRIGGERS)
    assert {DeclaredFlow.parse({"trigger": {kind: {}}}).trigger for kind in TRIGGERS} == set(TRIGGERS)


@pytest.mark.parametrize(("declared", "parse"), [({}, None), ({"parse": "auto"}, None), ({"parse": "csv"}, "csv")])
def test_how_a_webhook_reads_bodies(declared: dict[str, Any], parse: str | None) -> None:
    """It stands in the Flow where it is not the default: Flows of earlier releases stay as they are."""
    settings = TRIGGERS["webhook"].settings(declared, Override.parse({}), url="https://hooks.example/x")

    assert settings.get("parse") == parse
