"""The set action."""

from typing import Any, Final

from penstock_core.resources.base import ActionMember, Resource, described


class Set(Resource):
    """Makes a value."""

    value: Any = described(
        "Any value, with `${…}` in its strings; it is the step's output. Expressions are CEL, where an integer divided by an"
        " integer is one, `7 / 2` is 3: write `7 / 2.0`, or `double(trigger.body.total) / 4`.",
        example={"total": "${trigger.body.total}"},
    )


MEMBER: Final = ActionMember(
    text="Action: makes a value. Output: the value.",
    example={"value": {"id": "${trigger.body.id}"}},
)
