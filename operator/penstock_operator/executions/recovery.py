"""Ends or replaces executions that nobody works on any more, and starts again what was never started.

1. Read the rows: leases that have run out, cancellations that were not heeded, what is starting without a runner.
2. Look up their Jobs and pods in the watches' copies; if these are stale, or the database was just away, wait.
3. Decide on each (see `recovery_decision`, pure), and do it. A final state is written with the epoch that was seen, so that a runner
   that claimed it meanwhile wins. What cannot be done to one is tried again in the next round, and keeps no other.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from penstock_core import names
from penstock_core.cluster import JOBS, Cluster
from penstock_core.errors import ClusterError, ClusterUnavailable, StoreContended
from penstock_core.executions.states import ExecutionState
from penstock_core.observed.workload import Job
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Expired, Starting
from penstock_operator.executions.job_creation import Starter
from penstock_operator.executions.recovery_decision import (
    CANCELLING,
    UNCLAIMED_SECONDS,
    Decision,
    End,
    Replace,
    Requeue,
    Subject,
    Wait,
    decide,
)
from penstock_operator.workloads.diagnosis import Cause
from penstock_operator.workloads.identity import Sought
from penstock_operator.workloads.index import Workloads

log = logging.getLogger(__name__)
LEASE_GRACE_SECONDS: Final = 5.0
STARTING_GRACE_SECONDS: Final = 5.0
RECOVERY_SECONDS: Final = 20.0
"""After the database was away: runners get this long to renew before anything is decided."""
CASES_AT_ONCE: Final = 50
"""Executions of one namespace that something is done about in a round: the others wait for the next, not those of others."""
JOBS_AT_ONCE: Final = 4
"""Jobs of an execution that are deleted at once: it has two at most, unless somebody made more under its names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An execution with its decision, with what is known of its Jobs and pods."""

    row: Expired | Starting
    decision: Decision
    jobs: Sequence[Job]


class Recovery:
    """One round a call.

    `lost` is told each cause's code when an execution is ended by us, `blocked` what keeps one from starting meanwhile.
    """

    def __init__(
        self,
        cluster: Cluster,
        dispatch: Dispatch,
        workloads: Workloads,
        starter: Starter,
        *,
        clock: Callable[[], datetime],
        lost: Callable[[str], None],
        blocked: Callable[[Expired | Starting, Cause], Awaitable[None]],
    ) -> None:
        self._cluster = cluster
        self._dispatch = dispatch
        self._workloads = workloads
        self._starter = starter
        self._clock = clock
        self._lost = lost
        self._blocked = blocked
        self._trusted_from: datetime | None = None
        self._contended: set[str] = set()
        """Namespaces of which something was not to be had in time: they come last, and cost a round one wait each."""

    def database_was_away(self) -> None:
        """Runners could not renew either: give them time."""
        self._trusted_from = None

    async def step(self) -> None:
        """Decides on everything that looks abandoned."""
        rows = await self._abandoned()
        # after the reads: only their success shows that the database is there, and the runners' time counts from then
        if not self._trustworthy():
            return
        cases = [self._decide(row) for row in rows if self._workloads.is_alive(row.namespace)]
        await self._requeue({case.row.id: case.row for case in cases if isinstance(case.decision, Requeue)})
        contended: set[str] = set()
        for case in sorted(shared_out(cases), key=lambda case: case.row.namespace in self._contended):
            if case.row.namespace not in contended:
                await self._try(case, contended)
        self._contended = contended

    async def _abandoned(self) -> list[Expired | Starting]:
        try:
            expired = await self._dispatch.expired(
                grace_s=LEASE_GRACE_SECONDS, cancel_grace_s=CANCELLING.total_seconds()
            )
            starting = await self._dispatch.starting(older_than_s=STARTING_GRACE_SECONDS)
        except StoreContended:
            # what holds up these reads holds up renewals, too
            self.database_was_away()
            raise
        return [*expired, *starting]

    async def _try(self, case: Case, contended: set[str]) -> None:
        """Acts on a case; what cannot be done to it is left to the next round, and keeps no other."""
        try:
            await self._act(case)
        except (ClusterError, StoreContended) as error:
            log.warning("left to the next round", extra=_identity(case.row) | {"cause": str(error)})
            if isinstance(error, StoreContended):
                contended.add(case.row.namespace)

    def _trustworthy(self) -> bool:
        now = self._clock()
        if self._trusted_from is None:
            self._trusted_from = now
            log.info("waiting for runners to renew their leases", extra={"seconds": RECOVERY_SECONDS})
        return (now - self._trusted_from).total_seconds() >= RECOVERY_SECONDS

    def _decide(self, row: Expired | Starting) -> Case:
        subject = _subject(row)
        jobs, pods = self._workloads.of(_sought(row, holder=subject.holder))
        return Case(row=row, decision=decide(subject, jobs=jobs, pods=pods, now=self._clock()), jobs=jobs)

    async def _act(self, case: Case) -> None:
        if isinstance(case.decision, Replace):
            await self._replace(case, case.decision)
        elif isinstance(case.decision, End):
            await self._end(case, case.decision)
        elif isinstance(case.decision, Wait) and case.decision.cause:
            await self._blocked(case.row, case.decision.cause)

    async def _replace(self, case: Case, decision: Replace) -> None:
        row, cause = case.row, decision.cause
        flow = self._starter.flow_of(
            namespace=row.namespace, instance=row.instance, flow=row.flow, flow_uid=row.flow_uid
        )
        if flow is None:
            await self._end_unresumable(case, cause)
            return
        # the row first: a replica that ends in between leaves a number without a Job, which is seen as missing and made,
        # while a Job without its number would run beside what the next round decides
        count = self._dispatch.replaced if decision.attempt > row.job_attempt else self._dispatch.asked_again
        if not await count(row.id, namespace=row.namespace, job_attempt=decision.attempt, epoch=_epoch(row)):
            return
        # before the new one is made, so that the old one makes no more pods beside it
        await self._delete_jobs(case)
        log.warning("job replaced", extra=_extra(case, cause) | {"job_attempt": decision.attempt})
        await self._starter.start(flow, row.id, attempt=decision.attempt, epoch=_epoch(row))

    async def _end_unresumable(self, case: Case, cause: Cause) -> None:
        # where Flows could not be listed, one that is not found may exist: nothing is ended on a guess
        if self._starter.knows(case.row.namespace):
            words = f"{cause.words}; its flow was removed, so it cannot be resumed"
            await self._end(case, End(state=ExecutionState.FAILED, cause=Cause(code=cause.code, words=words)))

    async def _end(self, case: Case, decision: End) -> None:
        row = case.row
        ended = await self._dispatch.end(
            row.id,
            decision.state,
            namespace=row.namespace,
            cause=decision.cause.words,
            code=decision.cause.code,
            epoch=_epoch(row),
        )
        # not where a runner claimed it since: the Jobs are its own then
        if ended:
            self._lost(decision.cause.code)
            log.warning("execution ended", extra=_extra(case, decision.cause) | {"state": str(decision.state)})
            await self._stop_jobs(case)

    async def _stop_jobs(self, case: Case) -> None:
        """Jobs of an execution that has ended make no more pods; one whose pod ended stays with it, for a look at its log.

        Its deadline is put into the past: its controller then ends it, and it goes by its time like any other. Where that is
        not to be had, as of a tick's Job, which the admission policy lets nobody change, it is deleted.
        """
        for job in _unfinished(case):
            if any(not pod.is_live for pod in self._workloads.pods_of(job)):
                body = {"metadata": {"uid": job.uid}, "spec": {"activeDeadlineSeconds": 1}}
                try:
                    await self._cluster.patch(JOBS, *job.key, body)
                    continue
                except ClusterUnavailable:
                    raise
                except ClusterError as error:
                    log.info("job not kept", extra=_identity(case.row) | {"cause": str(error)})
            await self._cluster.delete(JOBS, *job.key, uid=job.uid)

    async def _delete_jobs(self, case: Case) -> None:
        """Jobs that might still make pods; those that are over stay for a look."""
        for job in _unfinished(case):
            await self._cluster.delete(JOBS, *job.key, uid=job.uid)

    async def _requeue(self, rows: Mapping[UUID, Expired | Starting]) -> None:
        if not rows:
            return
        namespaces = {execution: row.namespace for execution, row in rows.items()}
        for execution in await self._dispatch.requeue_unstarted(namespaces, older_than_s=UNCLAIMED_SECONDS):
            log.info("execution queued again: no job came of it", extra=_identity(rows[execution]))


def shared_out(cases: Sequence[Case]) -> Iterator[Case]:
    """The cases of a round: of each namespace no more than so many of which one is ended or gets another Job."""
    counts: Counter[str] = Counter()
    for case in cases:
        counts[case.row.namespace] += isinstance(case.decision, Replace | End)
        if counts[case.row.namespace] <= CASES_AT_ONCE:
            yield case


def _unfinished(case: Case) -> list[Job]:
    return [job for job in case.jobs if not job.is_over][:JOBS_AT_ONCE]


def _subject(row: Expired | Starting) -> Subject:
    job = names.job(row.id, row.job_attempt)
    holder, since = (row.holder, row.lease_until) if isinstance(row, Expired) else ("", row.since)
    return Subject(
        claimed=isinstance(row, Expired),
        job=job,
        attempt=row.job_attempt,
        since=since,
        replaced_at=row.replaced_at,
        holder=holder,
        cancel_at=row.cancel_at,
    )


def _sought(row: Expired | Starting, *, holder: str) -> Sought:
    return Sought(
        namespace=row.namespace,
        execution=row.id,
        instance=row.instance,
        flow=row.flow,
        flow_uid=row.flow_uid,
        attempt=row.job_attempt,
        holder=holder,
    )


def _epoch(row: Expired | Starting) -> int:
    """The claim that was decided on; nobody has claimed what is starting."""
    return row.epoch if isinstance(row, Expired) else 0


def _identity(row: Expired | Starting) -> dict[str, str]:
    return {"namespace": row.namespace, "instance": row.instance, "flow": row.flow, "execution": str(row.id)}


def _extra(case: Case, cause: Cause) -> dict[str, str]:
    return _identity(case.row) | {"cause": cause.code, "reason": cause.words}
