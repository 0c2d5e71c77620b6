"""Calls in the parsers' thread that leave nothing behind.

The thread's future and asyncio's hold one another until garbage is collected, and with them result and exception, whose
traceback holds the frames with the body: so neither goes through them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final, TypeVar

from penstock_core.errors import BodyError
from penstock_gateway.memory import give_back_what_is_free
from penstock_gateway.problems import Problem

T = TypeVar("T")
SETTLED_SECONDS: Final = 0.5
"""After which a request is answered, and what it leaves can be collected: exceptions and connections hold one another, too."""


async def apart(executor: Executor, call: Callable[..., T], *given: Any) -> T:
    """What `call` gives; a Problem or a BodyError that it raises has no traceback into the thread."""
    made: list[T] = []
    refused: list[Problem | BodyError] = []

    def run() -> None:
        try:
            made.append(call(*given))
        except (Problem, BodyError) as error:
            error.__cause__ = error.__context__ = None
            refused.append(error.with_traceback(None))

    loop = asyncio.get_running_loop()
    await loop.run_in_executor(executor, run)
    loop.call_later(SETTLED_SECONDS, give_back_what_is_free)  # these come one at a time, and rarely by themselves
    if refused:
        raise refused.pop()
    return made.pop()
