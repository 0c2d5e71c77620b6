"""Missed ticks of the neighbour are recorded while one tenant keeps its own locked."""

from datetime import timedelta

from neighbours import ACME, EVIL, Neighbours
from penstock_core.store.executions.ticks import tick_key
from penstock_operator.schedules.missed_ticks import SETTLED

SCHEDULE = {"cron": "* * * * *", "timeZone": "Etc/UTC", "overlap": "skip"}


async def recorded(neighbours: Neighbours, namespace: str) -> int:
    """How many ticks of a namespace have an execution."""
    async with neighbours.pool.connection() as connection:
        found = await connection.execute(
            "select count(*) as count from executions where namespace = %s and error_code = 'missed'", [namespace]
        )
        [row] = await found.fetchall()
    return int(row["count"])


async def test_keys_that_a_tenant_is_inserting_keep_no_other_schedule(neighbours: Neighbours) -> None:
    """Its own ticks wait for the next round, and of its many flows one time-out is spent; the neighbour's are recorded."""
    for namespace, name in ((EVIL, "a"), (EVIL, "b"), (ACME, "hook")):
        neighbours.flow(namespace, name=name, schedule=SCHEDULE)
    tick = (neighbours.clock() - SETTLED - timedelta(minutes=2)).replace(second=0, microsecond=0)
    key = tick_key(tick).digest.hex()
    keys = ", ".join(
        f"('evil', 'evil-{name}', 'tick', '\\x{key}', gen_random_uuid(), '', now() + interval '1 day')" for name in "ab"
    )
    insert = (
        "insert into idempotency_keys (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)"
    )
    ticks = neighbours.ticks()
    async with neighbours.holding(f"{insert} values {keys}"):
        await ticks.step()
        assert await recorded(neighbours, ACME) >= 70
        assert await recorded(neighbours, EVIL) == 0
    await ticks.step()

    assert await recorded(neighbours, EVIL) >= 2 * 70
