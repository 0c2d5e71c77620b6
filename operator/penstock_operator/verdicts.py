"""What to do about an execution that nobody seems to work on. Pure: the row, its Jobs and its pods come in, a verdict comes out.

The row comes first: only an execution whose lease has run out, or that nobody has claimed yet, is judged at all.
A pod that may still be alive protects its execution, but not for ever: a node that is cut off reports "running" for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from penstock_core.states import ExecutionState
from penstock_operator.diagnosis import (
    START_DEADLINE_SECONDS,
    Cause,
    cause_of,
    hindrance_of,
    job_is_over,
    pod_is_live,
    timestamp,
)

UNCLAIMED_SECONDS: Final = 30
"""How long an execution may be starting without a Job before it is queued again."""
SILENCE: Final = timedelta(seconds=90)
"""How long a lease may have run out while its pod still says that it runs; then the pod counts as cut off."""
DYING: Final = timedelta(seconds=10)
"""How long after the end of its grace period a pod that is being deleted may still count as alive."""

_NO_SECOND_TRY: Final = frozenset({"out_of_memory", "deadline", "image", "container"})
"""Causes that a replacement would meet again."""
_OUTSIDE: Final = frozenset({"handed_over", "disrupted", "evicted", "node_lost", "pod_gone"})
"""Causes for which the Job controller makes another pod by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An execution to judge; `since` is when its lease ran out, or, where nobody has claimed it, when it left the queue."""

    claimed: bool
    attempt: int
    """Counts its Jobs from 1."""
    since: datetime
    cancel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Somebody may still be at work; `cause` is what holds it up meanwhile, if that is known."""

    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Requeue:
    """Nothing was started: let the dispatcher try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Start another Job, which resumes behind what is recorded."""

    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Write the final state: nobody else will."""

    state: ExecutionState
    cause: Cause


Verdict = Wait | Requeue | Replace | End


def judge(
    subject: Subject, *, jobs: Sequence[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]], now: datetime
) -> Verdict:
    """The verdict on an execution, from all of its Jobs and their pods; `jobs` may be in any order."""
    waiting = [pod for pod in pods if pod.get("status", {}).get("phase") == "Pending" and _alive(pod, now)]
    running = [pod for pod in pods if pod not in waiting and _alive(pod, now)]
    if running and not (subject.claimed and now - subject.since > SILENCE):
        return Wait()
    if waiting and not running:
        return _judge_waiting(waiting, now)
    current = _newest(jobs)
    if current is None and not subject.claimed:
        return Requeue() if (now - subject.since).total_seconds() > UNCLAIMED_SECONDS else Wait()
    if current is not None and not job_is_over(current) and not _pods_of(current, pods):
        return _judge_without_pod(current, now)
    return _judge_dead(subject, current=current, pods=pods, cut_off=bool(running))


def _judge_waiting(pods: Sequence[Mapping[str, Any]], now: datetime) -> Verdict:
    hindrances = [found for pod in pods if (found := hindrance_of(pod, now=now))]
    for cause, overdue in hindrances:
        if overdue:
            return End(state=ExecutionState.FAILED, cause=cause)
    return Wait(cause=hindrances[0][0] if hindrances else None)


def _judge_without_pod(job: Mapping[str, Any], now: datetime) -> Verdict:
    age = (now - timestamp(job["metadata"]["creationTimestamp"])).total_seconds()
    if age <= START_DEADLINE_SECONDS:
        return Wait()
    words = f"no pod was made for the Job within {START_DEADLINE_SECONDS} s: its events say why (a quota, an admission rule)"
    return End(state=ExecutionState.FAILED, cause=Cause(code="no_pod", words=words))


def _judge_dead(
    subject: Subject, *, current: Mapping[str, Any] | None, pods: Sequence[Mapping[str, Any]], cut_off: bool
) -> Verdict:
    cause = cause_of(current, pods)
    if cut_off:
        cause = Cause(code="cut_off", words="the runner has not been heard for longer than its lease allows")
    if subject.cancel:
        return End(state=ExecutionState.CANCELLED, cause=Cause(code="cancelled", words="cancelled by request"))
    if cause.code == "deadline":
        return End(state=ExecutionState.TIMED_OUT, cause=cause)
    if cause.code in _NO_SECOND_TRY:
        return End(state=ExecutionState.FAILED, cause=cause)
    if subject.attempt == 1:
        return Replace(cause=cause)
    if cause.code in _OUTSIDE and current is not None and not job_is_over(current):
        return Wait(cause=cause)
    return End(state=ExecutionState.FAILED, cause=cause)


def _alive(pod: Mapping[str, Any], now: datetime) -> bool:
    """True where the pod's runner may be at work or may still start."""
    if not pod_is_live(pod):
        return False
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    if any(status.get("state", {}).get("terminated") for status in statuses):
        return False
    deleted = pod["metadata"].get("deletionTimestamp")
    return deleted is None or now - timestamp(deleted) <= DYING


def _newest(jobs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return max(jobs, key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]), default=None)


def _pods_of(job: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    name = job["metadata"]["name"]
    return [pod for pod in pods if pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name") == name]
