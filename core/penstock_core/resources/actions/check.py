"""The check action."""

from typing import Final

from penstock_core.resources.base import ActionMember, Expression, Resource, described


class Check(Resource):
    """Conditions that must hold."""

    that: list[Expression] = described(
        "Conditions in CEL, without `${…}`; the step fails unless all hold, and the report shows what was compared.",
        example=["has(trigger.body.id)", "trigger.body.total >= 0"],
        min_length=1,
        max_length=50,
    )


MEMBER: Final = ActionMember(
    text="Action: conditions that must hold. Output: each condition with what it compared.",
    example={"that": ["trigger.body.total >= 0"]},
)
