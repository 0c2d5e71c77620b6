"""The release's bound on what runs, as a gateway sees it."""

import asyncio

from penstock_gateway.acceptance.load import Load


class Counts:
    """What the database would count."""

    def __init__(self, running: int) -> None:
        self.running = running

    async def __call__(self) -> int:
        return self.running


def test_what_runs_takes_room() -> None:
    """Only what the bound leaves may start."""
    load = Load(Counts(running=2), max_running=3)
    asyncio.run(load.recount())

    assert [load.take(), load.take()] == [True, False]


def test_what_was_started_since_the_count_takes_room() -> None:
    """Between two counts a gateway knows what it has started itself; the next count has it."""
    counts = Counts(running=0)
    load = Load(counts, max_running=2)

    assert [load.take(), load.take(), load.take()] == [True, True, False]
    counts.running = 1
    asyncio.run(load.recount())
    assert [load.take(), load.take()] == [True, False]
