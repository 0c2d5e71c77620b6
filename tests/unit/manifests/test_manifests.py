"""The manifests, word for word: golden files, made anew with PENSTOCK_WRITE_GOLDEN=1 and read in the diff."""

import base64
import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

import builders
from penstock_core import names
from penstock_core.executions.flow_identity import flow_identity
from penstock_core.manifests.access import gateway_role_binding
from penstock_core.manifests.cronjob import cron_job, tick
from penstock_core.manifests.flow import flow as flow_manifest
from penstock_core.manifests.job import RunnerPod, execution_job, runner_pod_spec
from penstock_core.manifests.secret import database, webhook_digests, webhook_key
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance

GOLDEN = Path(__file__).parent / "golden"
EXECUTION = UUID("01a206fa-3a2c-79fc-8706-da40151b20f9")
RUNNER = RunnerPod(
    image="registry.example/penstock-runner:1",
    pull_policy="IfNotPresent",
    release="penstock-system.penstock",
    release_name="penstock",
)
INSTANCE = Instance.parse(builders.instance(uid="6f1c0c5e-8d2c-4b7e-9a57-0a4b4de7f3a1"))


def flow_object(**spec: Any) -> Flow:
    base: dict[str, Any] = {
        "instanceUid": "6f1c0c5e-8d2c-4b7e-9a57-0a4b4de7f3a1",
        "integration": {"name": "orders-to-erp", "version": "1.4.0"},
        "customer": {"id": "acme", "name": "ACME GmbH"},
        "trigger": "webhook",
        "whenPaused": "reject",
        "webhook": {
            "methods": ["POST"],
            "security": "required",
            "url": "https://hooks.example/hooks/acme/a/importOrder",
        },
        "timeoutSeconds": 300,
        "connections": [
            {"name": "erp", "type": "basic", "secretName": "acme-erp", "fields": ["username", "password"]},
            {"name": "mail", "type": "apiKey", "secretName": "acme-mail", "fields": ["key"]},
        ],
        "definition": {"schema": 1},
    }
    return Flow.parse(builders.flow("importOrder", uid="0d7e1a52-5d0e-4f43-9c9a-3a8f5a1f2b3c", **base | spec))


SCHEDULED = {
    "trigger": "schedule",
    "flow": "poll",
    "schedule": {"cron": "0 6 * * *", "timeZone": "America/New_York", "overlap": "skip"},
}

