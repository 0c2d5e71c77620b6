"""The CronJob of a scheduled flow.

`concurrencyPolicy` is Allow: overlap is decided in the database, where a tick can be recorded as skipped;
Forbid would run it late instead. Its Jobs carry no execution id: the runner accepts the tick under the scheduled minute,
which it reads from its Job's name.
"""

import json
from typing import Any, Final

from penstock_core import names
from penstock_core.manifests.job import RunnerPod, job_spec
from penstock_core.manifests.metadata import controlled_by, flow_labels, shown_labels
from penstock_core.observed.flow import Flow

STARTING_DEADLINE_SECONDS: Final = 120
"""How late a tick may still start; a later one is recorded as missed."""
KEPT: Final = 30
"""Ended Jobs, however they ended: those of ten minutes, after which `ttlSecondsAfterFinished` removes them, and not the last
three. A Job whose execution failed has passed like any other, as its runner did what it should."""


def cron_job(flow: Flow, *, runner: RunnerPod) -> dict[str, Any]:
    """The CronJob of `flow`, a scheduled one; suspended while the flow is paused."""
    labels = flow_labels(flow, release=runner.release)
    shown = shown_labels(flow.labels, customer=flow.customer.id)
    environment: list[dict[str, Any]] = [
        {"name": names.ENV_TICK, "value": _literal(json.dumps(tick(flow), sort_keys=True, separators=(",", ":")))},
        {
            "name": names.ENV_JOB,
            "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}},
        },
    ]
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": names.cron_job(flow.instance, flow.uid),
            "namespace": flow.namespace,
            "labels": shown | labels,
            "ownerReferences": controlled_by(flow),
        },
        "spec": {
            "schedule": flow.settings["cron"],
            "timeZone": flow.settings["timeZone"],
            "suspend": flow.paused,
            "startingDeadlineSeconds": STARTING_DEADLINE_SECONDS,
            "concurrencyPolicy": "Allow",
            "successfulJobsHistoryLimit": KEPT,
            "failedJobsHistoryLimit": KEPT,
            "jobTemplate": {
                "metadata": {"labels": shown | labels},
                "spec": job_spec(flow, runner=runner, labels=labels, environment=environment),
            },
        },
    }


def _literal(text: str) -> str:
    """JSON without a dollar sign: the kubelet puts other variables, Secrets among them, where it reads `$(NAME)` in a value."""
    return text.replace("$", "\\u0024")


def tick(flow: Flow) -> dict[str, Any]:
    """What a tick's runner needs to accept its own execution: the value of `PENSTOCK_TICK`."""
    return {
        "instance": flow.instance,
        "instanceUid": flow.instance_uid,
        "flow": flow.flow,
        "flowUid": flow.uid,
        "integration": flow.integration,
        "version": flow.version,
        "customer": flow.customer.manifest(),
        "definitionHash": flow.definition_hash,
        "overlap": flow.settings["overlap"],
        "limit": flow.limit,
        "timeZone": flow.settings["timeZone"],
        "cron": flow.settings["cron"],
    }
