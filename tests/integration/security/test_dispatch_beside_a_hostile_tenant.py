"""The dispatcher starts the neighbour's executions, whatever rows one tenant writes and whatever it keeps locked."""

import pytest

from neighbours import ACME, EVIL, FAR_OFF, Hostile, Neighbours
from penstock_core.cluster import FLOWS
from penstock_core.executions.states import ExecutionState

LIMIT = {"limit": 5, "whenFull": "queue"}
ROWS: dict[str, Hostile] = {
    "another's-execution": lambda passed: f"update live_executions set id = '{passed}' where namespace = 'evil'",
    "nobody's-execution": lambda _: "delete from executions where namespace = 'evil'",
    "far-off-id": lambda _: (
        f"with moved as (update live_executions set id = '{FAR_OFF}' where namespace = 'evil')"
        f" update executions set id = '{FAR_OFF}' where namespace = 'evil'"
    ),
}
LOCKS = {
    "slots": "select from flow_slots where namespace = 'evil' for update",
    "queued-row": "select from live_executions where namespace = 'evil' for update",
    "slots-that-are-being-made": (
        "with gone as (delete from flow_slots where namespace = 'evil' returning *) select from gone"
    ),
}


@pytest.mark.parametrize("hostile", ROWS.values(), ids=ROWS)
async def test_a_queued_row_that_cannot_be_understood_gets_no_job(hostile: Hostile, neighbours: Neighbours) -> None:
    """It is put aside when its turn comes; the neighbour's execution starts in the same round."""
    passed = await neighbours.passed(ACME)
    await neighbours.accept(neighbours.flow(EVIL, concurrency=LIMIT))
    execution = await neighbours.accept(neighbours.flow(ACME, concurrency=LIMIT))
    await neighbours.write(hostile(passed))
    await neighbours.dispatcher().step(live=0)

    assert neighbours.jobs(ACME) == [f"pex-{execution}"]
    assert neighbours.jobs(EVIL) == []
    assert neighbours.aside == ["queue"]
    assert await neighbours.state(passed) is ExecutionState.PASSED


async def test_a_time_that_never_comes_keeps_nobody_waiting(neighbours: Neighbours) -> None:
    """A tenant's execution that is due at the end of all times stays queued, and the neighbour's starts."""
    await neighbours.accept(neighbours.flow(EVIL))
    execution = await neighbours.accept(neighbours.flow(ACME))
    await neighbours.write("update live_executions set run_after = 'infinity' where namespace = 'evil'")

    assert await neighbours.dispatcher().step(live=0) == 1
    assert neighbours.jobs(ACME) == [f"pex-{execution}"]


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
async def test_what_a_tenant_holds_is_left_to_the_next_round(lock: str, neighbours: Neighbours) -> None:
    """While the lock is held the neighbour's execution starts; the tenant's own starts once it is free."""
    flow = neighbours.flow(EVIL, concurrency=LIMIT)
    held = await neighbours.accept(flow)
    await neighbours.write("insert into flow_slots (namespace, flow_uid) values ('evil', 'evil-hook')")
    execution = await neighbours.accept(neighbours.flow(ACME, concurrency=LIMIT))
    dispatcher = neighbours.dispatcher()
    async with neighbours.holding(lock):
        await dispatcher.step(live=0)
        assert neighbours.jobs(ACME) == [f"pex-{execution}"]
        assert neighbours.jobs(EVIL) == []
    await dispatcher.step(live=1)

    assert neighbours.jobs(EVIL) == [f"pex-{held}"]


async def test_one_wait_for_a_namespace_is_enough(neighbours: Neighbours, caplog: pytest.LogCaptureFixture) -> None:
    """Slots that a tenant is just inserting, for many flows, cost the round one time-out, and the neighbour starts."""
    names = [f"hook{number}" for number in range(5)]
    for name in names:
        await neighbours.accept(neighbours.flow(EVIL, name=name, concurrency=LIMIT))
    execution = await neighbours.accept(neighbours.flow(ACME, concurrency=LIMIT))
    made = ", ".join(f"('evil', 'evil-{name}')" for name in names)
    async with neighbours.holding(f"insert into flow_slots (namespace, flow_uid) values {made}"):
        await neighbours.dispatcher().step(live=0)
        assert neighbours.jobs(ACME) == [f"pex-{execution}"]

    assert [record.message for record in caplog.records].count("slots of a flow are locked") == 1


async def test_what_waits_for_a_removed_flow_and_is_held_is_left(neighbours: Neighbours) -> None:
    """A tenant's orphans that it keeps locked are not ended, the neighbour's are, and others start."""
    for namespace in (EVIL, ACME):
        await neighbours.accept(neighbours.flow(namespace))
    await neighbours.write("update live_executions set flow_uid = flow_uid || '-removed'")
    with neighbours.inventory.listing(FLOWS, None) as listing:
        neighbours.inventory.replace(listing, [])
    execution = await neighbours.accept(neighbours.flow(ACME))
    async with neighbours.holding("select from live_executions where namespace = 'evil' for update"):
        await neighbours.dispatcher().step(live=0)

    assert neighbours.jobs(ACME) == [f"pex-{execution}"]
    assert await neighbours.dispatch.queued_in(namespace=EVIL, flow_uid="evil-hook-removed", limit=9) != []
    assert await neighbours.dispatch.queued_in(namespace=ACME, flow_uid="acme-hook-removed", limit=9) == []


async def test_a_crowd_of_flows_that_nobody_made_is_passed_by(neighbours: Neighbours) -> None:
    """Thousands of flows that a tenant has made up, and that come first, cost one round; the neighbour starts in the next."""
    await neighbours.accept(neighbours.flow("abyss"))
    await neighbours.write(
        "insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state)"
        " select gen_random_uuid(), 'abyss', 'i', 'u', 'f', 'made-up-' || n, 'queued' from generate_series(1, 5000) n"
    )
    execution = await neighbours.accept(neighbours.flow(ACME))
    dispatcher = neighbours.dispatcher()
    for _ in range(2):
        await dispatcher.step(live=0)

    assert neighbours.jobs(ACME) == [f"pex-{execution}"]
