"""Missed ticks: those without a row, outside of pauses, the newest alone where they are many."""

from datetime import UTC, datetime, timedelta

from executions import flow_identity
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.flows.schedules import Schedules

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FLOW = flow_identity(flow="poll", flow_uid="uid-poll")
PAUSES = {"namespace": FLOW.namespace, "flow_uid": FLOW.flow_uid}


def ticks(count: int) -> list[datetime]:
    """Minutes from noon on."""
    return [NOON + timedelta(minutes=number) for number in range(count)]


async def stored(pool: Pool) -> list[str]:
    """What the recorded ticks say, oldest first."""
    found = await Database(pool).rows("select error_message from executions where error_code = 'missed' order by 1")
    return [row["error_message"] for row in found]


async def test_of_very_many_ticks_the_newest_are_recorded(pool: Pool) -> None:
    """All that had no row are told, and as many as fit into a list are stored."""
    missed = await Schedules(pool).record_missed(FLOW, ticks(8640))

    assert missed == ticks(8640)
    messages = await stored(pool)
    assert len(messages) == 100
    assert "2026-03-07T10:20:00Z" in messages[0]


async def test_old_ticks_that_ran_do_not_hide_those_that_did_not(pool: Pool) -> None:
    """The bound counts ticks without a row: one that is missing among many that ran is found."""
    schedules = Schedules(pool)
    await schedules.record_missed(FLOW, [tick for tick in ticks(300) if tick != NOON], most=1000)

    assert await schedules.record_missed(FLOW, ticks(300)) == [NOON]


async def test_ticks_in_a_pause_are_not_missed(pool: Pool) -> None:
    """A pause counts from its beginning to before its end, an open one for ever; other flows' pauses count for nothing."""
    schedules = Schedules(pool)
    await schedules.pause(**PAUSES, at=ticks(2)[1])
    await schedules.unpause(**PAUSES, at=ticks(4)[3])
    await schedules.pause(**PAUSES, at=ticks(6)[5])
    await schedules.pause(namespace="beta", flow_uid="uid-poll", at=NOON)
    await schedules.pause(namespace="acme", flow_uid="another", at=NOON)

    assert await schedules.record_missed(FLOW, ticks(8)) == [ticks(5)[number] for number in (0, 3, 4)]
