"""Custody (recovery) goes on for everybody, whatever rows one tenant writes and whatever it keeps locked."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from neighbours import ACME, EVIL, FAR_OFF, Hostile, Neighbours
from penstock_core.errors import StoreContended
from penstock_core.executions.states import ExecutionState
from penstock_core.store.executions.cancelling import Cancelling
from penstock_operator.executions.recovery import RECOVERY_SECONDS

ROWS: dict[str, Hostile] = {
    "lease-minus-infinity": lambda _: "update live_executions set lease_until = '-infinity' where namespace = 'evil'",
    "lease-before-christ": lambda _: (
        "update live_executions set lease_until = '0044-03-15 12:00:00+00 BC' where namespace = 'evil'"
    ),
    "cancel-minus-infinity": lambda _: "update live_executions set cancel_at = '-infinity' where namespace = 'evil'",
    "replaced-infinity": lambda _: "update live_executions set replaced_at = 'infinity' where namespace = 'evil'",
    "another's-execution": lambda passed: f"update live_executions set id = '{passed}' where namespace = 'evil'",
    "nobody's-execution": lambda _: "delete from executions where namespace = 'evil'",
    "far-off-id": lambda _: (
        f"with moved as (update live_executions set id = '{FAR_OFF}' where namespace = 'evil')"
        f" update executions set id = '{FAR_OFF}' where namespace = 'evil'"
    ),
}
LOCKS = {
    "live": "select from live_executions where namespace = 'evil' for update",
    "execution": "select from executions where namespace = 'evil' for update",
    "execution-shared": "select from executions where namespace = 'evil' for key share",
    "step": "select from step_results where namespace = 'evil' for update",
    "uncommitted-end": "update executions set state = 'passed', ended_at = now() where namespace = 'evil'",
}


@pytest.mark.parametrize("hostile", ROWS.values(), ids=ROWS)
async def test_a_running_row_that_cannot_be_understood_is_put_aside(
    hostile: Hostile, neighbours: Neighbours, caplog: pytest.LogCaptureFixture
) -> None:
    """It is named once and counted once, nothing is done about it, and the neighbour's lost execution gets its Job."""
    passed, lost = await neighbours.passed(ACME), await neighbours.running(ACME)
    await neighbours.running(EVIL)
    await neighbours.write(hostile(passed))
    await neighbours.recover()
    named = [record.__dict__["namespace"] for record in caplog.records if "put aside" in record.message]

    assert neighbours.jobs(ACME) == [f"pex-{lost}-2"]
    assert neighbours.jobs(EVIL) == []
    assert neighbours.aside == ["expired"]
    assert named == [EVIL]
    assert await neighbours.state(passed) is ExecutionState.PASSED


@pytest.mark.parametrize("kind", ["another's-execution", "nobody's-execution", "far-off-id", "since-minus-infinity"])
async def test_a_starting_row_that_cannot_be_understood_is_put_aside(kind: str, neighbours: Neighbours) -> None:
    """It stays as it is, and the neighbour's start without a Job goes back to the queue."""
    rows = ROWS | {
        "since-minus-infinity": lambda _: (
            "update live_executions set state_since = '-infinity' where namespace = 'evil'"
        )
    }
    passed = await neighbours.passed(ACME)
    execution = await neighbours.accept(neighbours.flow(ACME), start=True)
    await neighbours.accept(neighbours.flow(EVIL), start=True)
    await neighbours.write("update live_executions set state_since = now() - interval '31 seconds'")
    await neighbours.write(rows[kind](passed))
    await neighbours.recover()

    assert await neighbours.dispatch.queued_in(namespace=ACME, flow_uid="acme-hook", limit=9) == [execution]
    assert neighbours.aside == ["starting"]
    assert await neighbours.state(passed) is ExecutionState.PASSED


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
async def test_rows_that_a_tenant_holds_are_left_to_the_next_round(lock: str, neighbours: Neighbours) -> None:
    """While the lock is held, the neighbour's execution ends with its steps; the tenant's own ends once it is free."""
    await neighbours.running(EVIL)
    await neighbours.running(ACME)
    await neighbours.write("update live_executions set job_attempt = 2, epoch = 2")
    evil, acme = [row.id for row in sorted(await neighbours.dispatch.expired(), key=lambda row: row.namespace)][::-1]
    async with neighbours.holding(lock):
        await neighbours.recover()
        assert await neighbours.state(acme) is ExecutionState.FAILED
        assert await neighbours.state(evil) is ExecutionState.RUNNING
        [step] = await neighbours.reading.steps(acme, namespace=ACME)
        assert step.status == "failed"
    await neighbours.recover()

    assert await neighbours.state(evil) is ExecutionState.FAILED
    assert neighbours.lost == ["job_gone", "job_gone"]


