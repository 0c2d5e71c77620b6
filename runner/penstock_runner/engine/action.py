"""What an action gets and what it may use: the seam between the engine and the actions."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from penstock_core.masking import Masker
from penstock_runner.engine.attempt import Attempt
from penstock_runner.engine.connections import Connection
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.engine.ports import Clock
from penstock_runner.engine.variables import Evaluator, Frame

if TYPE_CHECKING:
    from penstock_runner.actions.http.transport import Transport
    from penstock_runner.actions.python.workers import Workers


class Flow(Protocol):
    """The engine as actions see it."""

    execution: UUID
    evaluator: Evaluator
    interrupt: Interrupt
    clock: Clock
    connections: Mapping[str, Connection]
    masker: Masker
    """Masks a text that an action is about to cut; whatever is recorded is masked anyway."""

    @property
    def transport(self) -> "Transport": ...

    @property
    def workers(self) -> "Workers": ...

    def run_steps(self, steps: list[Any], frame: Frame) -> Any:
        """Run steps in order; the output of the last one that ran. Raises what ends them early."""

    def log(self, severity: str, message: str, *, step: str, fields: Any = None) -> None:
        """Keep a log line of a step."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One attempt's call of an action.

    `fields` are the action's members as the definition has them, `input` what they became with templates evaluated.
    `deadline` is a reading of time.monotonic(); `memory` lasts over the attempts of a step.
    """

    flow: Flow
    name: str
    attempt: Attempt
    fields: Any
    input: Any
    frame: Frame
    deadline: float
    memory: MutableMapping[Any, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The step's path."""
        return self.attempt.path


class Action(Protocol):
    """One kind of step. An instance has no state."""

    evaluates: bool
    """True where the engine fills the action's templates before the call."""

    def has_effect(self, fields: Any) -> bool:
        """True where running it twice could be seen from outside: then its start is durable before it runs."""

    def prepare(self, call: Call) -> None:
        """Complete `call.attempt` before its start is recorded."""

    def run(self, call: Call) -> Any:
        """The output. Raises Failure, Expired, Interrupted, Stopped."""
