"""Every example is applied as it stands, with both customers, and its samples do what its README says."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from testbed.release import images

import timeouts
from eventually import eventually
from installation import Installation, discard_namespace, ready, running, steps, told
from kubectl import apply, items, kubectl, wait_rollout
from turns import Turns

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDERS = sorted(path.parent.name for path in EXAMPLES.glob("*/integration.yaml"))
CUSTOMERS = ("acme", "globex")


@pytest.fixture(scope="module")
def examples(penstock: Installation, turns: Turns) -> Iterator[Installation]:
    """Namespaces, the make-believe ERP and all examples; the catalogue is the release's own namespace."""
    with turns.together():
        apply_all(penstock.namespace)
    yield penstock
    for name in (*CUSTOMERS, "erp"):
        discard_namespace(name)


def apply_all(catalogue: str) -> None:
    """Everything in the examples' folder, with Integrations in the namespace `catalogue`."""
    apply((EXAMPLES / "namespaces.yaml").read_text())
    apply((EXAMPLES / "erp-stub" / "erp.yaml").read_text().replace("python:3.13-slim", images()["runner"]))
    for folder in FOLDERS:
        for path in sorted((EXAMPLES / folder).glob("*.yaml")):
            apply(path.read_text().replace("penstock-system", catalogue))
    wait_rollout("deployment", "erp", namespace="erp")


def order(sample: str) -> Any:
    return json.loads((EXAMPLES / "orders-to-erp" / "samples" / sample).read_text())


def test_there_are_examples_worth_reading() -> None:
    """At least two integrations, each with an instance for two customers."""
    assert len(FOLDERS) >= 2
    for folder in FOLDERS:
        assert {path.stem for path in (EXAMPLES / folder).glob("*.yaml")} >= set(CUSTOMERS)


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_every_instance_is_ready(examples: Installation, customer: str) -> None:
    """All instances of all examples are deployed."""
    for item in items("instances.penstock.dev", namespace=customer):
        ready(customer, item["metadata"]["name"])

    assert len(items("instances.penstock.dev", namespace=customer)) == len(FOLDERS)


def test_an_order_is_handed_over_once(examples: Installation) -> None:
    """The good order passes with an approval; sent twice it is one execution."""
    ready("acme", "acme-orders")
    first = examples.send("acme", "acme-orders", "importOrder", order("order.json"))
    again = examples.send("acme", "acme-orders", "importOrder", order("order.json"))

    execution = examples.ended(first)
    assert again == first
    assert execution["status"] == "passed", execution["error"]
    assert steps(execution)["route/0/approval"]["status"] == "passed"
    assert examples.value(first, "report")["accepted"] == 3


def test_a_bad_line_does_not_keep_the_others_out(examples: Installation) -> None:
    """The order with an unknown article ends with errors, its other line is handed over."""
    ready("acme", "acme-orders")
    identifier = examples.send("acme", "acme-orders", "importOrder", order("order-with-a-bad-line.json"))

    execution = examples.ended(identifier)
    assert execution["status"] == "completed_with_errors", execution["error"]
    assert {path: steps(execution)[path]["status"] for path in ("lines/0/push", "lines/1/push")} == {
        "lines/0/push": "passed",
        "lines/1/push": "failed",
    }
    assert examples.value(identifier, "report")["accepted"] == 1


def test_a_dry_run_writes_nothing(examples: Installation) -> None:
    """Globex' instance differs in configuration alone: the same order is looked up and not written."""
    ready("globex", "globex-orders")
    identifier = examples.send("globex", "globex-orders", "importOrder", order("order.json"))

    execution = examples.ended(identifier)
    assert execution["status"] == "passed", execution["error"]
    assert {step["status"] for path, step in steps(execution).items() if path.endswith("/push")} == {"skipped"}


def test_one_article_is_refreshed_by_webhook(examples: Installation) -> None:
    """The inventory example's webhook carries one article from the ERP to the shop."""
    ready("acme", "acme-inventory")
    sample = json.loads((EXAMPLES / "inventory-sync" / "samples" / "refresh.json").read_text())

    assert examples.ended(examples.send("acme", "acme-inventory", "refresh", sample))["status"] == "passed"


def test_an_unfinished_instance_says_what_the_readme_shows(examples: Installation) -> None:
    """All that is missing stands in one condition, word for word as in README.md; such an Instance goes without a trace."""
    sample = (EXAMPLES / "orders-to-erp" / "samples" / "unfinished-instance.yaml").read_text()
    apply(sample.replace("penstock-system", examples.namespace))

    message = told("acme", "instance", "initech-orders", "Configured", status="False")

    assert message in (EXAMPLES.parent / "README.md").read_text()
    assert len(message.splitlines()) == 3
    kubectl("-n", "acme", "delete", "instance", "initech-orders", f"--timeout={timeouts.GONE:.0f}s")


def test_a_schedule_can_be_run_by_hand(examples: Installation) -> None:
    """`kubectl create job --from` the CronJob of a schedule is a manual run of its flow."""
    ready("acme", "acme-inventory")
    (cron_job,) = items("cronjobs", namespace="acme", selector="penstock.dev/flow=sync")
    # beside a tick of its own the flow would skip the run: not close before every fifth minute, nor before its tick has ended
    eventually(
        lambda: (
            10 < time.time() % 300 < 300 - timeouts.CLEAR_OF_A_TICK and not running("acme", "penstock.dev/flow=sync")
        ),
        within=timeouts.CLEAR_OF_A_TICK + timeouts.EXECUTION_ENDED,
    )
    kubectl("-n", "acme", "create", "job", "by-hand", f"--from=cronjob/{cron_job['metadata']['name']}")

    def manual() -> dict[str, Any]:
        found = examples.executions("acme", instance="acme-inventory", trigger="manual")
        assert found, "no manual run yet"
        return found[0]

    identifier = eventually(manual, within=timeouts.EXECUTION_ENDED)["id"]
    assert examples.ended(identifier)["status"] == "passed"
