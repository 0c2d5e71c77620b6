"""The Job of an execution, and the pod that every runner lives in.

The pod has no volumes at all: any volume costs its start 0.3 s (the kubelet polls for mounts), so secrets come as
environment variables, key by key and optional; the runner fails with the missing key's name.
A pod lost with its node is replaced by the Job controller; exit code 75 and disruptions do not count as failures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from penstock_core import names
from penstock_core.manifests.metadata import flow_labels, shown_labels
from penstock_core.manifests.quantities import amount
from penstock_core.observed.flow import Flow

CONTAINER: Final = "runner"
USER: Final = 65532
BACKOFF_LIMIT: Final = 2
TTL_SECONDS: Final = 600
"""How long an ended Job stays, for a look at its pod and log."""
DEADLINE_SLACK_SECONDS: Final = 600
"""Added to the flow's timeout: waiting for a node (5 min at most), for the image, and for a replacement pod."""
UNREACHABLE_SECONDS: Final = 20
"""How long a pod stays bound to a node that no longer answers."""

DEFAULT_REQUESTS: Final[Mapping[str, str]] = {"cpu": "50m", "memory": "64Mi"}
DEFAULT_LIMITS: Final[Mapping[str, str]] = {"memory": "256Mi"}
"""No CPU limit: throttling a start that is all CPU only makes it late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerPod:
    """What a release says about its runner pods; `release` is the label `<namespace>.<name>`, `release_name` the name alone."""

    image: str
    pull_policy: str
    release: str
    release_name: str


def execution_job(flow: Flow, execution: UUID, *, runner: RunnerPod, attempt: int = 1) -> dict[str, Any]:
    """The Job of one execution; `attempt` counts replacement Jobs from 1."""
    labels = flow_labels(flow, release=runner.release) | {names.LABEL_EXECUTION: str(execution)}
    shown = shown_labels(flow.labels, customer=flow.customer.id)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": names.job(execution, attempt), "namespace": flow.namespace, "labels": shown | labels},
        "spec": job_spec(flow, runner=runner, labels=labels, environment=[_value(names.ENV_EXECUTION, str(execution))]),
    }


def job_spec(
    flow: Flow,
    *,
    runner: RunnerPod,
    labels: Mapping[str, str],
    environment: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The spec of a Job that runs `flow`; `labels` are its pods', `environment` says which execution or which tick."""
    spec = flow.spec
    return {
        "backoffLimit": BACKOFF_LIMIT,
        "podReplacementPolicy": "Failed",
        "podFailurePolicy": {
            "rules": [
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                {
                    "action": "Ignore",
                    "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": [names.EXIT_HANDED_OVER]},
                },
            ]
        },
        "ttlSecondsAfterFinished": TTL_SECONDS,
        "activeDeadlineSeconds": int(spec["timeoutSeconds"]) + DEADLINE_SLACK_SECONDS,
        "template": {
            "metadata": {"labels": dict(labels)},
            "spec": runner_pod_spec(
                runner,
                namespace=flow.namespace,
                environment=[*environment, *connection_variables(spec.get("connections", ()))],
                resources=spec.get("resources"),
            ),
        },
    }


def runner_pod_spec(
    runner: RunnerPod,
    *,
    namespace: str,
    environment: Sequence[Mapping[str, Any]] = (),
    resources: Mapping[str, Any] | None = None,
    command: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The spec of a runner pod; `resources` lie over the defaults, which give way to them, `command` is the image's own if None.

    The benchmark's bare Job is built from the same function, with its own `command`.
    """
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": runner.image,
        "imagePullPolicy": runner.pull_policy,
        "env": [*_common_variables(runner, namespace), *(dict(variable) for variable in environment)],
        "resources": _resources(resources or {}),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    if command is not None:
        container["command"] = list(command)
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": [
            {
                "key": f"node.kubernetes.io/{taint}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": UNREACHABLE_SECONDS,
            }
            for taint in ("not-ready", "unreachable")
        ],
        "containers": [container],
    }


def connection_variables(connections: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One environment variable for each field of each of a Flow's `spec.connections`: references, never values."""
    return [
        {
            "name": names.connection_variable(connection["name"], field),
            "valueFrom": {"secretKeyRef": {"name": connection["secretName"], "key": field, "optional": True}},
        }
        for connection in connections
        for field in connection["fields"]
    ]


def _common_variables(runner: RunnerPod, namespace: str) -> list[dict[str, Any]]:
    dsn = {"name": names.database_secret(runner.release_name), "key": "dsn"}
    return [
        {"name": names.ENV_DSN, "valueFrom": {"secretKeyRef": dsn}},
        _value(names.ENV_NAMESPACE, namespace),
        {"name": names.ENV_POD, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]


def _value(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value}


def _resources(wanted: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What was asked for, and defaults that fit it: Kubernetes refuses a request above its limit."""
    requests, limits = wanted.get("requests", {}), wanted.get("limits", {})
    return {
        "requests": {**_fitting(DEFAULT_REQUESTS, limits, min), **requests},
        "limits": {**_fitting(DEFAULT_LIMITS, requests, max), **limits},
    }


def _fitting(defaults: Mapping[str, str], given: Mapping[str, str], choose: Callable[..., str]) -> dict[str, str]:
    return {name: choose(default, given.get(name, default), key=amount) for name, default in defaults.items()}
