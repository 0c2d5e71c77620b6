"""Which Jobs and pods are Penstock's own: by namespace, name and owner. Pure.

Labels alone say nothing: whoever may create Jobs or pods in a namespace writes there what he likes. So a Job counts for an
execution only in that execution's namespace and under the names that Penstock gives its Jobs, and a pod only where its
controller is that Job, by uid. What can still be made up harms executions of the namespace in which it was made.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from penstock_core import names
from penstock_core.observed.workload import Job, Owner, Pod

NUMBERS: Final = 16
"""Numbers of Jobs that are looked for around the one that the row counts: more of them than are tried in a row."""
_OF_EXECUTION: Final = re.compile(r"pex-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-[1-9][0-9]{0,2})?")
_OF_TICK: Final = re.compile(r"(.+)-[0-9]{6,12}")


@dataclass(frozen=True, kw_only=True)
class Sought:
    """An execution whose Jobs and pods are looked for; `attempt` is what its row counts, `holder` the pod of its lease."""

    namespace: str
    execution: UUID
    instance: str
    flow: str
    flow_uid: str
    attempt: int
    holder: str = ""

    @cached_property
    def job_names(self) -> list[str]:
        """The names that its Jobs may have, in their order."""
        numbers = range(max(self.attempt - NUMBERS, 1), self.attempt + NUMBERS)
        return [names.job(self.execution, number) for number in numbers]

    def owns(self, job: Job) -> bool:
        """Whether a Job of its namespace is its own, or that of the tick which made it."""
        of_flow = {names.LABEL_INSTANCE: self.instance, names.LABEL_FLOW: self.flow}
        if not of_flow.items() <= job.labels.items():
            return False
        if names.LABEL_EXECUTION in job.labels:
            return job.labels[names.LABEL_EXECUTION] == str(self.execution) and job.name in self.job_names
        return is_tick(job, cron_job=names.cron_job(self.instance, self.flow_uid))

    def owned(self, pod: Pod) -> bool:
        """Whether a pod of its namespace names as its Job one that it may have had: that Job may be gone."""
        named = _OF_TICK.fullmatch(pod.job)
        return pod.job in self.job_names or (
            named is not None and named[1] == names.cron_job(self.instance, self.flow_uid)
        )


def is_tick(job: Job, *, cron_job: str) -> bool:
    """Whether a Job is one of a CronJob's, by its name and by its owner's."""
    named, owner = _OF_TICK.fullmatch(job.name), job.controller
    if named is None or owner is None:
        return False
    return named[1] == cron_job and (owner.kind, owner.name) == ("CronJob", cron_job)


def is_of(pod: Pod, job: Job) -> bool:
    """Whether a pod is a Job's: that very one's, not of another that had its name."""
    return pod.namespace == job.namespace and pod.controller == Owner(kind=Job.KIND, name=job.name, uid=job.uid)


def can_be_ours(item: Job | Pod) -> bool:
    """Whether anything can ever be read of it: its name, or its owner's, agrees with its labels."""
    name = item.job if isinstance(item, Pod) else item.name
    execution = item.labels.get(names.LABEL_EXECUTION)
    if execution is not None:
        found = _OF_EXECUTION.fullmatch(name)
        return found is not None and found[1] == execution
    if isinstance(item, Pod):
        return _OF_TICK.fullmatch(name) is not None
    return item.controller is not None and is_tick(item, cron_job=item.controller.name)
