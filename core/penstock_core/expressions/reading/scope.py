"""Which variables an expression may name, and how their values are found.

A variable is declared by its full dotted name, `steps.lookup.output`: that is what lets a misspelt step be refused when
the Integration is published, instead of failing at night.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions.quoting import did_you_mean, listed, near
from penstock_core.expressions.reading.budget import Budget
from penstock_core.expressions.reading.paths import MISSING, step_into

TRIGGER_MEMBERS: Final = (
    "body", "bodyAll", "rawBody", "contentType", "headers", "query", "queryAll", "path", "method", "startedAt",
)  # fmt: skip
STEP_MEMBERS: Final = ("output", "extracted", "status", "error", "attempts")

_ALWAYS: Final = frozenset(
    [
        *(f"trigger.{member}" for member in TRIGGER_MEMBERS),
        *("execution.id", "execution.attempt", "execution.startedAt"),
        *("instance.name", "instance.namespace", "instance.customer.id", "instance.customer.name", "instance.labels"),
        *("flow.name", "flow.urls"),
    ]
)


RESERVED: Final = frozenset(
    ["as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "namespace",
     "null", "package", "return", "true", "var", "void", "while"]
)  # fmt: skip

"""Words of CEL, which name no variable."""
_STEP: Final = "another step's result is `steps.<name>.output`"
_ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("None", "nil", "NULL", "Null", "undefined"), "write `null`"),
    **dict.fromkeys(("True", "TRUE"), "write `true`"),
    **dict.fromkeys(("False", "FALSE"), "write `false`"),
    **dict.fromkeys(("body", "payload", "data", "json", "event"), "what came is `trigger.body`"),
    **dict.fromkeys(("request", "req", "input", "inputs", "webhook"), "what came is `trigger`, as in `trigger.body`"),
    **dict.fromkeys(("headers", "header"), "those of the request are `trigger.headers['x-id']`"),
    **dict.fromkeys(("query", "params", "parameters", "args"), "those of the request are `trigger.query['name']`"),
    **dict.fromkeys(("outputs", "result", "results", "response"), _STEP),
    **dict.fromkeys(
        ("env", "environment", "vars", "variables", "settings"), "an Instance's values are `config.<name>`"
    ),
    **dict.fromkeys(
        ("secrets", "secret", "connections", "connection", "credentials"),
        "no expression sees a credential: name the connection in `http.connection`",
    ),
    **dict.fromkeys(("context", "ctx"), "it exists in python steps only; here write `trigger`, `config` or `steps`"),
    **dict.fromkeys(("loop", "each", "this", "it"), "inside forEach it is `item`, and its number `index`"),
    "customer": "it is `instance.customer`",
    "now": "the start of the execution is `execution.startedAt`",
}
"""Names that people look for who know another product."""
_PLACES: Final[Mapping[str, str]] = {
    "item": "it exists inside forEach only",
    "index": "it exists inside forEach only",
    "output": "it exists in `assert` only; another step's is `steps.<name>.output`",
    "error": "it exists in `retry.when` only; another step's is `steps.<name>.error`",
}
"""Variables that there are elsewhere."""


class UnknownVariable(ExpressionError):
    """An expression names a variable that is not declared; `name` is what it names, `hint` what to write instead."""

    def __init__(self, name: str, hint: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(f"there is no variable `{name}`: {hint}", line=line, column=column)
        self.name = name
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Scope:
    """The declared variables, by dotted name."""

    names: frozenset[str]
    compiled: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was compiled in this scope, by text: compiled once, and gone with the scope."""
    budget: Budget | None = field(default=None, compare=False, repr=False)
    """What may be compiled in it and in those that extend it; None: as much as comes."""

    @classmethod
    def of(
        cls,
        *,
        config: Iterable[str] = (),
        steps: Iterable[str] = (),
        item: bool = False,
        output: bool = False,
        error: bool = False,
        budget: Budget | None = None,
    ) -> "Scope":
        """What a step sees: the given config variables and steps, and inside forEach `item` and `index`."""
        return cls(_ALWAYS | {f"config.{name}" for name in config}, budget=budget).extended(
            steps=steps, item=item, output=output, error=error
        )

    def extended(
        self, *, steps: Iterable[str] = (), item: bool = False, output: bool = False, error: bool = False
    ) -> "Scope":
        """This scope and more variables."""
        return Scope(
            self.names.union(
                (f"steps.{name}.{member}" for name in steps for member in STEP_MEMBERS),
                ("item", "index") if item else (),
                ("output",) if output else (),
                ("error",) if error else (),
            ),
            budget=self.budget,
        )

    def declared(self, members: Iterable[str | int]) -> str | None:
        """The longest declared name that the members begin with."""
        best, name = None, ""
        for member in members:
            name = f"{name}.{member}" if name else str(member)
            if name in self.names:
                best = name
            elif name.count(".") > 2:
                break
        return best

    def unknown(self, name: str, *, line: int, column: int) -> UnknownVariable:
        """The error for a name that is not declared, with a suggestion where one is near."""
        return UnknownVariable(name, self._hint(name), line=line, column=column)

    def _hint(self, name: str) -> str:
        root = name.split(".")[0]
        below = sorted(declared for declared in self.names if declared.startswith(f"{name}."))
        if below:
            rest = [declared[len(name) + 1 :].split(".")[0] for declared in below]
            members = f"name one of its members: {listed(dict.fromkeys(rest))}"
            if name.startswith("steps."):
                return f"to ask whether the step passed, write `{name}.status == 'passed'`; for a value, {members}"
            return members
        if root == "steps" and (step := name.split(".")[1:2]):
            known = {declared.split(".")[1] for declared in self.names if declared.startswith("steps.")}
            if step[0] not in known:
                return _suggestion(step[0], known, "steps that ran before", "no step runs before this one")
            return f"a step has {listed(STEP_MEMBERS)}"
        if root in _PLACES:
            return _PLACES[root]
        if root in RESERVED:
            return "it is a word of the expression language, and names nothing"
        if root in _ELSEWHERE and not any(declared.split(".")[0] == root for declared in self.names):
            return _ELSEWHERE[root]
        siblings = {declared for declared in self.names if declared.startswith(f"{root}.")}
        if siblings or root == "config":
            return _suggestion(name, siblings, "declared", "the Integration declares no configVariables")
        return _suggestion(name, {declared.split(".")[0] for declared in self.names}, "variables", "there is none")


def _suggestion(name: str, known: Iterable[str], what: str, none: str) -> str:
    known = sorted(known)
    return did_you_mean(near(name, known)) or (f"{what}: {listed(known)}" if known else none)


def look_up(variables: Mapping[str, Any], name: str) -> Any:
    """The value of a declared variable in the nested mapping; None where it is not there."""
    value: Any = variables
    for member in name.split("."):
        value = step_into(value, member)
        if value is MISSING:
            return None
    return value
