"""Optional values where a function of ours would be given them, which ends the process.

The library makes objects of what a list or a map holds, and knows no object for an optional value: it reads memory that
is none. So an expression that hands one over is not compiled. It is found by its form, for the types are lost in `a ? b : c`.
"""

import re
from collections.abc import Sequence
from typing import Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions import functions
from penstock_core.expressions.reading import syntax
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.syntax import Node

_OPTIONAL: Final = frozenset({"first", "last", "optMap", "optFlatMap", "or"})
"""Methods that give one."""


def refuse_inside_of_arguments(text: str) -> None:
    """Raises `ExpressionError`, with line and column, where a list or a map with one in it is a function's argument."""
    root = syntax.parse(text)
    if root is not None:
        _look_through(root, text)


def _look_through(node: Node, text: str) -> None:
    name = _name(node, text)
    for part in node.parts:
        if (functions.is_ours(name) or name == "bind") and _holds(part, text):
            line, column = lexer.position(text, part.start)
            # what a name is bound to may be given to a function by that name
            raise ExpressionError(
                f"`{text[part.start : part.end]}` holds an optional value, which `{name}` cannot be given:"
                " end it with `.orValue(…)`",
                line=line,
                column=column,
            )
        _look_through(part, text)


def _name(node: Node, text: str) -> str:
    """What a call calls, as functions are named; "" for anything else."""
    if node.kind != "call":
        return ""
    qualified = f"{text[node.parts[0].start : node.parts[0].end]}.{node.name}" if node.of_target else ""
    return qualified if functions.is_ours(qualified) else node.name


def _holds(node: Node, text: str) -> bool:
    """Whether a list or a map has an optional value in it."""
    if node.kind in ("list", "map"):
        return any(_gives(part, text) or _holds(part, text) for part in _kept(node, text))
    if node.kind == "call" and node.name == "map" and node.of_target:
        return _gives(node.parts[-1], text) or _holds(node.parts[-1], text)
    if node.kind in ("ternary", "binary") or (node.kind == "call" and node.name in ("filter", "bind", "dyn")):
        return any(_holds(part, text) for part in node.parts)
    return False


def _kept(node: Node, text: str) -> Sequence[Node]:
    """The items of a list, or what a map's members hold, without those that CEL itself unpacks: `[?a.?b]`, `{?'k': a.?b}`."""
    marked = node.parts[:: 2 if node.kind == "map" else 1]
    held = node.parts[1 if node.kind == "map" else 0 :: 2 if node.kind == "map" else 1]
    return [item for mark, item in zip(marked, held, strict=True) if not text[: mark.start].rstrip().endswith("?")]


def _gives(node: Node, text: str) -> bool:
    """Whether it is an optional value itself."""
    if node.kind in ("select", "index"):
        behind = text[node.parts[0].end : node.end]
        return re.match(r"\s*[.\[]\s*\?", behind) is not None or _gives(node.parts[0], text)
    if node.kind == "ternary":
        return any(_gives(part, text) for part in node.parts[1:])
    if node.kind != "call" or not node.of_target:
        return False
    target = text[node.parts[0].start : node.parts[0].end]
    is_made = target == "optional" or f"{target}.{node.name}" == "regex.extract"
    return is_made or node.name in _OPTIONAL or (node.name == "bind" and _gives(node.parts[-1], text))
