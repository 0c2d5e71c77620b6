"""What is wrong with an Integration, in a form that a person can act on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from penstock_core.compiler import schema

MAX_PROBLEMS: Final = 50
"""How many are reported at once, and how many warnings; a condition's message is bounded too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong; '' and 0 where a part does not apply. `line` and `column` count from 1 in the field's text."""

    message: str
    flow: str = ""
    step: str = ""
    field: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self._place()}: {self.message}"

    def _place(self) -> str:
        places = [f"flow {self.flow}" if self.flow else "", f"step {self.step}" if self.step else "", self.field]
        if self.column:
            places.append(f"line {self.line} column {self.column}" if self.line > 1 else f"column {self.column}")
        return ", ".join(place for place in places if place) or "spec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the compiler says of an Integration: `problems` keep it from being published, `warnings` do not.

    A warning is a Problem like any other, of something that works and is hardly what its author meant.
    A check adds one where it adds problems: `step.warn("http.body", "…")` of `StepCheck`, `findings.warn(step, place, "…")` of
    `Findings`; the sentence says what will happen and what to write instead.
    It stands in the condition `Valid` (True, reason `ValidWithWarnings`), and in an Event when the version is published.
    """

    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()


def bounded(problems: Sequence[Problem], *, what: str = "problems") -> list[Problem]:
    """The first problems, and how many more there are."""
    if len(problems) <= MAX_PROBLEMS:
        return list(problems)
    more = len(problems) - MAX_PROBLEMS
    return [*problems[:MAX_PROBLEMS], Problem(message=f"{more} more {what}: correct these first")]


def of_schema(failure: ValidationError, spec: Mapping[str, Any]) -> list[Problem]:
    """What the models refuse."""
    return [
        Problem(message=schema.sentence(error), **_place(schema.location(error), spec))
        for error in failure.errors(include_url=False, include_context=False)
    ]


def _place(location: Sequence[str | int], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Flow, step and field of a location such as ('flows', 0, 'steps', 2, 'http', 'url')."""
    place = {"flow": "", "step": ""}
    value: Any = spec
    field: list[str] = []
    for member, following in _pairs(location):
        value = _below(value, member)
        field.append(f"[{member}]" if isinstance(member, int) else f".{member}")
        kind = {"flows": "flow", "steps": "step"}.get(str(following)) if isinstance(member, int) else None
        if kind and isinstance(value, Mapping) and isinstance(value.get("name"), str):
            place[kind], field = value["name"], []
    return place | {"field": "".join(field).removeprefix(".")}


def _pairs(location: Sequence[str | int]) -> Iterator[tuple[str | int, str | int | None]]:
    """Each member with the one before it."""
    return zip(location, [None, *location], strict=False)


def _below(value: Any, member: str | int) -> Any:
    try:
        return value[member]
    except (KeyError, IndexError, TypeError):
        return None
