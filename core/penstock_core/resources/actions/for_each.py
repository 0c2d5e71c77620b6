"""The forEach action, of steps of the next level."""

from typing import Any, Final, Generic, TypeVar

from penstock_core.resources.base import MAX_NESTED_STEPS, ActionMember, Resource, described

S = TypeVar("S")


class ForEach(Resource, Generic[S]):
    """A loop."""

    items: Any = described(
        "The list: a template that gives one, or a list; each item is `item`, its place from 0 `index`.",
        example="${trigger.body.lines}",
    )
    parallel: int = described("How many items are worked on at once.", default=1, example=4, ge=1, le=100)
    stop_on_error: bool = described(
        "Whether the first failed item ends the loop; otherwise the others run on, and the step fails at the end.",
        default=True,
        example=False,
    )
    steps: list[S] = described(
        "Steps for each item, at most 50, in order.",
        example=[{"name": "push", "set": {"value": "${item}"}}],
        min_length=1,
        max_length=MAX_NESTED_STEPS,
    )


MEMBER: Final = ActionMember(
    text="Action: runs steps for each item of a list. Output: a list with each item's last output.",
    example={"items": "${trigger.body.lines}", "steps": [{"name": "push", "set": {"value": "${item}"}}]},
    holds_steps=True,
)
