"""What the steps of one execution share: their collaborators, and what became of each; a step knows this, and no engine."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from penstock_core.masking import Masker
from penstock_runner.engine.action import Action, Actions, Step
from penstock_runner.engine.connections import Connection
from penstock_runner.engine.history import History
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.engine.ports import Clock, Recorder
from penstock_runner.engine.shared import R, Shared
from penstock_runner.engine.step_records import Records
from penstock_runner.engine.variables import Evaluator, Frame

MAX_WARNINGS: Final = 20
"""Of its steps, that an execution tells."""
MAX_WARNING: Final = 500
"""Characters of each."""


class Placed(NamedTuple):
    """A step in the frame in which it runs; `fields` are the members of its action, whose name is `kind`."""

    step: Step
    frame: Frame
    kind: str
    action: Action
    fields: Any

    @property
    def path(self) -> str:
        """Its path: unique in the execution, the place of its records."""
        path: str = self.frame.prefix + self.step["name"]
        return path

    @property
    def mode(self) -> str:
        """What is kept of it: full, metadata or none."""
        mode: str = self.step.get("record", "full")
        return mode


class Warned:
    """What attempts of steps warned of, as the execution tells it; threads share it."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._more = 0

    def add(self, path: str, warnings: Iterable[str]) -> None:
        """Those of an attempt of a step, masked."""
        for text in warnings:
            if len(self._texts) < MAX_WARNINGS:
                short = text if len(text) <= MAX_WARNING else f"{text[:MAX_WARNING]}…"
                self._texts.append(f"step {path}: {short}")
            else:
                self._more += 1

    def told(self) -> tuple[str, ...]:
        """The first of them, and how many more there are: the steps have all."""
        more = (f"{self._more} more warnings of steps",) if self._more else ()
        return (*self._texts, *more)


class Context:
    """The collaborators of a running flow, and the tally of its steps; threads share it."""

    def __init__(
        self,
        *,
        execution: UUID,
        actions: Actions,
        connections: Mapping[str, Connection],
        evaluator: Evaluator,
        history: History,
        recorder: Recorder,
        clock: Clock,
        interrupt: Interrupt,
    ) -> None:
        self.execution = execution
        self.actions = actions
        self.connections = connections
        self.evaluator = evaluator
        self.history = history
        self.recorder = recorder
        self.clock = clock
        self.interrupt = interrupt
        self.masker = Masker(secret for connection in connections.values() for secret in connection.secrets())
        self.records = Records(self.masker)
        self.failures: dict[str, bool] = {}
        """By the path of each step that ended: whether it failed, when it ran last."""
        self.warned = Warned()
        self._shared = Shared()

    def place(self, step: Step, frame: Frame) -> Placed:
        """A step of the definition where it is to run."""
        return Placed(step, frame, *self.actions.of(step))

    def shared(self, make: Callable[[], R]) -> R:
        """What `make` gives, one per flow, closed at its end."""
        return self._shared.get(make)

    def close(self) -> None:
        """Close what the steps shared."""
        self._shared.close()

    def log(self, severity: str, message: str, *, step: str, fields: Any = None, mode: str = "full") -> None:
        """Keep a log line, masked; where `mode` keeps no values, only that there was one."""
        if mode != "full":
            message, fields = f"a log line that is not kept: the step's `record` is {mode}", None
        self.recorder.log(
            at=self.clock.now(),
            severity=severity,
            message=self.records.message(message),
            step=step,
            fields=self.masker.mask(fields),
        )

    def count(self, path: str, *, failed: bool = False) -> None:
        """Note that a step ended; of one that runs again, the last time counts."""
        self.failures[path] = failed

    def discount(self, path: str) -> None:
        """Note that a step is skipped, whatever became of it before."""
        self.failures.pop(path, None)
