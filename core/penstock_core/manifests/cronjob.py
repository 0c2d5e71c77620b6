"""The CronJob of a scheduled flow.

`concurrencyPolicy` is Allow: overlap is decided in the database, where a tick can be recorded as skipped;
Forbid would run it late instead. Its Jobs carry no execution id: the runner accepts the tick under the scheduled minute,
which it reads from its Job's name.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from penstock_core import names
from penstock_core.manifests.job import RunnerPod, job_spec
from penstock_core.manifests.metadata import controlled_by, flow_labels

STARTING_DEADLINE_SECONDS: Final = 120
"""How late a tick may still start; a later one is recorded as missed."""
KEPT_PASSED: Final = 3
KEPT_FAILED: Final = 5


def cron_job(flow: Mapping[str, Any], *, runner: RunnerPod) -> dict[str, Any]:
    """The CronJob of `flow`, the whole Flow object of a scheduled flow; suspended while the flow is paused."""
    metadata, spec = flow["metadata"], flow["spec"]
    labels = flow_labels(flow, release=runner.release)
    environment: list[dict[str, Any]] = [
        {"name": names.ENV_TICK, "value": json.dumps(tick(flow), sort_keys=True, separators=(",", ":"))},
        {
            "name": names.ENV_JOB,
            "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}},
        },
    ]
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": names.cron_job(spec["instance"], metadata["uid"]),
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": controlled_by(flow),
        },
        "spec": {
            "schedule": spec["schedule"]["cron"],
            "timeZone": spec["schedule"]["timeZone"],
            "suspend": bool(spec["paused"]),
            "startingDeadlineSeconds": STARTING_DEADLINE_SECONDS,
            "concurrencyPolicy": "Allow",
            "successfulJobsHistoryLimit": KEPT_PASSED,
            "failedJobsHistoryLimit": KEPT_FAILED,
            "jobTemplate": {
                "metadata": {"labels": labels},
                "spec": job_spec(flow, runner=runner, labels=labels, environment=environment),
            },
        },
    }


def tick(flow: Mapping[str, Any]) -> dict[str, Any]:
    """What a tick's runner needs to accept its own execution: the value of `PENSTOCK_TICK`."""
    metadata, spec = flow["metadata"], flow["spec"]
    return {
        "instance": spec["instance"],
        "instanceUid": spec["instanceUid"],
        "flow": spec["flow"],
        "flowUid": metadata["uid"],
        "integration": spec["integration"]["name"],
        "version": spec["integration"]["version"],
        "customer": dict(spec["customer"]),
        "definitionHash": spec["definitionHash"],
        "overlap": spec["schedule"]["overlap"],
        "limit": spec.get("concurrency", {}).get("limit"),
        "timeZone": spec["schedule"]["timeZone"],
        "cron": spec["schedule"]["cron"],
    }
