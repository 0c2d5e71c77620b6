"""What a try to create an execution's Job tells, whoever was there before."""

from typing import Any

import pytest

import builders
from penstock_core import names, uuid7
from penstock_core.errors import Conflict, NotFound
from penstock_core.job_creation import Found, JobCreation, create_job
from penstock_core.manifests.job import RunnerPod
from penstock_core.observed.flow import Flow

EXECUTION = uuid7.new()
FLOW = Flow.parse(builders.flow())
RUNNER = RunnerPod(image="runner:1", pull_policy="Never", release="system.penstock", release_name="penstock")
ALIVE: dict[str, Any] = {"metadata": {"labels": {names.LABEL_EXECUTION: str(EXECUTION)}}}
OVER: dict[str, Any] = {**ALIVE, "status": {"conditions": [{"type": "FailureTarget", "status": "True"}]}}
STRANGE: dict[str, Any] = {"metadata": {"labels": {names.LABEL_EXECUTION: str(uuid7.new())}}}


class Cluster:
    """Jobs by name; one that is None is there while another is created, and gone when it is asked for."""

    def __init__(self, jobs: dict[str, dict[str, Any] | None]) -> None:
        self.jobs = jobs

    async def create(self, _: object, __: str, body: dict[str, Any]) -> None:
        if body["metadata"]["name"] in self.jobs:
            raise Conflict("exists", status=409)

    async def get(self, _: object, __: str, name: str) -> dict[str, Any]:
        found = self.jobs[name]
        if found is None:
            raise NotFound(name)
        return found


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ([], JobCreation(found=Found.CREATED, attempt=1)),
        ([ALIVE], JobCreation(found=Found.ALIVE, attempt=1)),
        ([None], JobCreation(found=Found.GONE, attempt=1)),
        ([OVER], JobCreation(found=Found.CREATED, attempt=2)),
        ([STRANGE], JobCreation(found=Found.CREATED, attempt=2)),
        ([OVER, ALIVE], JobCreation(found=Found.ALIVE, attempt=2)),
        ([OVER, OVER], JobCreation(found=Found.OVER, attempt=2)),
    ],
)
async def test_the_next_name_is_tried_only_where_a_job_is_over_or_strange(
    standing: list[dict[str, Any] | None], expected: JobCreation
) -> None:
    """A Job that lives is ours, after an answer that was lost; one that starts no more pods, or is not, gives way to the next."""
    cluster: Any = Cluster({names.job(EXECUTION, number): job for number, job in enumerate(standing, start=1)})

    assert await create_job(cluster, FLOW, EXECUTION, runner=RUNNER, tries=2) == expected
