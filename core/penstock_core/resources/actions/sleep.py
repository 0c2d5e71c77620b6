"""The sleep action."""

from typing import Final

from penstock_core.resources.base import EXPRESSION_LENGTH, ActionMember, Resource, described, rule


class Sleep(Resource):
    """A pause."""

    for_: str | None = described(
        "How long: a duration with units d, h, m, s, ms, or a template that gives one. Exactly one of for and until.",
        default=None,
        shown_default="none",
        example="30s",
        alias="for",
        max_length=EXPRESSION_LENGTH,
    )
    until: str | None = described(
        "Until when: a time in RFC 3339 with its offset, or a template that gives one; a time without an offset fails the"
        " step, one in the past ends it at once. Exactly one of for and until.",
        default=None,
        shown_default="none",
        example="${trigger.body.due}",
        max_length=EXPRESSION_LENGTH,
    )


MEMBER: Final = ActionMember(
    text="Action: waits, while the execution's Job keeps running.",
    example={"for": "30s"},
    rules=[
        rule(
            "!has(self.sleep) || (has(self.sleep.__for__) != has(self.sleep.until))",
            "sleep needs exactly one of for and until: remove the other",
            field=".sleep",
        )
    ],
)
