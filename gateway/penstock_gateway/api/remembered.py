"""Answers that are kept for a while, each asked for once however many want it.

What was refused is kept apart, so that whoever makes up names does not push out what others need.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

SECONDS: Final = 30.0
"""For which an answer counts: a dashboard that polls must not load who answers, and a revoked right must end soon."""
ENTRIES: Final = 10_000
"""Granted answers, and as many refused ones; the oldest leave first."""

Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Question(Generic[Answer]):
    """One that is being asked, for so many."""

    task: asyncio.Task[Answer]
    waiting: int = 0


class Answers(Generic[Answer]):
    """Keeps answers; false ones are refusals. Errors are not kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, entries: int = ENTRIES) -> None:
        self._clock = clock
        self._entries = entries
        self._granted: dict[Hashable, tuple[float, Answer]] = {}
        self._refused: dict[Hashable, tuple[float, Answer]] = {}
        self._questions: dict[Hashable, _Question[Answer]] = {}

    def was_granted(self, key: Hashable) -> bool:
        """Whether the last answer, which may count no longer, was no refusal."""
        return key in self._granted

    async def recall(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """The kept answer, else what `ask` answers."""
        for kept in (self._granted, self._refused):
            if key in kept and kept[key][0] > self._clock():
                return kept[key][1]
        return await self._join(self._questions.get(key) or self._begin(key, ask), key)

    def _begin(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> _Question[Answer]:
        question = self._questions[key] = _Question(asyncio.create_task(self._ask(key, ask)))
        return question

    async def _join(self, question: _Question[Answer], key: Hashable) -> Answer:
        """Wait; the last who goes away takes the question along."""
        question.waiting += 1
        try:
            return await asyncio.shield(question.task)
        finally:
            question.waiting -= 1
            if not question.waiting:
                self._end(key, question)
                question.task.cancel()

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        answer = await ask()
        self._granted.pop(key, None)
        self._refused.pop(key, None)
        kept = self._granted if answer else self._refused
        if len(kept) >= self._entries:
            del kept[next(iter(kept))]
        kept[key] = (self._clock() + SECONDS, answer)
        return answer

    def _end(self, key: Hashable, question: _Question[Answer]) -> None:
        if self._questions.get(key) is question:
            del self._questions[key]
