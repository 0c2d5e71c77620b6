"""What many callers want written is written together, and nobody is told of a write that was not made."""

import asyncio
from collections.abc import Sequence

import pytest

from penstock_core.errors import StoreUnavailable
from penstock_operator.control.gathering import MOST, Gathering


class Book:
    """Notes each write; `failures` are raised for the items that they name."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, list[int]]] = []
        self.failures: dict[int, Exception] = {}
        self.go = asyncio.Event()
        self.go.set()

    async def write(self, key: str, items: Sequence[int]) -> None:
        self.writes.append((key, list(items)))
        await self.go.wait()
        for item in items:
            if item in self.failures:
                raise self.failures[item]


@pytest.fixture
def book() -> Book:
    return Book()


async def test_who_comes_during_a_write_shares_the_next(book: Book) -> None:
    """The first goes at once; those that come meanwhile go together, however many, and other keys wait for none of them."""
    gathering = Gathering(book.write)
    book.go.clear()
    first = gathering.put("a", 0)
    await asyncio.sleep(0)
    others = [gathering.put("a", number) for number in range(1, MOST + 2)]
    elsewhere = gathering.put("b", 0)
    await asyncio.sleep(0)
    assert book.writes == [("a", [0]), ("b", [0])]
    assert not first.done()

    book.go.set()
    await asyncio.gather(first, elsewhere, *others)

    assert [len(items) for key, items in book.writes if key == "a"] == [1, MOST, 1]


async def test_a_pause_gathers_those_that_come_one_by_one(book: Book) -> None:
    """After a write the next one waits as long as it is told to; what comes meanwhile shares it."""
    asked: list[int] = []

    def pause(count: int) -> float:
        asked.append(count)
        return 0.05

    gathering = Gathering(book.write, pause=pause)
    await gathering.put("a", 0)
    second = gathering.put("a", 1)
    await asyncio.sleep(0)
    await asyncio.gather(second, gathering.put("a", 2))

    assert book.writes == [("a", [0]), ("a", [1, 2])]
    assert asked[0] == 1


async def test_one_that_cannot_be_written_does_not_keep_the_others(book: Book) -> None:
    """A value that the database refuses fails the one who brought it: each of the batch is tried alone."""
    gathering = Gathering(book.write)
    book.failures[2] = ValueError("refused")
    found = await asyncio.gather(*(gathering.put("a", number) for number in range(4)), return_exceptions=True)

    assert [type(one) for one in found] == [type(None), type(None), ValueError, type(None)]


async def test_a_database_that_is_away_fails_all_at_once(book: Book) -> None:
    """Trying each alone would ask it as often again; the next call is made as ever."""
    gathering = Gathering(book.write)
    book.failures[0] = StoreUnavailable("away")
    found = await asyncio.gather(*(gathering.put("a", number) for number in range(3)), return_exceptions=True)
    await gathering.put("a", 3)

    assert [type(one) for one in found] == [StoreUnavailable] * 3
    assert book.writes == [("a", [0, 1, 2]), ("a", [3])]


async def test_who_gave_up_is_not_written(book: Book) -> None:
    """A caller that was cancelled before its turn leaves nothing behind."""
    gathering = Gathering(book.write)
    book.go.clear()
    first = gathering.put("a", 0)
    await asyncio.sleep(0)
    gathering.put("a", 1).cancel()
    last = gathering.put("a", 2)
    book.go.set()
    await asyncio.gather(first, last)

    assert book.writes == [("a", [0]), ("a", [2])]
