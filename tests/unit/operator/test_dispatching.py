"""What starts of all that waits: in which order, and how much at once."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from builders import flow
from execution_queue import Dispatch, Starters
from fake_cluster import FakeCluster
from penstock_core.cluster import FLOWS, JOBS
from penstock_core.executions.states import ExecutionState
from penstock_operator.executions.dispatcher import PAGE, STARTS, Dispatcher
from penstock_operator.executions.job_creation import Starter
from penstock_operator.settings import Settings
from penstock_operator.watch.inventory import Inventory

HOOK, OTHER = ("hook", "f1"), ("other", "f2")


def numbers(executions: Collection[UUID]) -> list[int]:
    return [execution.int for execution in executions]


async def test_queued_executions_start_oldest_first_up_to_the_room_there_is(
    cluster: FakeCluster, starter: Starters
) -> None:
    """The installation's limit bounds how many start, the oldest of a flow first."""
    cluster.seed(FLOWS, flow())
    dispatch = Dispatch({HOOK: [1, 2, 3]})

    assert await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=8) == 2
    assert numbers(dispatch.started) == [1, 2]
    assert len(cluster.of(JOBS)) == 2


async def test_nothing_is_asked_when_there_is_no_room(starter: Starters) -> None:
    """A full installation costs no query."""
    dispatch = Dispatch({HOOK: [1]})

    assert await Dispatcher(dispatch, starter(dispatch), max_running=5).step(live=5) == 0
    assert dispatch.asked == []


async def test_a_backlog_does_not_hold_up_others(cluster: FakeCluster, starter: Starters) -> None:
    """However much waits for one flow's only slot, another flow starts in the same round."""
    cluster.seed(FLOWS, flow(concurrency={"limit": 1, "whenFull": "queue"}))
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({HOOK: range(1, 3001), OTHER: [9999]})
    await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=0)

    assert numbers(dispatch.started) == [1, 9999]


async def test_what_one_flow_does_not_need_another_gets(cluster: FakeCluster, starter: Starters) -> None:
    """Room is shared evenly, and what a short queue leaves goes to the long one in the same round."""
    cluster.seed(FLOWS, flow())
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({HOOK: range(1, 3001), OTHER: [9998, 9999]})
    await Dispatcher(dispatch, starter(dispatch), max_running=10).step(live=0)

    assert len(dispatch.started) == 10
    assert {9998, 9999} < set(numbers(dispatch.started))


async def test_flows_take_turns_where_room_is_scarce(cluster: FakeCluster, starter: Starters) -> None:
    """With room for one a round, no flow is served twice before the others were."""
    cluster.seed(FLOWS, flow())
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({HOOK: [1, 2, 3], OTHER: [4, 5, 6]})
    dispatcher = Dispatcher(dispatch, starter(dispatch), max_running=1)
    for _ in range(4):
        await dispatcher.step(live=0)

    assert numbers(dispatch.started) == [1, 4, 2, 5]


async def test_paused_and_full_flows_stay_queued_and_do_not_hide_others(
    cluster: FakeCluster, starter: Starters
) -> None:
    """However many flows may not start, the rounds come to the one that may; what is paused stays."""
    waiting: dict[tuple[str, str], Iterable[int]] = {}
    for number in range(PAGE):
        state: dict[str, Any] = {"paused": True} if number % 2 else {"concurrency": {"limit": 1, "whenFull": "queue"}}
        cluster.seed(FLOWS, flow(f"f{number}", uid=f"a{number:04}", **state))
        waiting[(f"f{number}", f"a{number:04}")] = [number]
    cluster.seed(FLOWS, flow("other", uid="f2"))
    dispatch = Dispatch({**waiting, OTHER: [9999]}, busy={f"a{number:04}": 1 for number in range(PAGE)})
    dispatcher = Dispatcher(dispatch, starter(dispatch), max_running=10)

    assert [await dispatcher.step(live=0) for _ in range(3)] == [0, 1, 0]
    assert numbers(dispatch.started) == [9999]


async def test_executions_of_a_removed_flow_end(cluster: FakeCluster, starter: Starters) -> None:
    """What waits for a flow that is gone, or was made anew, is cancelled with the reason, so much in a round."""
    cluster.seed(FLOWS, flow(uid="another"))
    dispatch = Dispatch({HOOK: range(STARTS + 1)})
    dispatcher = Dispatcher(dispatch, starter(dispatch), max_running=10)
    await dispatcher.step(live=0)
    in_one_round = len(dispatch.ended)
    await dispatcher.step(live=0)

    assert dispatch.ended[0] == (UUID(int=0), ExecutionState.CANCELLED, "flow_removed", None)
    assert (in_one_round, len(dispatch.ended)) == (STARTS, STARTS + 1)


async def test_a_flow_of_a_namespace_that_was_not_listed_may_exist(
    cluster: FakeCluster, inventory: Inventory, settings: Settings
) -> None:
    """Where Flows could not be read, or are not watched any more, nothing is cancelled: nobody knows that they are gone."""
    dispatch = Dispatch({HOOK: [1]})
    starter = Starter(cluster, inventory, dispatch, runner=settings.runner, lost=print)
    await Dispatcher(dispatch, starter, max_running=10).step(live=0)

    assert (dispatch.started, dispatch.ended) == ([], [])
