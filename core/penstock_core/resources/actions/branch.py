"""The branch action, of cases with steps of the next level."""

from typing import Final, Generic, TypeVar

from penstock_core.resources.base import MAX_NESTED_STEPS, ActionMember, Expression, Resource, described

MAX_BRANCHES: Final = 10
S = TypeVar("S")


class Case(Resource, Generic[S]):
    """A case of a branch."""

    when: Expression | None = described(
        "Condition in CEL; the first case that holds is taken.",
        default=None,
        shown_default="otherwise",
        example="trigger.body.total > 1000",
    )
    steps: list[S] = described(
        "Steps of the case, at most 50, in order.",
        example=[{"name": "small", "set": {"value": True}}],
        min_length=1,
        max_length=MAX_NESTED_STEPS,
    )


MEMBER: Final = ActionMember(
    text="Action: takes the first case whose condition holds, at most 10 cases; a case without `when`, as the last, is the"
    " otherwise. Output: the last output of the case taken.",
    example=[{"when": "trigger.body.total > 1000", "steps": [{"name": "big", "set": {"value": True}}]}],
    constraints={"min_length": 1, "max_length": MAX_BRANCHES},
    holds_steps=True,
)
