"""What one namespace may have of what there is little of, and who gets what is given back."""

import asyncio
import contextlib

import pytest

from penstock_gateway.shares import Pace, Shares


def test_one_namespace_never_takes_all() -> None:
    """Half of what the others leave: whoever comes next finds a place."""
    shares = Shares(100)

    assert shares.take("a", 50)
    assert not shares.take("a", 1)
    assert shares.take("b", 25)
    assert not shares.take("b", 1)
    assert shares.take("c", 12)
    assert shares.held == 87


def test_the_largest_thing_fits_as_long_as_there_is_room() -> None:
    """Also where it is more than half of what is left, and never beyond the whole."""
    shares = Shares(100, largest=40)

    assert [shares.take(namespace, 40) for namespace in "abc"] == [True, True, False]
    assert shares.take("c", 10)
    shares.give("a", 40)
    assert not shares.take("b", 6)
    assert shares.take("c", 20)


async def test_who_waits_is_served_in_turn() -> None:
    """Each namespace has one of what is given back, however many of another wait; within one the first is first."""
    shares = Shares(2)
    assert shares.take("x", 1)
    assert shares.take("y", 1)
    order: list[str] = []

    async def wait(name: str) -> None:
        await shares.wait(name[0], 1, within=5)
        order.append(name)
        shares.give(name[0], 1)

    waiting = [asyncio.create_task(wait(name)) for name in ("a1", "a2", "a3", "b1")]
    await asyncio.sleep(0)
    shares.give("x", 1)
    await asyncio.gather(*waiting)

    assert order == ["a1", "b1", "a2", "a3"]
    assert shares.held == 1


async def test_room_that_is_given_back_is_for_all_whom_it_fits() -> None:
    """One large thing that ends lets several small ones in at once, also of one namespace."""
    shares = Shares(8, largest=8)
    await shares.wait("a", 8, within=1)
    waiting = [asyncio.create_task(shares.wait(namespace, 1, within=60)) for namespace in "bbbbc"]
    await asyncio.sleep(0)
    shares.give("a", 8)
    await asyncio.wait_for(asyncio.gather(*waiting), 1)

    assert shares.held == 5


async def test_who_gives_up_keeps_nothing() -> None:
    """Neither a time-out nor a cancellation loses a place or stops the line, whenever it comes."""
    shares = Shares(1)
    assert shares.take("x", 1)
    with pytest.raises(TimeoutError):
        await shares.wait("a", 1, within=0.01)
    gone = asyncio.create_task(shares.wait("a", 1, within=5))
    served = asyncio.create_task(shares.wait("a", 1, within=5))
    late = asyncio.create_task(shares.wait("b", 1, within=5))
    await asyncio.sleep(0)
    gone.cancel()
    shares.give("x", 1)
    with contextlib.suppress(asyncio.CancelledError):
        await gone
    late.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await late
    await asyncio.wait_for(served, 5)
    shares.give("a", 1)

    assert shares.held == 0
    assert shares.take("c", 1)


def test_pace() -> None:
    """Nothing has the time of grace, what has come gives more, and the whole has an end."""
    pace = Pace(bytes_per_second=10, grace_seconds=5, seconds=30)

    assert [pace.deadline(done) for done in (0, 100, 1_000)] == [5, 15, 30]
