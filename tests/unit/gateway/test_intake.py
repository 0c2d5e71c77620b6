"""What bodies may take of memory and time."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from penstock_gateway.problems import Problem
from penstock_gateway.webhooks.intake import SMALL_BYTES, Body, Intake

LARGE = SMALL_BYTES + 1


async def read(intake: Intake, size: int, *, piece: int = SMALL_BYTES) -> Body:
    left = size

    async def receive() -> MutableMapping[str, Any]:
        nonlocal left
        chunk = min(piece, left)
        left -= chunk
        return {"type": "http.request", "body": b"x" * chunk, "more_body": left > 0}

    return await intake.read(receive)


async def test_large_bodies_leave_room_for_small_ones() -> None:
    """When large bodies have used up their share, the next is refused and a small one is not."""
    intake = Intake(body_limit=LARGE, total_limit=4 * LARGE)
    for _ in range(3):
        await read(intake, LARGE)

    with pytest.raises(Problem) as caught:
        await read(intake, LARGE)
    small = await read(intake, SMALL_BYTES)

    assert caught.value.kind.slug == "overloaded"
    assert len(small.raw) == SMALL_BYTES


@pytest.mark.parametrize("piece", [1_000, SMALL_BYTES, LARGE])
async def test_release_counts_out_what_was_counted_in(piece: int) -> None:
    """Whatever the pieces that a body came in, nothing of it stays counted."""
    intake = Intake(body_limit=LARGE, total_limit=4 * LARGE)
    body = await read(intake, LARGE, piece=piece)
    held = (intake.held, intake.held_large)
    body.release()
    body.release()

    assert held == (LARGE, LARGE)
    assert (intake.held, intake.held_large) == (0, 0)


async def test_one_body_of_the_largest_size_always_fits() -> None:
    """A small total takes from the reserve, not from what a body may have."""
    intake = Intake(body_limit=LARGE, total_limit=LARGE)

    assert len((await read(intake, LARGE)).raw) == LARGE


async def test_slow_body() -> None:
    """A body that does not arrive in time is a 408 that closes the connection, and is counted no more."""
    intake = Intake(body_limit=10, total_limit=100, body_seconds=0.05)
    pieces = [{"type": "http.request", "body": b"x", "more_body": True}]

    async def receive() -> MutableMapping[str, Any]:
        if not pieces:
            await asyncio.Event().wait()
        return pieces.pop()

    with pytest.raises(Problem) as caught:
        await intake.read(receive)

    assert caught.value.kind.slug == "request-too-slow"
    assert ("connection", "close") in caught.value.headers
    assert intake.held == 0


def test_a_body_may_take_half_a_minute() -> None:
    """The time that one caller may hold memory."""
    assert Intake(body_limit=10, total_limit=100).body_seconds == 30