CASES = {
    "job": lambda: execution_job(flow_object(), EXECUTION, runner=RUNNER),
    "job-second": lambda: execution_job(
        flow_object(connections=[], resources={"limits": {"memory": "512Mi"}}), EXECUTION, runner=RUNNER, attempt=2
    ),
    "cronjob": lambda: cron_job(flow_object(**SCHEDULED, concurrency={"limit": 3, "whenFull": "queue"}), runner=RUNNER),
    "flow": lambda: flow_manifest(INSTANCE, flow_object().spec, release=RUNNER.release),
    "webhook-key": lambda: webhook_key(INSTANCE, release=RUNNER.release, key="k" * 43),
    "webhook-digests": lambda: webhook_digests(
        release=RUNNER.release,
        release_name=RUNNER.release_name,
        release_namespace="penstock-system",
        instance_uid="6f1c",
        digests=["bb", "aa"],
    ),
    "webhook-digests-signed": lambda: webhook_digests(
        release=RUNNER.release,
        release_name=RUNNER.release_name,
        release_namespace="penstock-system",
        instance_uid="6f1c",
        digests=["aa"],
        signature={"preset": "github", "key": "aHVzaA=="},
    ),
    "database": lambda: database(
        release=RUNNER.release, namespace="acme", name=names.database_secret("penstock"), dsn="postgresql://r:p@h/d"
    ),
    "role-binding": lambda: gateway_role_binding(
        release=RUNNER.release,
        namespace="acme",
        role="penstock-system.penstock-job-creator",
        service_account="penstock-gateway",
        service_account_namespace="penstock-system",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_manifest_is_as_it_was_agreed(name: str) -> None:
    """Each builder gives exactly the manifest of its golden file."""
    actual = CASES[name]()
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("PENSTOCK_WRITE_GOLDEN"):
        path.write_text(yaml.safe_dump(actual, sort_keys=False, width=110))

    assert yaml.safe_load(path.read_text()) == actual


def test_runner_pod_holds_no_volume_and_no_token() -> None:
    """A runner's pod has no volumes, no service-account token, no CPU limit and the restricted security context."""
    spec = runner_pod_spec(RUNNER, namespace="acme")

    assert "volumes" not in spec
    assert "volumeMounts" not in spec["containers"][0]
    assert spec["automountServiceAccountToken"] is False
    assert "cpu" not in spec["containers"][0]["resources"]["limits"]
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize(
    ("wanted", "memory"),
    [
        ({"limits": {"memory": "32Mi"}}, ("32Mi", "32Mi")),
        ({"requests": {"memory": "512Mi"}}, ("512Mi", "512Mi")),
        ({"limits": {"memory": "1Gi"}}, ("64Mi", "1Gi")),
        ({"requests": {"memory": "100Mi"}}, ("100Mi", "256Mi")),
        ({"requests": {"memory": "1Mi"}, "limits": {"memory": "2Mi"}}, ("1Mi", "2Mi")),
    ],
)
def test_default_resources_fit_what_was_given(wanted: dict[str, Any], memory: tuple[str, str]) -> None:
    """A request is never above its limit, whichever of the two was given."""
    resources = runner_pod_spec(RUNNER, namespace="acme", resources=wanted)["containers"][0]["resources"]

    assert (resources["requests"]["memory"], resources["limits"]["memory"]) == memory


def test_a_processor_limit_lowers_the_default_request() -> None:
    """What is set aside is no more than what may be used."""
    resources = runner_pod_spec(RUNNER, namespace="acme", resources={"limits": {"cpu": "20m"}})["containers"][0][
        "resources"
    ]

    assert (resources["requests"]["cpu"], resources["limits"]["cpu"]) == ("20m", "20m")


def test_command_is_left_to_the_image_unless_given() -> None:
    """The pod names a command only where the caller gives one."""
    assert "command" not in runner_pod_spec(RUNNER, namespace="acme")["containers"][0]
    assert runner_pod_spec(RUNNER, namespace="acme", command=["true"])["containers"][0]["command"] == ["true"]


def test_connection_variables_are_optional_references() -> None:
    """A connection's field reaches the pod as an optional reference, so that the runner can name what is missing."""
    container = execution_job(flow_object(), EXECUTION, runner=RUNNER)["spec"]["template"]["spec"]["containers"][0]
    references = {e["name"]: e["valueFrom"]["secretKeyRef"] for e in container["env"] if "CONNECTION" in e["name"]}

    assert references == {
        "PENSTOCK_CONNECTION.erp.username": {"name": "acme-erp", "key": "username", "optional": True},
        "PENSTOCK_CONNECTION.erp.password": {"name": "acme-erp", "key": "password", "optional": True},
        "PENSTOCK_CONNECTION.mail.key": {"name": "acme-mail", "key": "key", "optional": True},
    }


def test_cron_job_is_suspended_while_the_flow_is_paused() -> None:
    """Pausing a scheduled flow suspends its CronJob."""
    assert cron_job(flow_object(**SCHEDULED), runner=RUNNER)["spec"]["suspend"] is False
    assert cron_job(flow_object(**SCHEDULED, paused=True), runner=RUNNER)["spec"]["suspend"] is True


def test_tick_reaches_the_runner_as_json() -> None:
    """A CronJob's pod carries its tick as JSON, and no execution id."""
    flow = flow_object(**SCHEDULED)
    template = cron_job(flow, runner=RUNNER)["spec"]["jobTemplate"]["spec"]["template"]
    env = {e["name"]: e.get("value") for e in template["spec"]["containers"][0]["env"]}

    assert names.ENV_EXECUTION not in env
    assert json.loads(env[names.ENV_TICK]) == tick(flow)
    assert tick(flow)["limit"] is None


def test_a_tick_names_no_other_variable() -> None:
    """What a tenant writes into a customer's name is text, and never the value of a variable beside it."""
    flow = flow_object(**SCHEDULED, customer={"id": "acme", "name": "$(PENSTOCK_DSN)"})
    template = cron_job(flow, runner=RUNNER)["spec"]["jobTemplate"]["spec"]["template"]
    env = {e["name"]: e.get("value") for e in template["spec"]["containers"][0]["env"]}

    assert "$" not in env[names.ENV_TICK]
    assert json.loads(env[names.ENV_TICK])["customer"]["name"] == "$(PENSTOCK_DSN)"


def test_cron_job_names_stay_within_kubernetes_limit() -> None:
    """The name of the longest instance's CronJob fits into 52 characters."""
    flow = flow_object(**SCHEDULED, instance="i" * 40)

    assert len(cron_job(flow, runner=RUNNER)["metadata"]["name"]) <= 52


def test_identity_takes_the_customers_id_for_a_missing_name() -> None:
    """An execution's row always has a customer's name to show."""
    identity = flow_identity(flow_object(customer={"id": "acme"}))

    assert (identity.customer_id, identity.customer_name) == ("acme", "acme")
    assert identity.flow_uid == "0d7e1a52-5d0e-4f43-9c9a-3a8f5a1f2b3c"


def test_digests_are_sorted_json() -> None:
    """The order in which keys are listed does not change what is mirrored, and without a signature nothing is said of one."""
    [field] = CASES["webhook-digests"]()["data"].values()

    assert json.loads(base64.b64decode(field)) == {"keys": ["aa", "bb"]}
