"""What an action is, what it gets and what it may use: the seam between the engine and the actions."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, Protocol
from uuid import UUID

from penstock_core.masking import Masker
from penstock_runner.engine.connections import Connection
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.engine.ports import Clock
from penstock_runner.engine.shared import R
from penstock_runner.engine.step_records import Attempt
from penstock_runner.engine.variables import Evaluator, Frame
from penstock_runner.errors import Failure

Step = Mapping[str, Any]
"""A step as the definition has it."""


class Flow(Protocol):
    """The running flow as actions see it."""

    execution: UUID
    evaluator: Evaluator
    interrupt: Interrupt
    clock: Clock
    connections: Mapping[str, Connection]
    masker: Masker
    """Masks a text that an action is about to cut; whatever is recorded is masked anyway."""

    def shared(self, make: Callable[[], R]) -> R:
        """What `make` gives, one per flow, closed at its end."""

    def log(self, severity: str, message: str, *, step: str, fields: Any = None, mode: str = "full") -> None:
        """Keep a log line of a step, without its words where the step's `record` keeps no values."""


class Call:
    """One attempt's call of an action.

    `fields` are the action's members as the definition has them, `input` what they became with templates evaluated.
    `deadline` is a reading of time.monotonic(); `memory` lasts over the attempts of a step.
    `mode` is what the step's `record` keeps: full, metadata or none.
    `run_steps` runs steps in order and gives the output of the last one that ran; it raises what ends them early.
    """

    __slots__ = ("attempt", "deadline", "fields", "flow", "frame", "input", "memory", "mode", "name", "run_steps")

    def __init__(
        self,
        *,
        flow: Flow,
        name: str,
        attempt: Attempt,
        fields: Any,
        frame: Frame,
        memory: MutableMapping[Any, Any],
        run_steps: Callable[[list[Any], Frame], Any],
        mode: str = "full",
    ) -> None:
        self.flow = flow
        self.name = name
        self.attempt = attempt
        self.fields = fields
        self.input: Any = None
        self.frame = frame
        self.deadline = frame.deadline
        self.memory = memory
        self.run_steps = run_steps
        self.mode = mode

    @property
    def path(self) -> str:
        """The step's path."""
        return self.attempt.path


class Action:
    """One kind of step. An instance has no state; what the engine must know of the kind are its traits."""

    evaluates = True
    """The engine fills the templates in its members before the call."""
    literal_members: frozenset[str] = frozenset()
    """Members in which `${` means nothing of ours, such as code of another language."""
    url_members: frozenset[str] = frozenset()
    """Members that are addresses, in which a value is encoded for its place."""
    keeps_output = False
    """What it put into `attempt.output` before its start was recorded is there again for the replacement of a lost runner."""
    ends_flow = False
    """It ends the flow by raising Stopped; `status` and `message` of its output say how, and `status` of its members."""
    holds_steps = False
    """`steps_in` gives something: an attempt that a lost runner began goes on instead of being made again."""
    iterates = False
    """Its steps run once for each of several items, in variables of their own; otherwise one of several lists runs."""

    repeatable = False
    """Running it again gives the same and is seen by nobody: a result that was not recorded as it was is made anew."""

    def has_effect(self, fields: Any, actions: "Actions") -> bool:
        """True where running it twice could be seen from outside: then its start is durable before it runs."""
        return True

    def steps_in(self, fields: Any) -> list[list[Step]]:
        """The lists of steps that it holds, by the number that follows its path in theirs; one list where it iterates."""
        return []

    def prepare(self, call: Call) -> None:
        """Complete `call.attempt` before its start is recorded."""

    def run(self, call: Call) -> Any:
        """The output. Raises Failure, Expired, Interrupted, Stopped."""
        raise NotImplementedError


class Unknown(Action):
    """Stands for the action of a step in which this release finds none."""

    evaluates = False

    repeatable = False
    """Running it again gives the same and is seen by nobody: a result that was not recorded as it was is made anew."""

    def has_effect(self, fields: Any, actions: "Actions") -> bool:
        """No."""
        return False

    def prepare(self, call: Call) -> None:
        """Raises Failure."""
        members = ", ".join(sorted(call.fields))
        raise Failure("unknown_action", f"this release of the runner knows none of the members: {members}")


class Actions:
    """The table of actions, by the member that names them in a step; each is made for the first step that has it."""

    def __init__(self, makers: Mapping[str, Callable[[], Action]]) -> None:
        self._makers = makers
        self._made: dict[str, Action] = {}

    def of(self, step: Step) -> tuple[str, Action, Any]:
        """The kind of a step, its action, and the action's members in the step."""
        for kind in self._makers:
            if kind in step:
                return kind, self._action(kind), step[kind]
        return "unknown", Unknown(), step

    def has_effect(self, step: Step) -> bool:
        """True where a step's action, or one inside it, has an effect outside of this process."""
        _, action, fields = self.of(step)
        return action.has_effect(fields, self)

    def names(self, steps: list[Step]) -> Iterator[str]:
        """The names of steps and of what is inside of them."""
        for step in steps:
            yield step["name"]
            _, action, fields = self.of(step)
            for inside in action.steps_in(fields):
                yield from self.names(inside)

    def _action(self, kind: str) -> Action:
        if kind not in self._made:
            self._made[kind] = self._makers[kind]()
        return self._made[kind]
