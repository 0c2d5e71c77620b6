"""What bodies may take of memory and time, and of what others may have."""

import asyncio
import zlib
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from penstock_gateway.asgi import Receive
from penstock_gateway.problems import Problem
from penstock_gateway.shares import Pace
from penstock_gateway.webhooks.decoding import decode
from penstock_gateway.webhooks.intake import PACE, SMALL_BYTES, Body, Intake

LARGE = SMALL_BYTES + 1
NO_GRACE = Pace(bytes_per_second=1, grace_seconds=0.05, seconds=30)


def sending(size: int, *, piece: int = SMALL_BYTES) -> Receive:
    left = size

    async def receive() -> MutableMapping[str, Any]:
        nonlocal left
        chunk = min(piece, left)
        left -= chunk
        return {"type": "http.request", "body": b"x" * chunk, "more_body": left > 0}

    return receive


def intake(*, body_limit: int = LARGE, large: int = 4, **more: Any) -> Intake:
    """With room for so many large bodies."""
    return Intake(body_limit=body_limit, total_limit=large * LARGE * 4 // 3 + 3, place_seconds=0.01, **more)


async def read(taking: Intake, size: int, *, namespace: str = "a", piece: int = SMALL_BYTES) -> Body:
    return await taking.read(sending(size, piece=piece), namespace=namespace)


async def fails(taking: Intake, size: int, *, namespace: str = "a") -> str:
    with pytest.raises(Problem) as caught:
        await read(taking, size, namespace=namespace)
    assert ("connection", "close") in caught.value.headers
    return caught.value.kind.slug


async def test_large_bodies_leave_room_for_small_ones() -> None:
    """When large bodies have used up their share, the next is refused and a small one is not."""
    taking = intake()
    for _ in range(2):
        await read(taking, LARGE)

    assert await fails(taking, LARGE) == "overloaded"
    assert len((await read(taking, SMALL_BYTES)).raw) == SMALL_BYTES


@pytest.mark.parametrize("size", [SMALL_BYTES, LARGE])
async def test_bodies_of_one_namespace_leave_room_for_others(size: int) -> None:
    """Whatever one namespace sends, another has a place, and so has a third."""
    taking = intake(large=32)
    refused = ""
    while not refused:
        try:
            await read(taking, size)
        except Problem as problem:
            refused = problem.kind.slug

    assert refused == "overloaded"
    for namespace in ("b", "c"):
        assert len((await read(taking, size, namespace=namespace)).raw) == size


async def test_a_large_body_waits_for_a_place() -> None:
    """A burst is taken one after the other, and nothing of what waits is read."""
    taking = Intake(body_limit=LARGE, total_limit=LARGE, place_seconds=5)
    first = await read(taking, LARGE)
    begun = asyncio.Event()
    receive = sending(LARGE)

    async def noticed() -> MutableMapping[str, Any]:
        begun.set()
        return await receive()

    second = asyncio.create_task(taking.read(noticed, namespace="b", length=LARGE))
    await asyncio.sleep(0)
    assert not begun.is_set()
    first.release()

    assert len((await second).raw) == LARGE


@pytest.mark.parametrize("piece", [1_000, SMALL_BYTES, LARGE])
@pytest.mark.parametrize("size", [1_000, SMALL_BYTES, LARGE])
async def test_release_counts_out_what_was_counted_in(size: int, piece: int) -> None:
    """Whatever the pieces that a body came in, nothing of it stays counted."""
    taking = intake()
    body = await read(taking, size, piece=piece)
    held = taking.held
    body.release()
    body.release()

    assert held == size
    assert taking.held == 0


@pytest.mark.parametrize("becomes", [1_000, SMALL_BYTES, LARGE])
@pytest.mark.parametrize("size", [100, LARGE - 100])
async def test_an_encoded_body_is_counted_as_what_it_becomes(size: int, becomes: int) -> None:
    """Small ones by their bytes, others by the most that they may become; nothing of it stays counted."""
    taking = intake()
    content = b"x" * becomes
    body = await taking.read(sending(size), namespace="a")
    body.replace(zlib.compress(content))
    with ThreadPoolExecutor(1) as parsers:
        await decode(body, ("deflate",), intake=taking, parsers=parsers)
    held, raw = taking.held, body.raw
    body.release()

    assert raw == content
    assert becomes <= held <= LARGE
    assert taking.held == 0


async def test_one_body_of_the_largest_size_always_fits() -> None:
    """A small total takes from the reserve, not from what a body may have."""
    assert len((await read(Intake(body_limit=LARGE, total_limit=LARGE), LARGE)).raw) == LARGE


@pytest.mark.parametrize("size", [0, 1, LARGE])
async def test_slow_body(size: int) -> None:
    """A body that does not go on in time is a 408 that closes the connection, and is counted no more."""
    taking = intake(
        body_limit=2 * LARGE,
        pace=NO_GRACE if size < LARGE else Pace(bytes_per_second=10**9, grace_seconds=0.05, seconds=30),
    )
    pieces = [{"type": "http.request", "body": b"x" * size, "more_body": True}]

    async def receive() -> MutableMapping[str, Any]:
        if not pieces:
            await asyncio.Event().wait()
        return pieces.pop()

    with pytest.raises(Problem) as caught:
        async with asyncio.timeout(5):
            await taking.read(receive, namespace="a")

    assert caught.value.kind.slug == "request-too-slow"
    assert ("connection", "close") in caught.value.headers
    assert taking.held == 0


async def test_a_body_that_is_only_measured_is_bounded_too() -> None:
    """What nobody keeps may still be neither endless nor slow."""
    taking = intake(pace=NO_GRACE)

    with pytest.raises(Problem) as caught:
        await taking.measure(sending(2 * LARGE), update=lambda _: None)

    assert caught.value.kind.slug == "body-too-large"


def test_a_body_may_take_half_a_minute() -> None:
    """The time that one caller may hold memory; who sends nothing has ten seconds."""
    assert (PACE.deadline(0), PACE.deadline(10 * 1024 * 1024)) == (10, 30)