async def test_rows_that_a_tenant_holds_keep_no_other_from_the_queue(neighbours: Neighbours) -> None:
    """Starts without a Job go back to the queue together; one that is held is left."""
    await neighbours.accept(neighbours.flow(EVIL), start=True)
    execution = await neighbours.accept(neighbours.flow(ACME), start=True)
    await neighbours.write("update live_executions set state_since = now() - interval '31 seconds'")
    async with neighbours.holding(LOCKS["live"]):
        await neighbours.recover()
        assert await neighbours.dispatch.queued_in(namespace=ACME, flow_uid="acme-hook", limit=9) == [execution]
        assert await neighbours.dispatch.queued_in(namespace=EVIL, flow_uid="evil-hook", limit=9) == []


async def test_steps_of_another_namespace_are_no_part_of_an_execution(neighbours: Neighbours) -> None:
    """A step that a tenant has written under its neighbour's execution stays as it is when that one ends, and is not shown."""
    execution = await neighbours.running(ACME)
    await neighbours.step(execution, EVIL, path="forged/and/longer")
    async with neighbours.holding("select from step_results where namespace = 'evil' for update"):
        ended = await neighbours.dispatch.end(execution, ExecutionState.FAILED, namespace=ACME, cause="c", code="c")
    found = await neighbours.reading.execution(execution)
    [forged] = await neighbours.reading.steps(execution, namespace=EVIL)

    assert ended
    assert found is not None
    assert found.failed_step == "one"
    assert [step.path for step in await neighbours.reading.steps(execution, namespace=ACME)] == ["one"]
    assert forged.status == "running"


async def test_a_foreign_namespace_ends_cancels_and_counts_nothing(neighbours: Neighbours) -> None:
    """Every change of an execution asks for its namespace: under another it is not there."""
    execution = await neighbours.running(ACME)
    dispatch = neighbours.dispatch

    assert not await dispatch.end(execution, ExecutionState.FAILED, cause="c", code="c", namespace=EVIL)
    assert await Cancelling(neighbours.pool).cancel(execution, namespace=EVIL, requester="eve") == "not_live"
    assert not await dispatch.replaced(execution, job_attempt=2, namespace=EVIL)
    assert not await dispatch.asked_again(execution, job_attempt=1, epoch=1, namespace=EVIL)
    assert await dispatch.requeue_unstarted({execution: EVIL}, older_than_s=-1) == []
    assert await neighbours.state(execution) is ExecutionState.RUNNING


async def test_a_crowd_of_one_namespace_does_not_come_before_another(neighbours: Neighbours) -> None:
    """What seems abandoned is looked at by turns: the neighbour's is second, however many older ones a tenant has."""
    for _ in range(4):
        await neighbours.running(EVIL)
    lost = await neighbours.running(ACME)

    assert lost in [row.id for row in await neighbours.dispatch.expired()][:2]


async def test_one_that_takes_too_long_costs_its_namespace_the_round(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be done in time is tried once a round, last, and no other of its namespace: the neighbour's end first."""
    tried: list[str] = []
    end = neighbours.dispatch.end

    async def slow(execution: UUID, state: ExecutionState, *, namespace: str, **words: Any) -> bool:
        tried.append(namespace)
        if namespace == EVIL:
            raise StoreContended("canceling statement due to statement timeout")
        return await end(execution, state, namespace=namespace, **words)

    monkeypatch.setattr(neighbours.dispatch, "end", slow)
    for namespace in (EVIL, EVIL, ACME):
        await neighbours.running(namespace)
    await neighbours.write("update live_executions set job_attempt = 2, epoch = 2")
    recovery = neighbours.recovery()
    await recovery.step()
    neighbours.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
    await recovery.step()
    await neighbours.running(ACME)
    await neighbours.write("update live_executions set job_attempt = 2, epoch = 2")
    await recovery.step()

    assert sorted(tried[:2]) == [ACME, EVIL]
    assert tried[2:] == [ACME, EVIL]
