"""What a pod's or a Job's status says about an execution that does not go on, in words. Pure.

The row decides whether an execution ended; this only says why it cannot be running.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from penstock_core import names
from penstock_core.observed.job_status import timestamp
from penstock_core.observed.workload import Job, Pod

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
_WORDS_KEPT: Final = frozenset({"CreateContainerConfigError"})
"""The kubelet's own, which names Secrets and fields. Behind the others stand words of the container runtime, which shows
what it was given, environment included: where a Secret cannot be a variable, they hold its value."""
_START_REASONS: Final = frozenset({"StartError", "ContainerCannotRun", "RunContainerError", "CreateContainerError"})
"""Of a container that ended without having run: words of the container runtime, too."""
_NOT_KEPT: Final = "what the container runtime says may hold values of Secrets and is not kept, see the pod's events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`code` for programs and metrics, `words` for people."""

    code: str
    words: str


def exit_cause_of(pod: Pod) -> Cause | None:
    """Why a pod that ended, ended; None where it lives, or ended in the way a runner should."""
    ended = pod.ended
    if pod.is_live and not ended:
        return None
    if ended and ended.reason == "OOMKilled":
        return Cause(
            code="out_of_memory",
            words=f"the container was killed for memory: limit {pod.memory_limit or 'of the node'}",
        )
    if pod.reason == "Evicted":
        return Cause(code="evicted", words=f"the pod was evicted: {_sentence(pod.message)}")
    if pod.disruption:
        return Cause(code="disrupted", words=f"the pod was stopped from outside: {_sentence(pod.disruption.message)}")
    if ended is None:
        return Cause(code="node_lost", words=f"the pod's node {pod.node} was lost".replace("  ", " "))
    code = ended.code
    if code == names.EXIT_DONE:
        return None
    if code == names.EXIT_HANDED_OVER:
        return Cause(code="handed_over", words="the runner was stopped and left the rest to a replacement")
    if code == 137:
        return Cause(code="killed", words="the container was killed (SIGKILL, exit code 137)")
    said = _NOT_KEPT if ended.reason in _START_REASONS else ended.message
    reason = _sentence(said or ended.reason)
    return Cause(code="runner_failed", words=f"the runner ended with exit code {code}: {reason}")


def blocker_of(pod: Pod, *, now: datetime) -> tuple[Cause, bool] | None:
    """What keeps a pod from starting, and whether it has had its time, with a node or without; None where nothing does."""
    if not pod.is_pending:
        return None
    age = (now - _pending_since(pod)).total_seconds()
    reason = pod.waiting.reason if pod.waiting else ""
    text = _sentence((pod.waiting.message if pod.waiting else "") or reason)
    if reason in _IMAGE_REASONS:
        cause = Cause(code="image", words=f"the image {pod.image} cannot be pulled ({reason}): {text}")
        return cause, age > IMAGE_DEADLINE_SECONDS
    if reason in _CONFIG_REASONS:
        said = text if reason in _WORDS_KEPT else _NOT_KEPT
        return Cause(
            code="container", words=f"the container cannot be made ({reason}): {said}"
        ), age > IMAGE_DEADLINE_SECONDS
    if pod.unscheduled:
        cause = Cause(code="unschedulable", words=f"no node takes the pod: {_sentence(pod.unscheduled.message)}")
        return cause, age > UNSCHEDULABLE_DEADLINE_SECONDS
    if age > START_DEADLINE_SECONDS:
        return Cause(code="not_started", words=f"the pod has not started within {START_DEADLINE_SECONDS} s"), True
    return None


def ran_for(pod: Pod, *, since: datetime, now: datetime) -> timedelta:
    """How long a pod's container ran after `since`, until `now` where it has not ended."""
    finished = pod.ended.finished if pod.ended else ""
    if pod.is_pending or (not pod.is_live and not finished):
        return timedelta()
    begun = (pod.ended.started if pod.ended else pod.running_since) or pod.created
    until = timestamp(finished) if finished else now
    return max(until - max(timestamp(begun), since), timedelta())


def cause_of(job: Job | None, pods: Iterable[Pod]) -> Cause:
    """The best explanation of an execution that nothing works on any more; the last pod that says something wins."""
    causes = [cause for pod in sorted(pods, key=lambda pod: pod.created, reverse=True) if (cause := exit_cause_of(pod))]
    telling = [cause for cause in causes if cause.code not in {"handed_over", "killed"}]
    failure = job.failure if job else None
    if failure and failure.reason == "DeadlineExceeded":
        return Cause(code="deadline", words="the Job's deadline passed before the flow ended")
    if telling or causes:
        return (telling or causes)[0]
    if job is None:
        return Cause(code="job_gone", words="the Job was deleted before the execution ended")
    if job.is_going:
        return Cause(code="job_gone", words="the Job is being deleted before the execution ended")
    if failure:
        return Cause(code="job_failed", words=f"the Job failed ({failure.reason}): {_sentence(failure.message)}")
    return Cause(code="pod_gone", words="the pod vanished, with its node or by hand, before the execution ended")


def _pending_since(pod: Pod) -> datetime:
    """Since when a pod waits for its start: since it has a node, or for one since it was made."""
    return timestamp((pod.scheduled.at if pod.scheduled else "") or pod.created)


def _sentence(text: str | None) -> str:
    return (text or "no reason given").strip()[:500]
