"""Checks a flow: its steps at all levels, and every expression in them, in the scope in which it will run."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from penstock_core.compiler import fields
from penstock_core.compiler.problems import Problem
from penstock_core.compiler.triggers import TRIGGERS
from penstock_core.errors import ExpressionError
from penstock_core.expressions import Scope, UnknownVariable, condition, template
from penstock_core.expressions.restricted import compile_restricted
from penstock_core.expressions.values import kind
from penstock_core.resources import AnyStep, FlowDefinition, InnerStep
from penstock_core.resources.steps import ACTIONS

_RESERVED: Final = frozenset({"in", "true", "false", "null"})
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_EXTRACT_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DAY_MS: Final = 86_400_000


@dataclass(slots=True, kw_only=True)
class FlowChecker:
    """Walks one flow and gathers what is wrong with it."""

    flow: FlowDefinition
    base: Scope
    connections: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    _places: dict[str, str] = field(default_factory=dict)
    """Every step's name with the forEach step that it lies in, '' outside."""

    def check(self) -> list[Problem]:
        """All problems of the flow."""
        for name, loop in _named(self.flow.steps):
            if name in self._places:
                self._add(name, "name", f"there is another step `{name}` in the flow: rename one of them")
            self._places[name] = loop
        self._trigger()
        self._try("", "timeout", lambda: fields.check_duration(self.flow.timeout, most_ms=_DAY_MS))
        self._steps(self.flow.steps, self.base)
        return self.problems

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
            inside = self._step(step, scope)
            scope = scope.extended(steps=[*inside, step.name])
        return scope

    def _step(self, step: AnyStep, scope: Scope) -> list[str]:
        """Check one step; gives the names of the steps inside it that later steps see."""
        if step.name in _RESERVED:
            self._add(step.name, "name", "this word means something in expressions: choose another name")
        self._one_action(step)
        if step.if_ is not None:
            self._condition(step, "if", step.if_, scope)
        self._attempts(step, scope)
        self._action(step, scope)
        if isinstance(step, InnerStep):
            return []
        return self._nested(step, scope)

    def _one_action(self, step: AnyStep) -> None:
        found = [action for action in ACTIONS if _member(step, action) is not None]
        # `forEach: null` and the like are what the schema calls unset
        if len(found) != 1:
            what = f"it has {len(found)} ({', '.join(found)})" if found else "it has none"
            self._add(step.name, "", f"a step needs exactly one action, and {what}: set one of {', '.join(ACTIONS)}")
        if isinstance(step, InnerStep):
            for action in ("forEach", "branch"):
                if _member(step, action) is not None:
                    self._add(
                        step.name,
                        action,
                        "steps nest at most three levels: let an earlier set or python step prepare a flat list, or do"
                        " the inner work in a python step",
                    )

    def _attempts(self, step: AnyStep, scope: Scope) -> None:
        if step.timeout is not None:
            timeout = step.timeout
            self._try(step.name, "timeout", lambda: fields.check_duration(timeout, most_ms=_DAY_MS))
        if retry := step.retry:
            self._try(step.name, "retry.delay", lambda: fields.check_duration(retry.delay, least_ms=0, most_ms=_DAY_MS))
            self._try(step.name, "retry.maxDelay", lambda: fields.check_duration(retry.max_delay, most_ms=_DAY_MS))
            if retry.when is not None:
                self._condition(step, "retry.when", retry.when, scope.extended(error=True))
        if step.assert_:
            answer = scope.extended(output=True)
            for index, text in enumerate(step.assert_):
                self._condition(step, f"assert[{index}]", text, answer)
        for key, path in (step.extract or {}).items():
            if not _EXTRACT_KEY.fullmatch(key):
                self._add(
                    step.name, f"extract.{key}", "write a name of letters, digits and _ that begins with no digit"
                )
            self._try(step.name, f"extract.{key}", partial(fields.check_json_path, path))

    def _action(self, step: AnyStep, scope: Scope) -> None:
        if step.http:
            self._http(step, scope)
        if step.set:
            self._templates(step, "set.value", step.set.value, scope)
        if step.check:
            for index, text in enumerate(step.check.that):
                self._condition(step, f"check.that[{index}]", text, scope)
        if step.python:
            code = step.python.code
            self._try(step.name, "python.code", lambda: fields.check_python(code))
        if step.sleep:
            self._sleep(step, scope)
        if step.stop and step.stop.message is not None:
            self._templates(step, "stop.message", step.stop.message, scope)

    def _http(self, step: AnyStep, scope: Scope) -> None:
        http = step.http
        assert http is not None  # noqa: S101 - the caller looked
        for member in ("url", "query", "headers", "json", "form", "body"):
            self._templates(step, f"http.{member}", _member(http, member), scope)
        if not re.match(r"https?://[^/\s]|\$\{", http.url):
            self._add(step.name, "http.url", "write an address that begins with https://, http:// or an expression")
        if re.match(r"https?://([^/?#$]|\$(?!\{))*@", http.url):
            self._add(
                step.name,
                "http.url",
                "an address holds no user and password: keep them in a connection of type basic, and name it in http.connection",
            )
        for header in http.headers or {}:
            if not _HEADER.fullmatch(header):
                self._add(step.name, f"http.headers.{header}", "this is no name of a header field: correct it")
        # set to null is set, for a body of JSON null
        bodies = [
            name
            for name, member in (("json", "json_"), ("form", "form"), ("body", "body"))
            if member in http.model_fields_set
        ]
        if len(bodies) > 1:
            self._add(
                step.name, "http", f"a request has one body, and this has {' and '.join(bodies)}: keep one of them"
            )
        if http.connection is not None and http.connection not in self.connections:
            known = ", ".join(sorted(self.connections)) or "none"
            self._add(
                step.name,
                "http.connection",
                f"the Integration declares no connection `{http.connection}` (declared: {known}): add it to spec.connections,"
                " or correct the name",
            )

    def _sleep(self, step: AnyStep, scope: Scope) -> None:
        sleep = step.sleep
        assert sleep is not None  # noqa: S101 - the caller looked
        if (sleep.for_ is None) == (sleep.until is None):
            self._add(step.name, "sleep", "set exactly one of for and until")
        for member, text, check in (
            ("for", sleep.for_, fields.check_duration),
            ("until", sleep.until, fields.check_time),
        ):
            if text is not None and "${" in text:
                self._templates(step, f"sleep.{member}", text, scope)
            elif text is not None:
                self._try(step.name, f"sleep.{member}", partial(check, text))

    def _nested(self, step: Any, scope: Scope) -> list[str]:
        if loop := step.for_each:
            if not isinstance(loop.items, list) and not (isinstance(loop.items, str) and "${" in loop.items):
                self._add(
                    step.name,
                    "forEach.items",
                    f"this is {kind(loop.items)}, not a list: write a list, or `${{…}}` that gives one",
                )
            self._templates(step, "forEach.items", loop.items, scope)
            self._steps(loop.steps, scope.extended(item=True))
        inside: list[str] = []
        for index, case in enumerate(step.branch or []):
            if case.when is not None:
                self._condition(step, f"branch[{index}].when", case.when, scope)
            elif index < len(step.branch) - 1:
                self._add(
                    step.name,
                    f"branch[{index}]",
                    "a case without `when` is always taken, so those after it never are: move it to the end",
                )
            self._steps(case.steps, scope)
            inside += [name for name, within in _named(case.steps) if not within]
        return inside

    def _condition(self, step: AnyStep, place: str, text: str, scope: Scope) -> None:
        if "${" in text:
            self._add(step.name, place, "a condition is an expression as a whole: write it without `${` and `}`")
            return
        self._try(step.name, place, lambda: condition(text, scope))

    def _templates(self, step: AnyStep, place: str, value: Any, scope: Scope) -> None:
        """Compile every text inside a value."""
        if isinstance(value, str):
            self._try(step.name, place, lambda: template(value, scope))
        elif isinstance(value, Mapping):
            for key, below in value.items():
                self._templates(step, place, key, scope)
                self._templates(step, f"{place}.{key}", below, scope)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                self._templates(step, f"{place}[{index}]", below, scope)

    def _try(self, step: str, place: str, check: Callable[[], object]) -> None:
        try:
            check()
        except UnknownVariable as failure:
            message = self._about_step(step, failure) or str(failure)
            self._add(step, place, message, line=failure.line, column=failure.column)
        except ExpressionError as failure:
            self._add(step, place, str(failure), line=failure.line, column=failure.column)

    def _about_step(self, step: str, failure: UnknownVariable) -> str:
        """What is wrong where the step that an expression names exists, but cannot be seen from there."""
        root, *rest = failure.name.split(".")
        if root != "steps" or not rest or rest[0] not in self._places:
            return ""
        if any(words in failure.hint for words in ("a step has", "its members")):
            return ""  # it can be seen, and what is wrong lies behind its name
        name = rest[0]
        if name == step:
            return (
                f"`{failure.name}` is this step's own result: in assert write `output`, elsewhere it is not there yet"
            )
        loop = self._places[name]
        if loop and loop != self._places.get(step):
            return (
                f"step `{name}` runs inside the forEach step `{loop}`, once for each item: outside, read"
                f" `steps.{loop}.output`"
            )
        return f"step `{name}` comes later, or in another case: only steps that ran before can be read; move it up"

    def _add(self, step: str, place: str, message: str, *, line: int = 0, column: int = 0) -> None:
        self.problems.append(
            Problem(flow=self.flow.name, step=step, field=place, line=line, column=column, message=message)
        )


def _member(value: Any, name: str) -> Any:
    """A member by its name in manifests."""
    return getattr(value, {"forEach": "for_each", "json": "json_"}.get(name, name))


def _named(steps: list[Any], loop: str = "") -> Iterator[tuple[str, str]]:
    """Every step's name, at all levels, with the innermost forEach step around it."""
    for step in steps:
        yield step.name, loop
        if isinstance(step, InnerStep):
            continue
        if step.for_each:
            yield from _named(step.for_each.steps, step.name)
        for case in step.branch or []:
            yield from _named(case.steps, loop)
