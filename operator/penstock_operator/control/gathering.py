"""Gathering: what many callers want written at the same time is written together.

Nobody waits for company unless a pause is asked for: while one write of a key is under way, the next one of it collects itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from penstock_core.errors import PenstockError

MOST: Final = 100
"""Items that are written together at most."""

Key = TypeVar("Key")
Item = TypeVar("Item")


class Gathering(Generic[Key, Item]):
    """Calls `write(key, items)` with what was put under a key, one call a key at a time.

    `pause` gives the seconds until the next write of a key from how many items the last one had.
    Where `write` raises what is no error of ours, such as for a value that the database refuses, each item is tried alone:
    one that cannot be written must not keep the others.
    """

    def __init__(
        self,
        write: Callable[[Key, Sequence[Item]], Awaitable[object]],
        *,
        pause: Callable[[int], float] | None = None,
    ) -> None:
        self._write = write
        self._pause = pause
        self._waiting: dict[Key, list[tuple[Item, asyncio.Future[None]]]] = {}
        self._writers: dict[Key, asyncio.Task[None]] = {}

    def put(self, key: Key, item: Item) -> "asyncio.Future[None]":
        """Asks for an item to be written; done once it is, or failed as its write did."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_look_at)
        self._waiting.setdefault(key, []).append((item, future))
        if key not in self._writers:
            self._writers[key] = asyncio.create_task(self._serve(key))
        return future

    async def _serve(self, key: Key) -> None:
        try:
            while waiting := self._waiting.pop(key, None):
                if waiting[MOST:]:
                    self._waiting[key] = waiting[MOST:]
                batch = [one for one in waiting[:MOST] if not one[1].done()]
                await self._hand_over(key, batch)
                if self._pause is not None:
                    await asyncio.sleep(self._pause(len(batch)))
        finally:
            del self._writers[key]

    async def _hand_over(self, key: Key, batch: list[tuple[Item, "asyncio.Future[None]"]]) -> None:
        try:
            if batch:
                await self._write(key, [item for item, _ in batch])
        except PenstockError as error:
            _tell(batch, error)
        except Exception as error:  # noqa: BLE001 - the callers' to judge, each for its own item
            if len(batch) == 1:
                _tell(batch, error)
            else:
                for one in batch:
                    await self._hand_over(key, [one])
        else:
            _tell(batch, None)


def _tell(batch: Sequence[tuple[Any, "asyncio.Future[None]"]], error: Exception | None) -> None:
    for _, future in batch:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _look_at(future: "asyncio.Future[None]") -> None:
    """Whoever asked may be gone by now: a failure that nobody waits for is no defect."""
    if not future.cancelled():
        future.exception()
