"""Bare CEL that answers yes or no, and, for reports, why it answered no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from penstock_core.errors import ExpressionError
from penstock_core.expressions.expression import Expression, compiled
from penstock_core.expressions.quoting import AboutValues, Mask, Value
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.scope import Scope
from penstock_core.expressions.values import kind

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_TERNARY: Final = frozenset({"?"})
MAX_LEVELS: Final = 10
"""Sides of an `||`, or brackets inside one another, that a report takes apart: what follows is told as one text."""


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
            raise AboutValues(
                (
                    f"the condition gave {kind(value)}, ",
                    Value(value),
                    ", and not true or false: compare it with something",
                )
            )
        return value

    def operands(self, variables: Mapping[str, Any], *, mask: Mask = lambda value: value) -> dict[str, Any]:
        """What a report of a check shows; never raises. Its values are as they are, but those that its errors quote are masked.

        `{"expression", "passed"}`; for a comparison also `left`, `op` and `right`, evaluated; where evaluation failed
        also `error`. Of a failed `a && b` it is the failing side's; of a failed `a || b` (`op` is `||`), `left` and
        `right` are such reports themselves, the last of `MAX_LEVELS` without operands.
        """
        return _report(self.text.strip(), _Seen(self.scope, variables, mask))


class _Seen(NamedTuple):
    """What a report is made with."""

    scope: Scope
    variables: Mapping[str, Any]
    mask: Mask

    def value(self, text: str) -> Any:
        """What a part of the condition gives; raises `ExpressionError`."""
        return compiled(text, self.scope).evaluate(self.variables)


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


def _report(text: str, seen: _Seen, levels: int = MAX_LEVELS) -> dict[str, Any]:
    report: dict[str, Any] = {"expression": text, "passed": False}
    try:
        report["passed"] = seen.value(text) is True
    except ExpressionError as failure:
        report["error"] = failure.told(seen.mask)
    found = _without_brackets(list(lexer.lex(text)))
    if lexer.split(found, _TERNARY):
        return report
    for operator, joined in (("||", _either), ("&&", _both)):
        if len(sides := _sides_of(text, found, operator)) > 1:
            whole = report["passed"] or not levels
            return report if whole else joined(report, sides, seen, levels - 1)
    if comparison := _compared(text, found):
        left, name, right = comparison
        report |= {"left": _side(left, seen), "op": name, "right": _side(right, seen)}
    return report


def _either(report: dict[str, Any], sides: Sequence[str], seen: _Seen, levels: int) -> dict[str, Any]:
    """`a || b || c` as `a || (b || c)`, whose brackets need no evaluation: all of it was false."""
    first, *rest = sides
    left = _report(first, seen, levels)
    right: dict[str, Any] = {"expression": " || ".join(rest), "passed": False}
    if len(rest) == 1:
        right = _report(rest[0], seen, levels)
    elif levels:
        right = _either(right, rest, seen, levels - 1)
    return report | {"left": left, "op": "||", "right": right}


def _both(report: dict[str, Any], sides: Sequence[str], seen: _Seen, levels: int) -> dict[str, Any]:
    """The first side that does not hold, whatever their number: each is evaluated once."""
    failing = next((side for side in sides if not _holds(side, seen)), None)
    return report if failing is None else _report(failing, seen, levels)


def _holds(text: str, seen: _Seen) -> bool:
    try:
        return seen.value(text) is True
    except ExpressionError:
        return False


def _side(text: str, seen: _Seen) -> Any:
    try:
        return seen.value(text)
    except ExpressionError as failure:
        return f"({failure.told(seen.mask)})"


def _sides_of(text: str, found: Sequence[lexer.Token], operator: str) -> list[str]:
    """The texts between all uses of an operator outside all brackets; one where it is not used."""
    places = [place for place in lexer.split(found, frozenset({operator})) if 0 < place < len(found) - 1]
    starts = [found[0].start, *(found[place].end for place in places)] if found else []
    ends = [*(found[place].start for place in places), found[-1].end] if found else []
    return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def _compared(text: str, found: Sequence[lexer.Token]) -> tuple[str, str, str] | None:
    """The texts left and right of the last comparison outside all brackets, and its operator."""
    places = [place for place in lexer.split(found, _COMPARISONS) if 0 < place < len(found) - 1]
    if not places:
        return None
    token = found[places[-1]]
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
