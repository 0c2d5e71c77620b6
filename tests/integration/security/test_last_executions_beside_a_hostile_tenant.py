"""What Flows show of their last execution is the neighbour's own, whatever one tenant writes."""

import pytest

from neighbours import ACME, EVIL, FAR_OFF, Hostile, Neighbours
from penstock_core.store.flows.statistics import Statistics

ROWS: dict[str, Hostile] = {
    "ended-infinity": lambda _: "update executions set ended_at = 'infinity' where namespace = 'evil'",
    "started-before-christ": lambda _: (
        "update executions set started_at = '0044-03-15 12:00:00+00 BC' where namespace = 'evil'"
    ),
}


@pytest.mark.parametrize("hostile", ROWS.values(), ids=ROWS)
async def test_an_end_that_cannot_be_understood_is_put_aside(hostile: Hostile, neighbours: Neighbours) -> None:
    """The neighbour's Flow shows its execution; the hostile mark is settled, so that it comes once."""
    await neighbours.passed(EVIL)
    passed = await neighbours.passed(ACME)
    await neighbours.write(hostile(passed))
    runs = neighbours.last_runs()
    await runs.step()

    assert neighbours.shown(ACME) == str(passed)
    assert neighbours.shown(EVIL) is None
    assert neighbours.aside == ["last-executions"]
    assert (await Statistics(neighbours.pool).changes(kept=[passed])).marks == ()


async def test_a_mark_that_names_anothers_flow_hides_nothing(neighbours: Neighbours) -> None:
    """A newer execution of a tenant that claims to be of the neighbour's flow does not take its place."""
    passed = await neighbours.passed(ACME)
    forged = await neighbours.passed(EVIL)
    await neighbours.write("update executions set flow_uid = 'acme-hook' where namespace = 'evil'")
    await neighbours.write("update ended_executions set flow_uid = 'acme-hook' where namespace = 'evil'")
    await neighbours.last_runs().step()

    assert forged > passed
    assert neighbours.shown(ACME) == str(passed)


async def test_rows_that_name_anothers_execution_show_nothing(neighbours: Neighbours) -> None:
    """Neither a tenant's mark nor its running row leads to an execution of the neighbour's."""
    passed = await neighbours.passed(ACME)
    await neighbours.write("delete from ended_executions")
    await neighbours.running(EVIL)
    await neighbours.write(f"update live_executions set id = '{passed}', state_since = now() where namespace = 'evil'")
    await neighbours.write(
        f"insert into ended_executions (id, namespace, flow_uid, state) values ('{passed}', 'evil', 'x', 'passed')"
    )

    assert (await Statistics(neighbours.pool).changes()).last == ()


async def test_an_id_of_the_year_8000_is_nobodys_newest(neighbours: Neighbours) -> None:
    """It does not stand before what its own flow runs from now on, either."""
    await neighbours.passed(EVIL)
    await neighbours.write(f"update executions set id = '{FAR_OFF}' where namespace = 'evil'")
    await neighbours.write(f"update ended_executions set id = '{FAR_OFF}' where namespace = 'evil'")
    passed = await neighbours.passed(EVIL)
    await neighbours.last_runs().step()

    assert neighbours.shown(EVIL) == str(passed)
