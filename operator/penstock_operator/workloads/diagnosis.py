"""What a pod's or a Job's status says about an execution that does not go on, in words. Pure.

The row decides whether an execution ended; this only says why it cannot be running.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from penstock_core import names
from penstock_core.job_status import job_failure, pod_is_live, timestamp
from penstock_core.manifests.job import CONTAINER
from penstock_core.objects import condition_of

IMAGE_DEADLINE_SECONDS: Final = 60
UNSCHEDULABLE_DEADLINE_SECONDS: Final = 300
START_DEADLINE_SECONDS: Final = 300

_IMAGE_REASONS: Final = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "RegistryUnavailable",
        "ImageInspectError",
    }
)
_CONFIG_REASONS: Final = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`code` for programs and metrics, `words` for people."""

    code: str
    words: str


def exit_cause_of(pod: Mapping[str, Any]) -> Cause | None:
    """Why a pod that ended, ended; None where it lives, or ended in the way a runner should."""
    status = pod.get("status", {})
    ended = _terminated(pod)
    if pod_is_live(pod) and not ended:
        return None
    if ended and ended.get("reason") == "OOMKilled":
        return Cause(code="out_of_memory", words=f"the container was killed for memory: limit {_memory_limit(pod)}")
    if status.get("reason") == "Evicted":
        return Cause(code="evicted", words=f"the pod was evicted: {_sentence(status.get('message'))}")
    disruption = condition_of(pod, "DisruptionTarget", status="True")
    if disruption:
        return Cause(
            code="disrupted", words=f"the pod was stopped from outside: {_sentence(disruption.get('message'))}"
        )
    if ended is None:
        return Cause(
            code="node_lost", words=f"the pod's node {pod['spec'].get('nodeName', '')} was lost".replace("  ", " ")
        )
    code = int(ended.get("exitCode", -1))
    if code == names.EXIT_DONE:
        return None
    if code == names.EXIT_HANDED_OVER:
        return Cause(code="handed_over", words="the runner was stopped and left the rest to a replacement")
    if code == 137:
        return Cause(code="killed", words="the container was killed (SIGKILL, exit code 137)")
    reason = _sentence(ended.get("message") or ended.get("reason"))
    return Cause(code="runner_failed", words=f"the runner ended with exit code {code}: {reason}")


def blocker_of(pod: Mapping[str, Any], *, now: datetime) -> tuple[Cause, bool] | None:
    """What keeps a pod from starting, and whether it has had its time, with a node or without; None where nothing does."""
    if pod.get("status", {}).get("phase") != "Pending":
        return None
    age = (now - _pending_since(pod)).total_seconds()
    waiting = _waiting(pod)
    reason = waiting.get("reason", "")
    text = _sentence(waiting.get("message") or reason)
    if reason in _IMAGE_REASONS:
        image = pod["spec"]["containers"][0]["image"]
        cause = Cause(code="image", words=f"the image {image} cannot be pulled ({reason}): {text}")
        return cause, age > IMAGE_DEADLINE_SECONDS
    if reason in _CONFIG_REASONS:
        return Cause(
            code="container", words=f"the container cannot be made ({reason}): {text}"
        ), age > IMAGE_DEADLINE_SECONDS
    unscheduled = condition_of(pod, "PodScheduled", status="False")
    if unscheduled:
        cause = Cause(code="unschedulable", words=f"no node takes the pod: {_sentence(unscheduled.get('message'))}")
        return cause, age > UNSCHEDULABLE_DEADLINE_SECONDS
    if age > START_DEADLINE_SECONDS:
        return Cause(code="not_started", words=f"the pod has not started within {START_DEADLINE_SECONDS} s"), True
    return None


def ran_for(pod: Mapping[str, Any], *, since: datetime, now: datetime) -> timedelta:
    """How long a pod's container ran after `since`, until `now` where it has not ended."""
    state = _container(pod).get("state", {})
    ended = state.get("terminated") or {}
    if pod.get("status", {}).get("phase") == "Pending" or (not pod_is_live(pod) and not ended.get("finishedAt")):
        return timedelta()
    begun = (ended or state.get("running") or {}).get("startedAt") or pod["metadata"]["creationTimestamp"]
    until = timestamp(ended["finishedAt"]) if ended.get("finishedAt") else now
    return max(until - max(timestamp(begun), since), timedelta())


def cause_of(job: Mapping[str, Any] | None, pods: Iterable[Mapping[str, Any]]) -> Cause:
    """The best explanation of an execution that nothing works on any more; the last pod that says something wins."""
    causes = [cause for pod in sorted(pods, key=_age, reverse=True) if (cause := exit_cause_of(pod))]
    telling = [cause for cause in causes if cause.code not in {"handed_over", "killed"}]
    failure = job_failure(job) if job else None
    if failure and failure.get("reason") == "DeadlineExceeded":
        return Cause(code="deadline", words="the Job's deadline passed before the flow ended")
    if telling or causes:
        return (telling or causes)[0]
    if job is None:
        return Cause(code="job_gone", words="the Job was deleted before the execution ended")
    if "deletionTimestamp" in job["metadata"]:
        return Cause(code="job_gone", words="the Job is being deleted before the execution ended")
    if failure:
        return Cause(
            code="job_failed", words=f"the Job failed ({failure.get('reason')}): {_sentence(failure.get('message'))}"
        )
    return Cause(code="pod_gone", words="the pod vanished, with its node or by hand, before the execution ended")


def _pending_since(pod: Mapping[str, Any]) -> datetime:
    """Since when a pod waits for its start: since it has a node, or for one since it was made."""
    scheduled = condition_of(pod, "PodScheduled", status="True") or {}
    return timestamp(scheduled.get("lastTransitionTime") or pod["metadata"]["creationTimestamp"])


def _age(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"].get("creationTimestamp", ""))


def _container(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return next((status for status in statuses if status["name"] == CONTAINER), {})


def _terminated(pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    ended: Mapping[str, Any] | None = _container(pod).get("state", {}).get("terminated")
    return ended


def _waiting(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    waiting: Mapping[str, Any] = _container(pod).get("state", {}).get("waiting") or {}
    return waiting


def _memory_limit(pod: Mapping[str, Any]) -> str:
    limits = pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    return str(limits.get("memory", "of the node"))


def _sentence(text: str | None) -> str:
    return (text or "no reason given").strip()[:500]
