"""Loops that survive their steps, and how one that hangs is noticed."""

import asyncio
from datetime import timedelta

from penstock_core.errors import StoreContended, StoreUnavailable
from penstock_operator.control.loops import Pulse, every


async def test_a_failing_step_is_followed_by_the_next() -> None:
    """A loop survives its steps, and says when the database was away."""
    steps, done = 0, asyncio.Event()
    away: list[int] = []

    async def step() -> None:
        nonlocal steps
        steps += 1
        if steps == 1:
            raise StoreUnavailable("restarting")
        if steps == 2:
            raise ValueError("defect")
        done.set()

    pulse = Pulse()
    task = asyncio.create_task(every(0, "test", step, pulse=pulse, store_away=lambda: away.append(1)))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    await asyncio.wait({task})

    assert steps >= 3
    assert away == [1]
    assert pulse.silent() == {}


async def test_a_lock_does_not_mean_that_the_database_is_away() -> None:
    """What one statement did not get in time gives no runner more time: a tenant could hold up everybody by it."""
    done = asyncio.Event()
    away: list[int] = []
    steps = iter([StoreContended("locked")])

    async def step() -> None:
        for error in steps:
            raise error
        done.set()

    task = asyncio.create_task(every(0, "test", step, pulse=Pulse(), store_away=lambda: away.append(1)))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    await asyncio.wait({task})

    assert away == []


def test_a_silent_loop_is_noticed() -> None:
    """A loop that does not come back within its time is silent."""
    now = [0.0]
    pulse = Pulse(monotonic=lambda: now[0])
    pulse.beat("recovery", within=10)
    now[0] = timedelta(seconds=11).total_seconds()

    assert pulse.silent() == {"recovery": 11.0}
