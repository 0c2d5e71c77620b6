"""Which labels of an Instance its Flows, CronJobs and Jobs carry for whoever reads them, and that pods carry none."""

from typing import Any
from uuid import UUID

import pytest

import builders
from penstock_core.manifests.cronjob import cron_job
from penstock_core.manifests.flow import flow as flow_manifest
from penstock_core.manifests.job import RunnerPod, execution_job
from penstock_core.manifests.metadata import MOST_SHOWN, shown_labels
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance

RUNNER = RunnerPod(image="i", pull_policy="Always", release="x.y", release_name="y")


@pytest.mark.parametrize(
    ("labels", "customer", "shown"),
    [
        ({"tier": "gold", "team": "erp"}, "acme", {"tier": "gold", "team": "erp", "penstock.dev/customer": "acme"}),
        ({}, "ACME-7_x.y", {"penstock.dev/customer": "ACME-7_x.y"}),
        ({}, "ACME GmbH", {}),
        ({}, "a" * 64, {}),
        ({}, "-acme", {}),
        ({}, "", {}),
        ({"penstock.dev/release": "another.release", "penstock.dev/execution": "x"}, "", {}),
        ({"penstock.dev/customer": "somebody-else"}, "acme", {"penstock.dev/customer": "acme"}),
        ({"app.kubernetes.io/name": "penstock-gateway", "app.kubernetes.io/managed-by": "Helm"}, "", {}),
        ({"argocd.argoproj.io/instance": "apps", "kueue.x-k8s.io/queue-name": "q"}, "", {}),
        ({"job-name": "pex-1", "controller-uid": "1", "tier": "gold"}, "", {"tier": "gold"}),
    ],
)
def test_labels_without_a_prefix_and_the_customer_are_shown(
    labels: dict[str, str], customer: str, shown: dict[str, str]
) -> None:
    """What has a prefix is some program's own and stays where it is; a customer is shown where it is a label's value."""
    assert shown_labels(labels, customer=customer) == shown


def test_many_labels_are_bounded() -> None:
    """Each stands in every Job: the first twenty are carried."""
    labels = {f"l{number:03}": "x" for number in range(1000)}

    assert sorted(shown_labels(labels, customer="")) == sorted(labels)[:MOST_SHOWN]


def test_no_pod_carries_an_instances_labels() -> None:
    """A label that a Service or a NetworkPolicy chooses by reaches Flow, CronJob and Job, and no pod's template."""
    own = Instance.parse(builders.instance(metadata={"labels": {"app": "shop", "tier": "gold"}}))
    spec = builders.flow(schedule={"cron": "* * * * *", "timeZone": "Etc/UTC", "overlap": "skip"})["spec"]
    manifest = flow_manifest(own, spec, release="x.y")
    flow = Flow.parse({**manifest, "metadata": {**manifest["metadata"], "uid": "f1"}})
    job, ticking = execution_job(flow, UUID(int=1), runner=RUNNER), cron_job(flow, runner=RUNNER)
    of_tick = ticking["spec"]["jobTemplate"]
    shown = {"app": "shop", "tier": "gold", "penstock.dev/customer": "acme"}

    def carried(item: dict[str, Any]) -> dict[str, str]:
        return {name: value for name, value in item["metadata"]["labels"].items() if name in shown}

    assert [carried(item) for item in (manifest, job, ticking, of_tick)] == [shown] * 4
    assert [carried(item["spec"]["template"]) for item in (job, of_tick)] == [{}, {}]
