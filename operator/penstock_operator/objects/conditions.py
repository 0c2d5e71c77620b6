"""Conditions as Kubernetes users know them, merged so that an unchanged one costs no write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_operator.objects.reasons import Reason

MESSAGE_LIMIT: Final = 8_000
"""Characters of a message; the API's own limit is 32,768 for all the types that have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`reason` is for programs, `message` a sentence for people; `status` None stands for Unknown."""

    type: str
    status: bool | None
    reason: Reason
    message: str


def merged(status: Mapping[str, Any], new: Sequence[Condition], *, generation: int, now: str) -> list[dict[str, Any]]:
    """The list to store in the place of a status's conditions: `now` (RFC 3339) becomes the transition time of those whose status changed.

    Types that are not in `new` are kept as they are, so that one writer does not remove another's.
    """
    old = status.get("conditions", ())
    before = {condition["type"]: condition for condition in old}
    mine = {condition.type for condition in new}
    kept = [dict(condition) for condition in old if condition["type"] not in mine]
    return kept + [_merge(before.get(condition.type), condition, generation=generation, now=now) for condition in new]


def _merge(old: Mapping[str, Any] | None, new: Condition, *, generation: int, now: str) -> dict[str, Any]:
    status = "Unknown" if new.status is None else str(new.status)
    since = old["lastTransitionTime"] if old and old["status"] == status else now
    return {
        "type": new.type,
        "status": status,
        "reason": str(new.reason),
        "message": shortened(new.message),
        "observedGeneration": generation,
        "lastTransitionTime": since,
    }


def shortened(message: str) -> str:
    """The message, cut where it is longer than a status should carry."""
    return message if len(message) <= MESSAGE_LIMIT else message[: MESSAGE_LIMIT - 12] + " … (cut off)"


def status_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch (RFC 7396) from one status to another; empty where they are equal."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            nested = status_patch(before, value)
            if nested:
                patch[name] = nested
        elif name not in old or before != value:
            patch[name] = value
    return patch


def condition_of(status: Mapping[str, Any], kind: str) -> Condition | None:
    """The condition of that type in a status; one that is Unknown has no status."""
    found = next((one for one in status.get("conditions", ()) if one["type"] == kind), None)
    if found is None:
        return None
    known = {"True": True, "False": False}.get(found["status"])
    return Condition(type=kind, status=known, reason=found["reason"], message=found["message"])
