"""The stop action."""

from typing import Final, Literal

from penstock_core.resources.base import ActionMember, Resource, Text, described


class Stop(Resource):
    """Ends the execution."""

    status: Literal["passed", "failed"] = described(
        "State in which the execution ends.", default="passed", example="failed"
    )
    message: Text | None = described(
        "Why, with `${…}`; shown with the execution.", default=None, shown_default="none", example="nothing to send"
    )


MEMBER: Final = ActionMember(
    text="Action: ends the execution here.",
    example={"status": "passed", "message": "nothing to send"},
)
