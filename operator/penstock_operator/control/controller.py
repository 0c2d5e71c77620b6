"""A controller: what one topic gives the leader to run, so that the leader knows no topic."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from penstock_core.cluster import Key, Kind
from penstock_operator.control.work_queue import WorkQueue


class OnObject(Protocol):
    """Takes a change of an object of Penstock's kinds; None stands for absence."""

    def __call__(self, kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        """`ours`: the reconciliation of that very object made it."""


class Watched(Protocol):
    """Objects that are kept current by watches: a Collection, or several of them."""

    async def run(self) -> None:
        """Keeps them current until cancelled."""

    async def synced(self, *, within: float) -> None:
        """Waits for the first complete lists, `within` seconds at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """`step` is called again `seconds` after it last ended; `name` is what logs and probes call it."""

    name: str
    seconds: float
    step: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """What a topic wants to be run while its replica leads; everything may be left out.

    `collections` are listed before anything works, `on_object` is told each change of Penstock's kinds,
    `on_start` is called once after they are listed, `on_store_away` whenever the database did not answer a loop.
    """

    queues: tuple[WorkQueue[Any], ...] = ()
    loops: tuple[Loop, ...] = ()
    collections: tuple[Watched, ...] = ()
    on_object: OnObject | None = None
    on_start: Callable[[], None] | None = None
    on_store_away: Callable[[], None] | None = None
