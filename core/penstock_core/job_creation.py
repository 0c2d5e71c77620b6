"""Creates the Job of an execution, once: a name that is taken tells whether an earlier try, or somebody else, was here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from penstock_core import names
from penstock_core.cluster import JOBS, Cluster
from penstock_core.errors import Conflict, NotFound
from penstock_core.manifests.job import RunnerPod, execution_job
from penstock_core.observed.flow import Flow


class Found(Enum):
    """What stands under the name of a Job after a try to create it."""

    CREATED = "created"
    ALIVE = "alive"
    """It was there and may still run its pod: ours, after an answer that was lost."""
    OVER = "over"
    """It was there and starts no more pods, or is not this execution's at all."""
    GONE = "gone"
    """It was there when ours was refused, and no more a moment later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCreation:
    """What stands under the name of the Job number `attempt`."""

    found: Found
    attempt: int


async def create_job(
    cluster: Cluster, flow: Flow, execution: UUID, *, runner: RunnerPod, attempt: int = 1, tries: int = 1
) -> JobCreation:
    """Creates the Job number `attempt` or, where that is over, the next one, of `tries` at most; raises ClusterError.

    The result is OVER only where all of these are.
    """
    for number in range(attempt, attempt + tries):
        found = await _create(cluster, execution_job(flow, execution, runner=runner, attempt=number))
        if found is not Found.OVER:
            break
    return JobCreation(found=found, attempt=number)


async def _create(cluster: Cluster, job: Mapping[str, Any]) -> Found:
    namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
    try:
        await cluster.create(JOBS, namespace, job)
    except Conflict:
        try:
            standing = JOBS.parse(await cluster.get(JOBS, namespace, name))
        except NotFound:
            return Found.GONE
        execution = job["metadata"]["labels"][names.LABEL_EXECUTION]
        ours = standing.labels.get(names.LABEL_EXECUTION) == execution
        return Found.ALIVE if ours and not standing.is_over else Found.OVER
    return Found.CREATED
