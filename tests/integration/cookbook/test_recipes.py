"""Every recipe of docs/cookbook, from the sender's request to what the customer's system receives.

A recipe is data: a folder with integration.yaml, instance.yaml and recipe.yaml (docs/cookbook/README.md says how to add one).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from reference.recipes import ROOT, Received, Run, folders, recipe

from penstock_core.compiler import check_integration
from penstock_core.names import GROUP
from penstock_core.resources import InstanceSpec
from penstock_core.resources.crd import definitions
from recipe_run import Bench, Systems, bench

FOLDERS = folders()
SCHEMAS = {
    definition["spec"]["names"]["kind"]: definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for definition in definitions("0.0.0").values()
}
every_recipe = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def test_there_are_twenty_recipes_at_least() -> None:
    """The cookbook has what it promises."""
    assert len(FOLDERS) >= 20


@every_recipe
def test_objects_can_be_applied(folder: Path) -> None:
    """The Integration is published without a warning, and no object has a field that its CRD would drop."""
    objects = list(recipe(folder).objects())

    assert {item["kind"] for item in objects} >= {"Integration", "Instance"}
    for item in objects:
        if item["apiVersion"].startswith(GROUP):
            assert list(unknown(item, SCHEMAS[item["kind"]])) == []
        if item["kind"] == "Integration":
            verdict = check_integration(item["spec"])
            assert (verdict.problems, verdict.warnings) == ([], [])
        if item["kind"] == "Instance":
            InstanceSpec.model_validate(item["spec"])


@every_recipe
def test_the_customers_system_receives_what_the_recipe_says(folder: Path) -> None:
    """Each delivery or tick ends as the recipe says, and the systems receive these requests and no others."""
    with bench(recipe(folder)) as found:
        for run in found.recipe.runs:
            check_run(found, run)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"json": {"reference": "#9999"}}, "lines"),
        ({"headers": {"X-Api-Key": "another"}}, "another"),
        ({"request": "PUT https://erp.example.com/orders"}, "no recipe awaits POST"),
    ],
)
def test_a_recipe_that_says_something_else_fails(change: dict[str, Any], says: str) -> None:
    """What is received is compared in all that a recipe says of it."""
    good = recipe(ROOT / "shopify-order")
    [expected] = good.runs[0].receives
    wrong = Received.model_validate(expected.model_dump(by_alias=True, exclude_unset=True) | change)

    with bench(good) as found, pytest.raises(AssertionError, match=says):
        check_run(found, good.runs[0].model_copy(update={"receives": [wrong]}))


def test_a_recipe_that_awaits_more_fails() -> None:
    """A request that never comes is missed."""
    good = recipe(ROOT / "shopify-order")
    more = [*good.runs[0].receives, Received(request="GET https://erp.example.com/orders")]

    with bench(good) as found, pytest.raises(AssertionError, match="not received"):
        check_run(found, good.runs[0].model_copy(update={"receives": more}))


def test_a_forged_request_fails() -> None:
    """The gateway's own check refuses a body that was not signed."""
    good = recipe(ROOT / "shopify-order")
    sent = good.runs[0].send
    assert sent is not None
    forged = sent.model_copy(update={"file": None, "body": "{}"})

    with bench(good) as found, pytest.raises(AssertionError, match="the gateway refuses"):
        check_run(found, good.runs[0].model_copy(update={"send": forged}))


def check_run(found: Bench, run: Run) -> None:
    systems = found.systems
    systems.awaited, systems.arrived = list(run.receives), []
    trigger = found.trigger(run)
    assert (trigger is None) == run.repeated
    if trigger is None:
        return
    outcome = found.execute(run.flow, trigger)
    for expected, request in systems.arrived:
        assert expected is not None, f"no recipe awaits {request['method']} {request['url']}: {request['body']!r}"
        check_request(systems, expected, request)
    assert str(outcome.state) == run.ends, outcome.error_message
    assert [each.request for each in systems.awaited] == [], "not received"
    assert run.error is None or run.error in str(outcome.error_message)
    assert [text for text in run.unrecorded if text in found.recorded()] == []
    assert {path: found.recorder.output(path) for path in run.outputs} == run.outputs


def check_request(systems: Systems, expected: Received, request: dict[str, Any]) -> None:
    headers = {name: systems.original(request["headers"].get(name.lower(), "")) for name in expected.headers}
    assert headers == dict(expected.headers)
    assert systems.shown_body(expected, request["body"]) == systems.expected_body(expected)
    if expected.json_ is not None:
        assert "json" in request["headers"]["content-type"]


def unknown(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Members that the schema does not know: the API server would drop them."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return
    if isinstance(value, dict) and path != ".metadata":
        members, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        for name, below in value.items():
            if name in members or others:
                yield from unknown(below, members.get(name, others), f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    if isinstance(value, list):
        for index, below in enumerate(value):
            yield from unknown(below, schema["items"], f"{path}[{index}]")


def test_unknown_members_are_found() -> None:
    """The check of the schema can fail."""
    item = yaml.safe_load("{spec: {version: 1.0.0, flows: [{name: a, stepz: []}]}, metadata: {any: 1}}")

    assert list(unknown(item, SCHEMAS["Integration"])) == [".spec.flows[0].stepz"]
