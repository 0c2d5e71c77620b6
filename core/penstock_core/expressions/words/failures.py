"""What is wrong with values that an expression was given, in sentences that quote them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from penstock_core.errors import ExpressionError
from penstock_core.expressions.quoting import AboutValues, Guarded, Names, Piece, Value, did_you_mean, near
from penstock_core.expressions.reading.syntax import Node
from penstock_core.expressions.values import kind

UNKNOWN: Final = object()
"""The value of a part that has none by itself, such as a function's namespace or a macro's own name."""
_CONVERSIONS: Final[Mapping[str, str]] = {
    "int": "is no whole number",
    "uint": "is no whole number from 0 on",
    "double": "is no number",
    "bool": "is neither true nor false",
    "timestamp": "is no time of RFC 3339: write it as in 2026-01-31T06:00:00Z",
    "duration": "is no duration: write it as in 90s, 1h30m or 500ms",
}
_NO_OVERLOAD: Final = " does not work on "
_CONVERT: Final = "convert with string(…), int(…) or double(…)"


class Part(NamedTuple):
    """A part and what it gave: a `value`, or why it has none."""

    node: Node
    text: str
    value: Any
    failure: ExpressionError | None = None

    @property
    def is_told(self) -> bool:
        """Whether a message quotes its value: that of a literal stands in its text already."""
        return self.value is not UNKNOWN and self.node.kind != "literal"


def described(node: Node, parts: Sequence[Part], failure: ExpressionError, *, text: str) -> ExpressionError:
    """Why a part failed although its own parts gave these values; `text` is the whole expression."""
    match node.kind, parts:
        case ("select", [target]) if target.value is not UNKNOWN:
            return missing(target.value, target.text, node.name)
        case ("index", [target, key]) if UNKNOWN not in (target.value, key.value):
            return missing(target.value, target.text, key.value)
        case ("ternary", [condition, *_]) if not isinstance(condition.value, bool):
            return no_condition(condition)
        case (("unary" | "binary"), _) if node.name in ("!", "&&", "||"):
            wrong = [part for part in parts if part.value is not UNKNOWN and not isinstance(part.value, bool)]
            return no_condition(wrong[0]) if wrong else failure
        case (("unary" | "binary" | "call"), _):
            return _of_operands(node, parts, failure, text=text)
    return failure


def missing(value: Any, at: str, member: Any) -> AboutValues:
    """There is no such member or item in a value, which `at` gave."""
    if value is None:
        return AboutValues((f"`{at}` is null, so there is no `{member}` in it: test for null first",))
    if isinstance(value, list | tuple):
        return _no_item(value, at, member)
    if not isinstance(value, Mapping) and (said := _as_function(at, member)):
        return AboutValues((said,))
    if not isinstance(value, Mapping):
        return AboutValues(
            (f"`{at}` has no members, so there is no `{member}` in it: it is {kind(value)}, ", Value(value))
        )
    if close := near(str(member), map(str, value)):
        return AboutValues(
            (f"there is no member `{member}` in `{at}`: {did_you_mean(close)} Else test with `has(…)` first",)
        )
    has: tuple[Piece, ...] = ("which is empty",) if not value else ("which has ", Names(tuple(map(str, value))))
    return AboutValues((f"there is no member `{member}` in `{at}`, ", *has, ": test with `has(…)` first"))


def _as_function(at: str, member: Any) -> str:
    """Where a member is asked for that is a function's name: how it is written."""
    from penstock_core.expressions import functions
    from penstock_core.expressions.words import habits  # only where something is wrong

    if member in habits.FUNCTIONS:
        return f"there is no `{member}` in `{at}`: {habits.FUNCTIONS[member].replace('x', at, 1)}"
    written = functions.written(member) if member in functions.names() else ()
    return f"`{member}` is a function: it is written {' or '.join(f'`{one}`' for one in written)}" if written else ""


def _no_item(value: Sequence[Any], at: str, member: Any) -> AboutValues:
    if isinstance(member, int) and not isinstance(member, bool):
        return AboutValues((f"there is no item {member}: the list `{at}` has {len(value)}",))
    if said := _as_function(at, member):
        return AboutValues((said,))
    return AboutValues(
        (
            f"`{at}` is a list, and `{member}` a member of its items at best: write `{at}[0]`, or `{at}.map(i, …)` for all",
        )
    )


