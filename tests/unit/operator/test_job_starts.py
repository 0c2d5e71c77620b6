"""Jobs that are made for executions: once each, and what becomes of one that the API server does not take."""

from uuid import UUID

from builders import flow
from execution_queue import Dispatch, Starters
from fake_cluster import FakeCluster
from penstock_core.cluster import FLOWS, JOBS
from penstock_core.errors import ClusterError, ClusterUnavailable
from penstock_core.executions.states import ExecutionState


async def test_a_job_that_exists_and_lives_is_not_made_twice(cluster: FakeCluster, starter: Starters) -> None:
    """A name that is taken by a live Job means that it was created before."""
    item = cluster.seed(FLOWS, flow())
    dispatch = Dispatch()
    assert await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))
    assert await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))

    assert len(cluster.of(JOBS)) == 1
    assert dispatch.replacements == []


async def test_a_name_taken_by_a_finished_job_is_passed_over(cluster: FakeCluster, starter: Starters) -> None:
    """A finished Job of the same name does not count: the next name is used, and counted."""
    item = cluster.seed(FLOWS, flow())
    dispatch = Dispatch()
    await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))
    job = cluster.of(JOBS)[f"pex-{UUID(int=1)}"]
    cluster.seed(JOBS, {**job, "status": {"conditions": [{"type": "Complete", "status": "True"}]}})
    await starter(dispatch).start(FLOWS.parse(item), UUID(int=1))

    assert sorted(cluster.of(JOBS)) == [f"pex-{UUID(int=1)}", f"pex-{UUID(int=1)}-2"]
    assert dispatch.replacements == [2]


async def test_an_api_server_that_refuses_is_no_failure_of_the_round(cluster: FakeCluster, starter: Starters) -> None:
    """A Job that cannot be created now is left to the requeue."""
    cluster.failures[("create", "jobs")] = ClusterUnavailable("quota")
    dispatch = Dispatch()

    assert not await starter(dispatch).start(FLOWS.parse(flow()), UUID(int=1))


async def test_a_job_that_is_invalid_ends_its_execution(
    cluster: FakeCluster, starter: Starters, lost: list[str]
) -> None:
    """What the API server will never take is not tried for ever: it fails with the server's words."""
    cluster.failures[("create", "jobs")] = ClusterError("memory: must be less than the limit", status=422)
    dispatch = Dispatch()

    assert not await starter(dispatch).start(FLOWS.parse(flow()), UUID(int=1), epoch=2)
    assert dispatch.ended == [(UUID(int=1), ExecutionState.FAILED, "job_refused", 2)]
    assert lost == ["job_refused"]


async def test_a_job_that_is_refused_for_now_stays(cluster: FakeCluster, starter: Starters) -> None:
    """A quota or an admission policy may let it pass later."""
    cluster.failures[("create", "jobs")] = ClusterError("exceeded quota", status=403)
    dispatch = Dispatch()

    assert not await starter(dispatch).start(FLOWS.parse(flow()), UUID(int=1))
    assert dispatch.ended == []
