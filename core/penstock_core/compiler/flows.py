"""Checks a flow: its steps at all levels, and every expression in them, in the scope in which it will run."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from penstock_core.compiler import fields, habits
from penstock_core.compiler.actions import CHECKS
from penstock_core.compiler.problems import Problem
from penstock_core.compiler.step_check import ActionCheck, Findings, StepCheck, member
from penstock_core.compiler.triggers import TRIGGERS
from penstock_core.expressions import Scope
from penstock_core.expressions.restricted import compile_restricted
from penstock_core.resources import AnyStep, FlowDefinition, InnerStep
from penstock_core.resources.actions import ACTIONS

_RESERVED: Final = frozenset({"in", "true", "false", "null"})
_EXTRACT_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DAY_MS: Final = 86_400_000


@dataclass(slots=True, kw_only=True)
class FlowChecker:
    """Walks one flow and gathers what is wrong with it; `actions` are the checks of each kind of step."""

    flow: FlowDefinition
    base: Scope
    connections: frozenset[str]
    actions: Mapping[str, ActionCheck] = field(default_factory=lambda: CHECKS)
    _findings: Findings = field(init=False)

    def __post_init__(self) -> None:
        self._findings = Findings(flow=self.flow.name)

    @property
    def found(self) -> list[Problem]:
        """What was found so far."""
        return self._findings.problems

    @property
    def warned(self) -> list[Problem]:
        """The warnings so far."""
        return self._findings.warnings

    def check(self) -> list[Problem]:
        """All problems of the flow. Raises TooMany, and Exhausted where the scope's budget is spent."""
        places = self._findings.places
        for name, loop in self._named(self.flow.steps):
            if name in places:
                self._add(name, "name", f"there is another step `{name}` in the flow: rename one of them")
            places[name] = loop
        self._trigger()
        self._try("", "timeout", lambda: fields.check_duration(self.flow.timeout, most_ms=_DAY_MS))
        self._steps(self.flow.steps, self.base)
        return self._findings.problems

    def _trigger(self) -> None:
        same = self.flow.deduplicate_by
        declared = {name: found for name in TRIGGERS if (found := getattr(self.flow.trigger, name, None)) is not None}
        if len(declared) != 1:
            self._add("", "trigger", f"a flow has exactly one trigger: set {' or '.join(TRIGGERS)}")
        for name, trigger in declared.items():
            for place, check in TRIGGERS[name](trigger):
                self._try("", f"trigger.{name}.{place}", check)
        if same:
            self._try("", "deduplicateBy.value", lambda: compile_restricted(same.value))
            self._try(
                "",
                "deduplicateBy.window",
                lambda: fields.check_duration(same.window, least_ms=1000, most_ms=365 * _DAY_MS),
            )

    def _steps(self, steps: list[Any], scope: Scope) -> Scope:
        """Check the steps in order; gives the scope of what follows them."""
        for step in steps:
            self._step(step, scope)
            seen = [name for name, loop in self._named([step]) if not loop]
            scope = scope.extended(steps=seen)
        return scope

    def _step(self, step: AnyStep, scope: Scope) -> None:
        checked = StepCheck(name=step.name, findings=self._findings, connections=self.connections, steps=self._steps)
        if step.name in _RESERVED:
            checked.add("name", "this word means something in expressions: choose another name")
        self._one_action(step, checked)
        if step.if_ is not None:
            checked.condition("if", step.if_, scope)
        _attempts(step, checked, scope)
        _results(step, checked, scope)
        for kind, action in self._actions_of(step):
            action.check(checked, member(step, kind), scope)

    def _one_action(self, step: AnyStep, checked: StepCheck) -> None:
        # `forEach: null` and the like are what the schema calls unset
        found = [kind for kind in self.actions if member(step, kind) is not None]
        if len(found) != 1:
            what = f"it has {len(found)} ({', '.join(found)})" if found else "it has none"
            checked.add("", f"a step needs exactly one action, and {what}: set one of {', '.join(self.actions)}")
        for kind in found:
            if _is_refused(step, kind):
                checked.add(
                    kind,
                    "steps nest at most three levels: let an earlier set or python step prepare a flat list, or do"
                    " the inner work in a python step",
                )

    def _actions_of(self, step: AnyStep) -> Iterator[tuple[str, ActionCheck]]:
        """The actions that a step has, and may have at its level."""
        for kind, action in self.actions.items():
            if member(step, kind) is not None and not _is_refused(step, kind):
                yield kind, action

    def _named(self, steps: list[Any], loop: str = "") -> Iterator[tuple[str, str]]:
        """Every step's name, at all levels, with the innermost iterating step around it."""
        for step in steps:
            yield step.name, loop
            for kind, action in self._actions_of(step):
                for inside in action.steps_in(member(step, kind)):
                    yield from self._named(inside, step.name if action.iterates else loop)

    def _try(self, step: str, place: str, check: Callable[[], object]) -> None:
        self._findings.attempt(step, place, check)

    def _add(self, step: str, place: str, message: str) -> None:
        self._findings.add(step, place, message)


def _is_refused(step: AnyStep, kind: str) -> bool:
    """True where a step is on the last level, whose model has the actions that hold steps only to say so."""
    return isinstance(step, InnerStep) and kind in ACTIONS and ACTIONS[kind].holds_steps


def _attempts(step: AnyStep, checked: StepCheck, scope: Scope) -> None:
    if step.timeout is not None:
        timeout = step.timeout
        checked.attempt("timeout", lambda: fields.check_duration(timeout, most_ms=_DAY_MS))
    if retry := step.retry:
        checked.attempt("retry.delay", lambda: fields.check_duration(retry.delay, least_ms=0, most_ms=_DAY_MS))
        checked.attempt("retry.maxDelay", lambda: fields.check_duration(retry.max_delay, most_ms=_DAY_MS))
        if retry.when is not None:
            checked.condition("retry.when", retry.when, scope.extended(error=True))


def _results(step: AnyStep, checked: StepCheck, scope: Scope) -> None:
    if step.assert_:
        answer = scope.extended(output=True)
        for index, text in enumerate(step.assert_):
            checked.condition(f"assert[{index}]", text, answer)
    for key, path in (step.extract or {}).items():
        if said := habits.of_key(key):
            checked.warn("extract", said)
        if not _EXTRACT_KEY.fullmatch(key):
            checked.add(f"extract.{key}", "write a name of letters, digits and _ that begins with no digit")
        if scope.budget is not None:
            scope.budget.spend(path)
        checked.attempt(f"extract.{key}", partial(fields.check_json_path, path))
