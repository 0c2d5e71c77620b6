"""What a command of the operator's image is, and what the commands that talk to the cluster share."""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from penstock_core.cluster import Cluster

T = TypeVar("T")
PAUSE_SECONDS: Final = 0.5
Variables = Mapping[str, str]


def no_arguments(_: argparse.ArgumentParser, __: Variables) -> None:
    """For a command that takes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`run` gives the exit code; `arguments` adds what the command takes, with defaults from the variables.

    `for_people`: it speaks in plain sentences, since somebody reads them who waits for Helm, and not in JSON.
    """

    help: str
    run: Callable[[argparse.Namespace, Variables], Coroutine[Any, Any, int]]
    arguments: Callable[[argparse.ArgumentParser, Variables], None] = no_arguments
    for_people: bool = False


@asynccontextmanager
async def connected() -> AsyncIterator[Cluster]:
    """A client with the pod's own service account, closed at the end."""
    cluster = await Cluster.connect()
    try:
        yield cluster
    finally:
        await cluster.close()


async def wait(what: str, look: Callable[[], Awaitable[T | None]], *, until: float, pause: float = PAUSE_SECONDS) -> T:
    """Calls `look`, with pauses of so many seconds, until it gives something true; TimeoutError naming `what` after `until`.

    `until` counts as `time.monotonic()` does.
    """
    while True:
        seen = await look()
        if seen:
            return seen
        if time.monotonic() > until:
            raise TimeoutError(f"waited in vain for {what}")
        await asyncio.sleep(pause)
