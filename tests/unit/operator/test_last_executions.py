"""A flow's last execution in its status: how often it is written, and what it shows."""

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

import pytest

from builders import flow, last_execution
from fake_cluster import FakeCluster
from operator_stand import Clock
from penstock_core.cluster import FLOWS
from penstock_core.states import ExecutionState
from penstock_core.store.flows import statistics
from penstock_core.store.flows.model import FlowChange, LastExecution
from penstock_operator.executions.last_executions import LastRuns
from penstock_operator.objects.reporter import Reporter
from penstock_operator.watch.inventory import Inventory


class Statistics(statistics.Statistics):
    """What ended, by mark; what began or is named without a mark comes each time."""

    def __init__(self, *ended: LastExecution) -> None:
        self.last: Sequence[LastExecution] = ()
        self.ended = dict(enumerate(ended, 1))

    async def changes(self, *, kept: Collection[UUID] = (), limit: int = 1000, lookback_s: float = 60.0) -> FlowChange:
        read = {mark: one for mark, one in self.ended.items() if one.id not in kept}
        newest = {one.flow_uid: one for one in sorted([*read.values(), *self.last], key=lambda one: one.id)}
        return FlowChange(last=tuple(newest.values()), marks=tuple(read))

    async def settle(self, marks: Sequence[int], *, kept: Collection[UUID] = ()) -> None:
        self.ended = {mark: one for mark, one in self.ended.items() if mark not in marks or one.id in kept}


@pytest.fixture
def seconds() -> list[float]:
    """The time in seconds, in a list, for a test to move."""
    return [1000.0]


@pytest.fixture
def runs(
    cluster: FakeCluster, inventory: Inventory, clock: Clock, seconds: list[float]
) -> Callable[[Statistics], LastRuns]:
    """LastRuns over given statistics; each is a process of its own."""
    reporter = Reporter(cluster, inventory, clock=clock)
    return lambda statistics: LastRuns(statistics, inventory, reporter, monotonic=lambda: seconds[0])


async def test_last_runs_are_written_seldom_and_only_when_changed(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns], seconds: list[float]
) -> None:
    """A flow's status follows its executions at most every 30 s, and an unchanged one is not written."""
    cluster.seed(FLOWS, flow())
    statistics = Statistics(last_execution(1))
    published = runs(statistics)
    written = [await published.step()]
    statistics.ended[2] = last_execution(2, ExecutionState.FAILED)
    written.append(await published.step())
    seconds[0] += 31
    written += [await published.step(), await published.step()]

    assert written == [1, 0, 1, 0]
    assert cluster.of(FLOWS)["acme-orders.hook"]["status"]["lastExecution"]["state"] == "failed"
    assert statistics.ended == {}


async def test_what_ended_is_settled_though_flows_wait_for_their_turn(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns]
) -> None:
    """However many executions end, what is kept of each flow is the newest, and for one round the one before."""
    for number in range(40):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics()
    published = runs(statistics)
    kept = []
    for second in range(20):
        ended = [last_execution(1 + second, flow=f"f{number}", flow_uid=f"f{number}") for number in range(40)]
        statistics.ended |= {second * 40 + number: one for number, one in enumerate(ended)}
        await published.step()
        kept.append(len(statistics.ended))

    await published.step()

    assert max(kept) <= 2 * 40
    assert len(statistics.ended) <= 40


async def test_what_waits_to_be_published_outlives_a_restart(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns]
) -> None:
    """A process that goes on in another's place publishes what that one had read."""
    for number in range(8):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics(*(last_execution(1, flow=f"f{number}", flow_uid=f"f{number}") for number in range(8)))
    await runs(statistics).step()
    await runs(statistics).step()

    assert [name for name, item in cluster.of(FLOWS).items() if "status" not in item] == []


async def test_a_burst_of_flows_is_spread(cluster: FakeCluster, runs: Callable[[Statistics], LastRuns]) -> None:
    """No more than five Flows are written in one step."""
    for number in range(12):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics()
    statistics.last = [last_execution(1, flow=f"f{number}", flow_uid=f"f{number}") for number in range(12)]
    published = runs(statistics)

    assert [await published.step() for _ in range(4)] == [5, 5, 2, 0]


async def test_an_older_execution_does_not_replace_a_newer_one(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns]
) -> None:
    """What is shown never goes back in time."""
    newer = last_execution(10)
    cluster.seed(FLOWS, flow() | {"status": {"lastExecution": {"id": str(newer.id), "state": "passed"}}})

    assert await runs(Statistics(last_execution(5, ExecutionState.FAILED))).step() == 0
