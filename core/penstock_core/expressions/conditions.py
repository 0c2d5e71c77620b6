"""Bare CEL that answers yes or no, and, for reports, why it answered no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions import tokens as lexer
from penstock_core.expressions.expression import Expression, compiled
from penstock_core.expressions.scope import Scope
from penstock_core.expressions.values import kind

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_TERNARY: Final = frozenset({"?"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition."""

    text: str
    scope: Scope
    expression: Expression

    def evaluate(self, variables: Mapping[str, Any]) -> bool:
        """The answer; raises `ExpressionError` where there is none, or where it is no boolean."""
        value = self.expression.evaluate(variables)
        if not isinstance(value, bool):
            raise ExpressionError(f"the condition gave {kind(value)}, not true or false: compare it with something")
        return value

    def operands(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """What a report of a check shows; never raises.

        `{"expression", "passed"}`; for a comparison also `left`, `op` and `right`, evaluated; where evaluation failed
        also `error`. Of a failed `a && b` it is the failing side's; of a failed `a || b` (`op` is `||`), `left` and
        `right` are such reports themselves.
        """
        return _report(self.text.strip(), self.scope, variables)


def condition(text: str, scope: Scope) -> Condition:
    """Compile a condition; raises `ExpressionError` with line and column in `text`."""
    expression = compiled(text, scope)
    if expression.type_name not in ("BOOL", "DYN"):
        raise ExpressionError(
            f"the condition gives {expression.type_name.lower()}, not true or false: compare it with something",
            line=1,
            column=1,
        )
    return Condition(text, scope, expression)


def _report(text: str, scope: Scope, variables: Mapping[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = {"expression": text, "passed": False}
    try:
        report["passed"] = compiled(text, scope).evaluate(variables) is True
    except ExpressionError as failure:
        report["error"] = str(failure)
    found = _without_brackets(list(lexer.lex(text)))
    if lexer.split(found, _TERNARY):
        return report
    for operator in ("||", "&&"):
        if sides := _sides(text, found, frozenset({operator}), first=True):
            return report if report["passed"] else _joined(report, operator, sides, scope, variables)
    if sides := _sides(text, found, _COMPARISONS, first=False):
        left, name, right = sides
        report |= {"left": _side(left, scope, variables), "op": name, "right": _side(right, scope, variables)}
    return report


def _joined(
    report: dict[str, Any], operator: str, sides: tuple[str, str, str], scope: Scope, variables: Mapping[str, Any]
) -> dict[str, Any]:
    left, right = (_report(side, scope, variables) for side in (sides[0], sides[2]))
    if operator == "&&":
        return left if not left["passed"] else right
    return report | {"left": left, "op": operator, "right": right}


def _side(text: str, scope: Scope, variables: Mapping[str, Any]) -> Any:
    try:
        return compiled(text, scope).evaluate(variables)
    except ExpressionError as failure:
        return f"({failure})"


def _sides(
    text: str, found: Sequence[lexer.Token], operators: frozenset[str], *, first: bool
) -> tuple[str, str, str] | None:
    """The texts left and right of an operator outside all brackets, and the operator."""
    places = [place for place in lexer.split(found, operators) if 0 < place < len(found) - 1]
    if not places:
        return None
    place = places[0 if first else -1]
    token = found[place]
    return text[found[0].start : token.start].strip(), token.text, text[token.end : found[-1].end].strip()


def _without_brackets(found: list[lexer.Token]) -> list[lexer.Token]:
    """The tokens inside brackets that enclose all of them."""
    while len(found) > 2 and found[0].text == "(" and not _closes_early(found):
        found = found[1:-1]
    return found


def _closes_early(found: Sequence[lexer.Token]) -> bool:
    depth = 0
    for index, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "symbol" else 0
        if depth == 0:
            return index < len(found) - 1
    return True
