"""Steps: one model for each of the three levels on which they nest, since a structural schema cannot recurse.

The action is the member that is set. Members are alternatives, so another action is another optional member, and
nothing that exists changes by it.
"""

from typing import Any, ClassVar, Final, Literal

from penstock_core.resources.actions import ACTIONS
from penstock_core.resources.actions.branch import Case
from penstock_core.resources.actions.check import Check
from penstock_core.resources.actions.for_each import ForEach
from penstock_core.resources.actions.http import Http
from penstock_core.resources.actions.python import Python
from penstock_core.resources.actions.set import Set
from penstock_core.resources.actions.sleep import Sleep
from penstock_core.resources.actions.stop import Stop
from penstock_core.resources.base import (
    REFERENCE,
    RULES,
    STEP_PATTERN,
    Duration,
    Expression,
    Resource,
    described,
    exactly_one_of,
    rule,
)

MAX_STEPS: Final = 1000

STEP_NAME: Final = "a step's name is a lower-case letter, then letters, digits and _, 63 at most: write it as in lookUp"
_ONE_ACTION: Final = (
    f"a step needs exactly one action: set one of {', '.join(ACTIONS)}, and give every further action a step of its own"
)


class Retry(Resource):
    """How failed attempts are repeated."""

    attempts: int = described("Attempts in all, the first one included.", example=3, ge=1, le=100)
    delay: Duration = described(
        "Pause before the second attempt, unless the answer of an http step says how long in `Retry-After`; units d, h, m, s, ms.",
        default="1s",
        example="2s",
    )
    backoff: Literal["constant", "linear", "exponential"] = described(
        "How the pause grows: constant (delay), linear (delay, 2 delay, 3 delay) or exponential (delay, 2 delay, 4 delay).",
        default="constant",
        example="exponential",
    )
    max_delay: Duration = described(
        "Longest pause between two attempts, also where `Retry-After` asks for more; units d, h, m, s, ms.",
        default="1h",
        example="1m",
    )
    when: Expression | None = described(
        "Condition in CEL over `error` (type, message, status), without `${…}`: only errors for which it is true are"
        " attempted again. It is not called `on`, which YAML reads as true.",
        default=None,
        shown_default="every failure is repeated",
        example="error.status >= 500",
    )


class StepBase(Resource):
    """What the steps of all levels have."""

    name: str = described(
        "Name, unique in its flow: a lower-case letter, then letters, digits and _; not in, true, false or null."
        " Expressions reach the result as steps.<name>.",
        example="lookup",
        pattern=STEP_PATTERN,
        max_length=63,
    )
    description: str | None = described(
        "What the step is for, for readers.",
        default=None,
        shown_default="none",
        example="Finds the customer",
        max_length=1024,
    )
    if_: Expression | None = described(
        f"Condition in CEL ({REFERENCE}), without `${{…}}`; where it does not hold the step is recorded as skipped.",
        default=None,
        shown_default="the step runs",
        example="!config.dryRun",
        alias="if",
    )
    http: Http | None = ACTIONS["http"].field()
    set: Set | None = ACTIONS["set"].field()
    check: Check | None = ACTIONS["check"].field()
    python: Python | None = ACTIONS["python"].field()
    sleep: Sleep | None = ACTIONS["sleep"].field()
    stop: Stop | None = ACTIONS["stop"].field()
    retry: Retry | None = described(
        "Repeats the step's failed attempts.",
        default=None,
        shown_default="one attempt",
        example={"attempts": 3, "delay": "2s"},
    )
    timeout: Duration | None = described(
        "Time limit of each attempt; units d, h, m, s, ms.",
        default=None,
        shown_default="what the flow's timeout leaves",
        example="10s",
    )
    on_error: Literal["fail", "continue"] = described(
        "What a failure does once no attempt is left: fail ends the execution as failed; continue goes on, and the"
        " execution ends as completed_with_errors.",
        default="fail",
        example="continue",
    )
    assert_: list[Expression] | None = described(
        "Conditions in CEL over `output` (and all variables), checked after extract; a failure fails the attempt.",
        default=None,
        shown_default="none",
        example=["output.status == 200"],
        alias="assert",
        max_length=50,
    )
    extract: dict[str, Expression] | None = described(
        "Values taken from the output by JSONPath (RFC 9535), as steps.<name>.extracted.<key>. A path of names and"
        " indexes alone gives the value, and no match fails the attempt; any other path gives a list, also of one or none.",
        default=None,
        shown_default="none",
        example={"erpId": "$.body.id"},
        max_length=50,
    )
    record: Literal["full", "metadata", "none"] = described(
        "What is kept of the step: full (input and output), metadata (state, times and sizes) or none (the state alone)."
        " What is not kept is not there for a replacement runner either.",
        default="full",
        example="metadata",
    )


_REFUSED: Final = (
    "Refused here, because steps nest at most three levels: let an earlier set or python step prepare a flat list,"
    " or do the inner work in a python step."
)


class InnerStep(StepBase):
    """A step of the third level: its action is not forEach or branch."""

    for_each: Any = described(_REFUSED, default=None, shown_default="none", example="a python step instead")
    branch: Any = described(_REFUSED, default=None, shown_default="none", example="a python step instead")


class InnerForEach(ForEach[InnerStep]):
    """A loop inside a loop or branch."""


class InnerCase(Case[InnerStep]):
    """A case of a branch inside a loop or branch."""

    when: Expression | None = described(
        "Condition in CEL; the first case that holds is taken.",
        default=None,
        shown_default="otherwise",
        example="item > 1",
    )


class NestedStep(StepBase):
    """A step of the second level."""

    for_each: InnerForEach | None = ACTIONS["forEach"].field()
    branch: list[InnerCase] | None = ACTIONS["branch"].field()


class OuterForEach(ForEach[NestedStep]):
    """A loop."""


class OuterCase(Case[NestedStep]):
    """A case of a branch."""


class Step(StepBase):
    """A step of a flow."""

    for_each: OuterForEach | None = ACTIONS["forEach"].field()
    branch: list[OuterCase] | None = ACTIONS["branch"].field()

    # rules cost by the number of places they stand in: below the first level the compiler checks the same
    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(exactly_one_of(*(f"self.{action}" for action in ACTIONS)), _ONE_ACTION),
            rule(f"self.name.matches('{STEP_PATTERN}')", STEP_NAME, field=".name"),
            rule(
                "!(self.name in ['in', 'true', 'false', 'null'])",
                "a step cannot be named in, true, false or null, which mean something in expressions: choose another name",
                field=".name",
            ),
            *(each for action in ACTIONS.values() for each in action.rules),
        ]
    }


AnyStep = Step | NestedStep | InnerStep
