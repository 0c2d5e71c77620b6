"""The actions that only compute: set, check, stop."""

from typing import Any, Literal

from penstock_core.resources.base import Expression, Resource, Text, described


class Set(Resource):
    """Makes a value."""

    value: Any = described(
        "Any value, with `${…}` in its strings; it is the step's output. Expressions are CEL, where an integer divided by an"
        " integer is one, `7 / 2` is 3: write `7 / 2.0`, or `double(trigger.body.total) / 4`.",
        example={"total": "${trigger.body.total}"},
    )


class Check(Resource):
    """Conditions that must hold."""

    that: list[Expression] = described(
        "Conditions in CEL, without `${…}`; the step fails unless all hold, and the report shows what was compared.",
        example=["has(trigger.body.id)", "trigger.body.total >= 0"],
        min_length=1,
        max_length=50,
    )


class Stop(Resource):
    """Ends the execution."""

    status: Literal["passed", "failed"] = described(
        "State in which the execution ends.", default="passed", example="failed"
    )
    message: Text | None = described(
        "Why, with `${…}`; shown with the execution.", default=None, shown_default="none", example="nothing to send"
    )
