"""What the check of a step may use: it gathers problems, and checks expressions in the scope in which they will run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from penstock_core.compiler import habits
from penstock_core.compiler.problems import MAX_PROBLEMS, Problem
from penstock_core.errors import ExpressionError
from penstock_core.expressions import Scope, UnknownVariable, condition, template, url_template
from penstock_core.resources.base import Resource

MAX_FOUND: Final = 4 * MAX_PROBLEMS
"""Problems of a flow that are looked for: each takes time, to say what was meant instead."""


class TooMany(Exception):
    """Enough is wrong with a flow to begin with."""


@dataclass(slots=True, kw_only=True)
class Findings:
    """What is wrong with a flow; `places` has every step's name with the iterating step that it lies in, '' outside."""

    flow: str
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, step: str, place: str, message: str, *, line: int = 0, column: int = 0) -> None:
        """A problem in a field of a step, '' where it is the flow's own. Raises TooMany: nobody reads more at once."""
        if len(self.problems) >= MAX_FOUND:
            raise TooMany
        self.problems.append(Problem(flow=self.flow, step=step, field=place, line=line, column=column, message=message))

    def warn(self, step: str, place: str, message: str, *, line: int = 0, column: int = 0) -> None:
        """A warning, in the same form: it keeps nothing from being published. No more of them than of problems are kept."""
        if len(self.warnings) < MAX_FOUND:
            warning = Problem(flow=self.flow, step=step, field=place, line=line, column=column, message=message)
            self.warnings.append(warning)

    def attempt(self, step: str, place: str, check: Callable[[], object]) -> None:
        """Add what a check of a text refuses."""
        try:
            check()
        except UnknownVariable as failure:
            message = self._about_step(step, failure) or str(failure)
            self.add(step, place, message, line=failure.line, column=failure.column)
        except ExpressionError as failure:
            self.add(step, place, str(failure), line=failure.line, column=failure.column)

    def _about_step(self, step: str, failure: UnknownVariable) -> str:
        """What is wrong where the step that an expression names exists, but cannot be seen from there."""
        root, *rest = failure.name.split(".")
        if root != "steps" or not rest or rest[0] not in self.places:
            return ""
        if any(words in failure.hint for words in ("a step has", "its members")):
            return ""  # it can be seen, and what is wrong lies behind its name
        name = rest[0]
        if name == step:
            return (
                f"`{failure.name}` is this step's own result: in assert write `output`, elsewhere it is not there yet"
            )
        loop = self.places[name]
        if loop and loop != self.places.get(step):
            return (
                f"step `{name}` runs inside the forEach step `{loop}`, once for each item: outside, read"
                f" `steps.{loop}.output`"
            )
        return f"step `{name}` comes later, or in another case: only steps that ran before can be read; move it up"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheck:
    """One step while it is checked; `connections` are those that the Integration declares.

    `steps` checks steps inside of it, in order, in the scope that the first of them sees.
    """

    name: str
    findings: Findings
    connections: frozenset[str]
    steps: Callable[[list[Any], Scope], object]

    def add(self, place: str, message: str) -> None:
        """A problem in one of its fields."""
        self.findings.add(self.name, place, message)

    def warn(self, place: str, message: str, *, line: int = 0, column: int = 0) -> None:
        """A warning about one of its fields: what works, and is hardly what its author meant."""
        self.findings.warn(self.name, place, message, line=line, column=column)

    def attempt(self, place: str, check: Callable[[], object]) -> None:
        """Add what a check of a text refuses."""
        self.findings.attempt(self.name, place, check)

    def condition(self, place: str, text: str, scope: Scope) -> None:
        """Compile bare CEL."""
        for begin, end in (("${", "}"), ("{{", "}}")):
            if begin in text:
                self.add(place, f"a condition is an expression as a whole: write it without `{begin}` and `{end}`")
                return
        self.attempt(place, lambda: condition(text, scope))

    def url(self, place: str, text: str, scope: Scope) -> None:
        """Compile an address."""
        self.attempt(place, lambda: self._template(place, text, scope, compiled=url_template))

    def templates(self, place: str, value: Any, scope: Scope) -> None:
        """Compile every text inside a value."""
        if isinstance(value, str):
            self.attempt(place, lambda: self._template(place, value, scope))
        elif isinstance(value, Mapping):
            for key, below in value.items():
                if said := habits.of_key(key):
                    self.warn(place, said)
                self.templates(place, key, scope)
                self.templates(f"{place}.{key}", below, scope)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                self.templates(f"{place}[{index}]", below, scope)

    def _template(
        self, place: str, text: str, scope: Scope, *, compiled: Callable[[str, Scope], object] = template
    ) -> None:
        compiled(text, scope)
        for habit in habits.in_template(text, scope):
            self.warn(place, habit.message, line=habit.line, column=habit.column)


class ActionCheck:
    """What the compiler knows of one kind of step. An instance has no state."""

    iterates = False
    """Its steps run once for each of several items, so that steps behind it do not see theirs."""

    def check(self, step: StepCheck, fields: Any, scope: Scope) -> None:
        """Gather what is wrong; `fields` is the action's model, `scope` what the step sees."""
        raise NotImplementedError

    def steps_in(self, fields: Any) -> list[list[Any]]:
        """The lists of steps that it holds."""
        return []


def member(value: Resource, name: str) -> Any:
    """A member by its name in manifests."""
    return getattr(value, _attributes(type(value)).get(name, name), None)


@cache
def _attributes(model: type[Resource]) -> Mapping[str, str]:
    return {found.alias or attribute: attribute for attribute, found in model.model_fields.items()}
