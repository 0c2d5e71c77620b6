"""Status as kstatus reads it: `observedGeneration`, and conditions with a reason and a sentence."""

from typing import Literal

from penstock_core.resources.base import Resource, described


class StatusCondition(Resource):
    """One thing that is true, false or unknown of an object."""

    type: str = described("Name of the condition.", example="Ready", max_length=316)
    status: Literal["True", "False", "Unknown"] = described("Whether it holds.", example="True")
    reason: str = described("Why, in one word, for programs.", example="Deployed", min_length=1, max_length=1024)
    message: str = described(
        "Why, in sentences, for people, with the remedy.", example="Version 1.4.0: 5 flows.", max_length=32_768
    )
    last_transition_time: str = described(
        "When the status last changed, RFC 3339 in UTC.", example="2026-01-31T06:00:00Z", schema={"format": "date-time"}
    )
    observed_generation: int | None = described(
        "metadata.generation that it was found for.", default=None, shown_default="unknown", example=3, ge=0
    )


class Status(Resource):
    """What every status has."""

    observed_generation: int | None = described(
        "metadata.generation that the status describes; a smaller one than the object's means: not yet seen.",
        default=None,
        shown_default="not yet seen",
        example=3,
        ge=0,
    )
    conditions: list[StatusCondition] | None = described(
        "What holds and what does not.",
        default=None,
        shown_default="not yet seen",
        example=[{"type": "Ready", "status": "True", "reason": "Deployed"}],
        max_length=32,
        schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
