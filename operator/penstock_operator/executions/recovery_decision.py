"""What to do about an execution that nobody seems to work on. Pure: the row, its Jobs and its pods come in, a decision comes out.

The row comes first: only an execution whose lease has run out, that nobody has claimed yet, or that should have been
cancelled by now, is decided on at all.
A pod that may still be alive protects its execution, but not for ever: a node that is cut off reports "running" for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from penstock_core.executions.states import ExecutionState
from penstock_core.observed.job_status import timestamp
from penstock_core.observed.workload import Job, Pod
from penstock_operator.workloads.diagnosis import START_DEADLINE_SECONDS, Cause, blocker_of, cause_of, ran_for

UNCLAIMED_SECONDS: Final = 30
"""How long an execution may be starting without a Job before it is queued again."""
SILENCE: Final = timedelta(seconds=90)
"""How long a lease may have run out while its pod still says that it runs; then the pod counts as cut off."""
CLAIMING: Final = timedelta(seconds=150)
"""How long a Job's runners may run, all together, before one has claimed the execution; each tries for 120 s."""
UNSEEN: Final = timedelta(seconds=30)
"""How long after a replacement was decided its Job may not be seen; then it is created (again)."""
CANCELLING: Final = timedelta(seconds=60)
"""How long a runner may take to end after a cancellation was asked for."""
ENDING: Final = timedelta(seconds=10)
"""How long after the end of its grace period a pod that is being deleted may still count as alive."""
_NO_SECOND_TRY: Final = frozenset({"out_of_memory", "deadline", "image", "container"})
"""Causes that a replacement would meet again."""
_OUTSIDE: Final = frozenset({"handed_over", "disrupted", "evicted", "node_lost", "pod_gone"})
"""Causes for which the Job controller makes another pod by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An execution to decide on; `since` is when its lease ran out, or, where nobody has claimed it, when it left the queue."""

    claimed: bool
    job: str
    """Name of its newest Job, which need not exist yet."""
    attempt: int
    """That Job's number; counts from 1."""
    since: datetime
    replaced_at: datetime | None = None
    """When that Job was decided on; None for the first."""
    holder: str = ""
    """The pod that has or had the lease."""
    cancel_at: datetime | None = None
    """When a cancellation was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Somebody may still be at work; `cause` is what holds it up meanwhile, if that is known."""

    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Requeue:
    """Nothing was started: let the dispatcher try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Start the Job number `attempt`, which resumes behind what is recorded; the row may count it already."""

    cause: Cause
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Write the final state: nobody else will."""

    state: ExecutionState
    cause: Cause


Decision = Wait | Requeue | Replace | End


def decide(subject: Subject, *, jobs: Sequence[Job], pods: Sequence[Pod], now: datetime) -> Decision:
    """What to do about an execution, from all of its Jobs and their pods; `jobs` may be in any order."""
    alive = [pod for pod in pods if _alive(pod, now)]
    waiting = [pod for pod in alive if pod.is_pending]
    running = [pod for pod in alive if pod not in waiting]
    silent = [pod for pod in running if _is_silent(subject, pod, pods, now)]
    at_work = len(running) > len(silent)
    # first, as everything below may wait, or start again what somebody wants to end
    if subject.cancel_at is not None and (not at_work or now - subject.cancel_at > CANCELLING):
        return _cancelled(at_work=at_work)
    # a second runner beside a live one would repeat its effects: only silence takes this protection away
    if at_work:
        return Wait()
    # before waiting pods and the newest Job: these are of the Job that was replaced, and say nothing about its successor
    if _is_missing(subject, jobs):
        return _decide_missing(subject, now)
    # before what has ended: the Job controller made this pod in the place of one that did
    if waiting:
        return _decide_waiting(waiting, now)
    current = _newest(jobs)
    # nothing ran, so no replacement is spent on it; who claimed it had a Job, and that one is gone (below)
    if current is None and not subject.claimed:
        return Requeue() if (now - subject.since).total_seconds() > UNCLAIMED_SECONDS else Wait()
    # the Job controller may be held up by a quota, or the pod's watch be behind the Job's: it has its time
    if current is not None and not current.is_over and not _pods_of(current.name, pods):
        return _decide_without_pod(subject, current, now)
    return _decide_ended(subject, current=current, pods=pods, silent=silent)


def _cancelled(*, at_work: bool) -> End:
    words = "cancelled on request"
    if at_work:
        words += f"; its runner did not end within {CANCELLING.seconds} s"
    return End(state=ExecutionState.CANCELLED, cause=Cause(code="cancelled", words=words))


def _is_silent(subject: Subject, pod: Pod, pods: Sequence[Pod], now: datetime) -> bool:
    """True where a pod says that it runs, but its runner would have been heard by now."""
    if pod.name == subject.holder:
        return now - subject.since > SILENCE
    siblings = [one for one in _pods_of(pod.job, pods) if one.name != subject.holder]
    return sum((ran_for(one, since=subject.since, now=now) for one in siblings), timedelta()) > CLAIMING


def _is_missing(subject: Subject, jobs: Sequence[Job]) -> bool:
    """True where a replacement was decided on and nothing shows that its Job was made: no Job, and no claim since."""
    if subject.replaced_at is None or (subject.claimed and subject.since > subject.replaced_at):
        return False
    return all(job.name != subject.job for job in jobs)


def _decide_missing(subject: Subject, now: datetime) -> Decision:
    if subject.replaced_at is None or now - subject.replaced_at <= UNSEEN:
        return Wait()
    cause = Cause(code="job_missing", words=f"its replacement's Job {subject.job} could not be created")
    return Replace(cause=cause, attempt=subject.attempt)


def _decide_waiting(pods: Sequence[Pod], now: datetime) -> Decision:
    blockers = [found for pod in pods if (found := blocker_of(pod, now=now))]
    for cause, overdue in blockers:
        if overdue:
            return End(state=ExecutionState.FAILED, cause=cause)
    return Wait(cause=blockers[0][0] if blockers else None)


def _decide_without_pod(subject: Subject, job: Job, now: datetime) -> Decision:
    since = max(subject.since, timestamp(job.created))
    if (now - since).total_seconds() <= START_DEADLINE_SECONDS:
        return Wait()
    words = f"no pod was made for the Job within {START_DEADLINE_SECONDS} s: its events say why (a quota, an admission rule)"
    return End(state=ExecutionState.FAILED, cause=Cause(code="no_pod", words=words))


def _decide_ended(
    subject: Subject,
    *,
    current: Job | None,
    pods: Sequence[Pod],
    silent: Sequence[Pod],
) -> Decision:
    cause = cause_of(current, pods)
    # a silent pod is the one that counts now; only the deadline, which ends it too, says more
    if silent and cause.code != "deadline":
        cause = _cause_of_silence(subject, silent)
    if cause.code == "deadline":
        return End(state=ExecutionState.TIMED_OUT, cause=cause)
    if cause.code in _NO_SECOND_TRY:
        return End(state=ExecutionState.FAILED, cause=cause)
    # without a wait for another pod of the same Job, which may take minutes on a node that is lost
    if subject.attempt == 1:
        return Replace(cause=cause, attempt=2)
    # there is no third Job, so whatever the second one still does by itself is worth waiting for
    if cause.code in _OUTSIDE and current is not None and not current.is_over:
        return Wait(cause=cause)
    return End(state=ExecutionState.FAILED, cause=cause)


def _cause_of_silence(subject: Subject, silent: Sequence[Pod]) -> Cause:
    if any(pod.name != subject.holder for pod in silent):
        return Cause(code="database_unreachable", words="the runner runs but has not reached the database")
    return Cause(code="cut_off", words="the runner has not been heard for longer than its lease allows")


def _alive(pod: Pod, now: datetime) -> bool:
    """True where the pod's runner may be at work or may still start."""
    if not pod.is_live or pod.any_container_ended:
        return False
    return pod.deleted is None or now - timestamp(pod.deleted) <= ENDING


def _newest(jobs: Sequence[Job]) -> Job | None:
    return max(jobs, key=lambda job: (job.created, job.name), default=None)


def _pods_of(job: str, pods: Sequence[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod.job == job]
