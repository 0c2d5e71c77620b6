"""The queue that makes reconciliation level-triggered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Never

import pytest

from penstock_core.backoff import Backoff
from penstock_operator.control.work_queue import RETRY, WorkQueue
from penstock_operator.errors import NotYet

SOON = Backoff(first=0.01, longest=60.0)


@asynccontextmanager
async def running(work: Callable[[str], Awaitable[None]], **options: Any) -> AsyncIterator[WorkQueue[str]]:
    queue = WorkQueue("test", work, **options)
    task = asyncio.create_task(queue.run())
    try:
        async with asyncio.timeout(10):
            yield queue
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_key_asked_for_often_is_worked_on_once() -> None:
    """Requests for a key that waits already are one."""
    done = asyncio.Event()
    seen: list[str] = []

    async def work(key: str) -> None:
        seen.append(key)
        done.set()

    queue = WorkQueue("test", work)
    for _ in range(5):
        queue.add("a")
    task = asyncio.create_task(queue.run())
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    await asyncio.wait({task})

    assert seen == ["a"]


async def test_a_key_asked_for_during_its_work_is_worked_on_again_afterwards() -> None:
    """A change during a reconciliation is not lost, and never handled at the same time."""
    active, most, count = 0, 0, 0
    twice = asyncio.Event()

    async def work(key: str) -> None:
        nonlocal active, most, count
        active += 1
        most, count = max(most, active), count + 1
        if count == 1:
            queue.add(key)
            await asyncio.sleep(0)
        active -= 1
        if count == 2:
            twice.set()

    async with running(work, workers=4) as queue:
        queue.add("a")
        await twice.wait()

    assert (most, count) == (1, 2)


async def test_a_failing_key_does_not_stop_the_others() -> None:
    """One bad object is retried with back-off while the others are worked on."""
    tries, good = 0, asyncio.Event()
    repaired = asyncio.Event()

    async def work(key: str) -> None:
        nonlocal tries
        if key == "good":
            good.set()
            return
        tries += 1
        if tries < 3:
            raise ValueError("broken")
        repaired.set()

    async with running(work, workers=1, retry=SOON) as queue:
        queue.add("bad")
        queue.add("good")
        await good.wait()
        await repaired.wait()

    assert tries == 3


async def test_waiting_is_no_failure() -> None:
    """A reconciliation that waits names its own delay, and is tried again after it."""
    tries, done = 0, asyncio.Event()
    results: list[bool] = []

    async def work(key: str) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise NotYet("not there", seconds=0.01)
        done.set()

    async with running(work, on_end=lambda name, succeeded, seconds: results.append(succeeded)) as queue:
        queue.add("a")
        await done.wait()

    assert tries == 2
    assert results[0] is False


async def test_the_earlier_of_two_delays_counts() -> None:
    """A delayed key that is asked for sooner is worked on sooner, once."""
    done = asyncio.Event()
    seen: list[str] = []

    async def work(key: str) -> None:
        seen.append(key)
        done.set()

    async with running(work) as queue:
        queue.add("a", after=60)
        queue.add("a", after=0.01)
        queue.add("a", after=30)
        await done.wait()

    assert seen == ["a"]


@pytest.mark.parametrize("failures", [1, 2, 5, 8, 1000])
def test_delays_grow_to_a_bound(failures: int) -> None:
    """Retries slow down, but never below once a minute."""
    base = min(0.5 * 2 ** (min(failures, 16) - 1), 60.0)

    assert RETRY.delay(failures) == base
    assert RETRY.delay(failures, chance=1.0) == pytest.approx(base * 0.8)


async def test_a_failing_key_is_not_tried_in_a_hot_loop() -> None:
    """Events about a key that just failed do not defeat its back-off."""
    tries, failed = 0, asyncio.Event()

    async def work(key: str) -> Never:
        nonlocal tries
        tries += 1
        failed.set()
        raise ValueError("broken")

    async with running(work) as queue:
        queue.add("a")
        await failed.wait()
        await asyncio.sleep(0)
        for _ in range(50):
            queue.add("a")
            await asyncio.sleep(0)

        assert tries == 1
        assert len(queue) == 0


async def test_work_that_hangs_is_broken_off() -> None:
    """A database that vanished without a word does not hold the workers for ever: the key counts as failed."""
    tries, others = 0, asyncio.Event()

    async def work(key: str) -> None:
        nonlocal tries
        if key == "good":
            others.set()
            return
        tries += 1
        await asyncio.Event().wait()

    results: list[bool] = []
    async with running(
        work, workers=1, limit=0.01, retry=SOON, on_end=lambda _, good, seconds: results.append(good)
    ) as queue:
        queue.add("hangs")
        queue.add("good")
        await others.wait()

    assert tries >= 1
    assert results[0] is False