def no_condition(part: Part) -> AboutValues:
    """What stands where a condition is needed is none."""
    if part.value is None:
        return AboutValues((f"`{part.text}` is null, and not true or false: compare it with something, or with null",))
    is_ = (f"`{part.text}` is ", Value(part.value)) if part.is_told else (f"`{part.text}` is",)
    return AboutValues((*is_, f", {kind(part.value)} and not true or false: compare it with something"))


def _of_operands(node: Node, parts: Sequence[Part], failure: ExpressionError, *, text: str) -> ExpressionError:
    """An operator or a function does not work on the values of its operands."""
    if node.name == "has" and node.kind == "call" and len(parts) == 1:
        return missing(parts[0].value, parts[0].text, node.parts[0].name)
    if node.name == "in" and len(parts) == 2 and not isinstance(parts[1].value, list | dict):
        return _nothing_to_look_into(parts[1])
    nulls = [part for part in parts if part.value is None]
    if nulls and _NO_OVERLOAD in str(failure):
        return _null(node, nulls)
    if (wanted := _CONVERSIONS.get(node.name)) and len(parts) == 1 and isinstance(parts[0].value, str):
        return AboutValues((f"`{text[node.start : node.end]}`: ", Value(parts[0].value), f" {wanted}"))
    head, remedy = _reason(node, parts, failure, text=text)
    told: list[Piece] = []
    for part in parts:
        if part.is_told:
            told += [" and " if told else "", f"`{part.text}` is ", Value(part.value)]
    tail = (f"; {remedy}",) if remedy else ()
    if not told:
        return failure
    if node.kind == "call" and re.match(
        rf"[\w.]*\b{node.name}: ", str(failure)
    ):  # a function's own words, which quote what it was given
        return AboutValues((Guarded(head, [part.value for part in parts if part.is_told]),))
    return AboutValues((head, ": ", *told, *tail))


def _null(node: Node, nulls: Sequence[Part]) -> AboutValues:
    named = " and ".join(f"`{part.text}`" for part in nulls)
    shown = node.name if node.kind != "call" else f"{node.name}(…)"
    if all(part.node.kind == "literal" for part in nulls):
        return AboutValues((f"`{shown}` does not work on null: ask with `== null` or `!= null`",))
    verb = "is" if len(nulls) == 1 else "are"
    return AboutValues((f"{named} {verb} null, on which `{shown}` does not work: test for null first",))


def _nothing_to_look_into(part: Part) -> AboutValues:
    remedy = ": test for null first" if part.value is None else ""
    if isinstance(part.value, str):
        remedy = f": for a part of a text write `{part.text}.contains(…)`"
    return AboutValues((f"`{part.text}` is ", Value(part.value), f", and `in` looks into a list or a map{remedy}"))


def _reason(node: Node, parts: Sequence[Part], failure: ExpressionError, *, text: str) -> tuple[str, str]:
    """What is wrong before the values are quoted, and what to do about it."""
    reason = str(failure)
    if _NO_OVERLOAD in reason:
        head = reason.split(": ")[0]
        return head, _remedy(node, parts)
    part = text[node.start : node.end]
    return (reason if part == text.strip() else f"`{part}`: {reason}"), ""


def _remedy(node: Node, parts: Sequence[Part]) -> str:
    if node.kind == "binary" and len(parts) == 2:
        numbers = [
            part.text for part in parts if isinstance(part.value, int | float) and not isinstance(part.value, bool)
        ]
        texts = [part.text for part in parts if isinstance(part.value, str)]
        if numbers and texts:
            number = f"`int({texts[0]})` or `double({texts[0]})` makes a number of the text"
            return f"`string({numbers[0]})` makes text of the number, {number}" if node.name == "+" else number
    if node.name == "string" and isinstance(parts[0].value, list | dict):
        return f"`jsonEncode({parts[0].text})` writes it as JSON"
    if node.name == "encode" and isinstance(parts[-1].value, str):
        return f"`bytes({parts[-1].text})` makes bytes of the text"
    return _CONVERT
