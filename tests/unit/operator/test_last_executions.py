"""A flow's last execution in its status: how often it is written, and what it shows."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from builders import flow, last_execution
from fake_cluster import FakeCluster
from operator_stand import Clock
from penstock_core.cluster import FLOWS
from penstock_core.executions.states import ExecutionState
from penstock_core.store.flows import statistics
from penstock_core.store.flows.model import FlowChange, LastExecution
from penstock_operator.executions.last_executions import LastRuns, entry
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


async def test_the_same_state_is_written_seldom(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns], seconds: list[float]
) -> None:
    """A flow whose executions all end alike is written every 30 s, and an unchanged one not at all."""
    cluster.seed(FLOWS, flow())
    statistics = Statistics(last_execution(1))
    published = runs(statistics)
    written = [await published.step()]
    second = statistics.ended[2] = last_execution(2)
    for after in (2.0, 27.0, 2.0, 31.0):
        seconds[0] += after
        written.append(await published.step())

    assert written == [1, 0, 0, 1, 0]
    assert cluster.of(FLOWS)["acme-orders.hook"]["status"]["lastExecution"]["id"] == str(second.id)
    assert statistics.ended == {}


async def test_another_state_is_written_at_once(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns], seconds: list[float]
) -> None:
    """What passed, runs and failed is seen by the next step but one, with the error and its step, which go with it."""
    cluster.seed(FLOWS, flow())
    statistics = Statistics(last_execution(1))
    published = runs(statistics)
    shown, written = [], [await published.step()]
    running = last_execution(2, ExecutionState.RUNNING)
    failed = replace(running, state=ExecutionState.FAILED, error_code="http_status", failed_step="each/0/push")
    for mark, one in enumerate((running, failed, last_execution(3)), 2):
        statistics.ended[mark] = one
        seconds[0] += 1
        written.append(await published.step())
        last = cluster.of(FLOWS)["acme-orders.hook"]["status"]["lastExecution"]
        shown.append((last["state"], last.get("error"), last.get("failedStep")))

    assert written == [1, 1, 1, 1]
    assert shown == [("running", None, None), ("failed", "http_status", "each/0/push"), ("passed", None, None)]


@pytest.mark.parametrize(
    ("code", "shown"),
    [("http_status", "http_status"), (None, None), ("", None), ("x" * 64, None), ("\x1b[2J", None), ("a b", None)],
)
def test_only_codes_are_shown_as_codes(code: str | None, shown: str | None) -> None:
    """A row may hold any text: what is no code of Penstock's form is left out."""
    assert entry(last_execution(1, ExecutionState.FAILED, error_code=code)).get("error") == shown


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


async def test_a_burst_of_flows_is_spread(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns], seconds: list[float]
) -> None:
    """Twenty Flows are written in one step, sixty of a burst, and five a second in the long run."""
    for number in range(90):
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"f{number}"))
    statistics = Statistics()
    statistics.last = [last_execution(1, flow=f"f{number}", flow_uid=f"f{number}") for number in range(90)]
    published = runs(statistics)
    written = []
    for _ in range(8):
        written.append(await published.step())
        seconds[0] += 1

    assert written == [20, 20, 20, 15, 5, 5, 5, 0]


async def test_a_namespace_of_many_changes_holds_up_no_other(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns]
) -> None:
    """Namespaces take turns: the one flow of a quiet one is in the first step."""
    many = [last_execution(1, flow=f"f{number}", flow_uid=f"f{number}") for number in range(90)]
    for one in many:
        cluster.seed(FLOWS, flow(one.flow, uid=one.flow_uid))
    cluster.seed(FLOWS, flow(uid="quiet", namespace="globex"))
    statistics = Statistics()
    statistics.last = [*many, last_execution(2, flow_uid="quiet", namespace="globex")]
    await runs(statistics).step()

    assert "status" in cluster.objects[FLOWS.plural, "globex", "acme-orders.hook"]


async def test_an_older_execution_does_not_replace_a_newer_one(
    cluster: FakeCluster, runs: Callable[[Statistics], LastRuns]
) -> None:
    """What is shown never goes back in time."""
    newer = last_execution(10)
    cluster.seed(FLOWS, flow() | {"status": {"lastExecution": {"id": str(newer.id), "state": "passed"}}})

    assert await runs(Statistics(last_execution(5, ExecutionState.FAILED))).step() == 0
