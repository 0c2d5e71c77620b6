"""Why an expression failed with the values that it had: its parts are evaluated again, to say which of them and on what.

Only what failed pays for it. Parts that have a variable of their own (`l` in `lines.map(l, …)`) are tried item by item.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from penstock_core.errors import ExpressionError
from penstock_core.expressions.quoting import AboutValues, Guarded, Piece, Value
from penstock_core.expressions.reading import syntax
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.scope import Scope, look_up
from penstock_core.expressions.reading.syntax import Node
from penstock_core.expressions.words import failures, habits
from penstock_core.expressions.words.failures import UNKNOWN, Part

MAX_PARTS: Final = 1000
"""Parts that are evaluated to explain one failure; a tenth of a millisecond each where little data is read."""
MAX_SECONDS: Final = 0.5
"""After which no further part is evaluated: large data is converted for each."""
_CONDITIONS: Final = frozenset({"all", "exists", "exists_one", "existsOne", "filter"})
_MACROS: Final = _CONDITIONS | {"map"}
"""Methods whose first argument is a name for each item."""


class Evaluated(Protocol):
    """A compiled part; `type_name` is CEL's name of its type."""

    @property
    def type_name(self) -> str: ...

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Its value; raises `ExpressionError`."""


Compile = Callable[[str, Scope], Evaluated]


def explained(
    text: str, scope: Scope, variables: Mapping[str, Any], *, failure: ExpressionError, compile_part: Compile
) -> ExpressionError:
    """The failure of an expression, with the part that failed and its values where they are found.

    `compile_part` compiles a part of it, or raises `ExpressionError`.
    """
    found = failure
    if (tree := syntax.parse(text)) is not None:
        try:
            found = _Search(text, scope, variables, shared=_Shared(compile_part)).cause(tree, failure)
        except (_Enough, RecursionError):
            found = failure
    return found if isinstance(found, AboutValues) else _guarded(text, scope, variables, found)


def _guarded(text: str, scope: Scope, variables: Mapping[str, Any], failure: ExpressionError) -> AboutValues:
    """A failure whose words may quote a part of what the expression read."""
    names = filter(None, (scope.declared(chain.names) for chain in lexer.chains(list(lexer.lex(text)))))
    read = tuple(look_up(variables, name) for name in dict.fromkeys(names))
    return AboutValues((Guarded(str(failure), read),), line=failure.line, column=failure.column)


class _Enough(Exception):
    """The failure has too many parts to look at."""


class _Shared:
    """How parts are compiled, and how many more may be evaluated."""

    def __init__(self, compile_part: Compile) -> None:
        self.compile_part = compile_part
        self._left = MAX_PARTS
        self._until = time.monotonic() + MAX_SECONDS

    def spend(self) -> None:
        """One part more. Raises _Enough."""
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._until:
            raise _Enough


class _Search:
    """Looks for the innermost part that fails, in one scope with one set of values."""

    def __init__(self, text: str, scope: Scope, variables: Mapping[str, Any], *, shared: _Shared) -> None:
        self._text = text
        self._scope = scope
        self._variables = variables
        self._shared = shared

    def cause(self, node: Node, failure: ExpressionError) -> ExpressionError:
        """Why a part that fails does: the cause of the first of its parts that fails, else its own."""
        if _names_items(node) and (found := self._in_items(node)) is not None:
            return found
        parts: list[Part] = []
        for below in self._evaluated(node):
            part = self._part(below)
            if part.failure is not None:
                return self.cause(below, part.failure)
            parts.append(part)
        found = failures.described(node, parts, failure, text=self._text)
        if node.kind == "select" and (said := habits.after_member(self._text, node.start, node.end)):
            return AboutValues((*_pieces(found), said), line=found.line, column=found.column)
        return found

    def _evaluated(self, node: Node) -> Sequence[Node]:
        """The parts that count: of a ternary its condition and the side that it chose."""
        if node.kind == "ternary":
            condition, yes, no = node.parts
            answer = self._part(condition).value
            return (yes if answer else no,) if isinstance(answer, bool) else (condition,)
        if node.kind == "call" and node.name == "has":
            return [part for below in node.parts for part in below.parts]
        return node.parts[:1] if _names_items(node) else node.parts

    def _in_items(self, node: Node) -> ExpressionError | None:
        """The cause inside of `target.map(name, …)`: of the first item that fails, which the message names."""
        target, name, *bodies = node.parts
        items = self._part(target)
        if not isinstance(items.value, list | dict):
            return None
        scope = Scope(self._scope.names | {name.name})
        for index, item in enumerate(items.value):
            search = _Search(self._text, scope, {**self._variables, name.name: item}, shared=self._shared)
            if (found := search.of_item(node.name, bodies)) is not None:
                pieces = _pieces(found)
                which: Sequence[Piece] = (f"item {index}",) if isinstance(items.value, list) else ("key ", Value(item))
                return AboutValues((*pieces, " (in ", *which, f" of `{items.text}`)"))
        return None

    def of_item(self, macro: str, bodies: Sequence[Node]) -> ExpressionError | None:
        """Why a macro fails for the one item that its variable stands for; None where it does not."""
        conditions = bodies if macro in _CONDITIONS else bodies[:-1]
        for body in bodies:
            part = self._part(body)
            if part.failure is not None:
                return self.cause(body, part.failure)
            if body in conditions and part.value is not UNKNOWN:
                if not isinstance(part.value, bool):
                    return failures.no_condition(part)
                if not part.value:
                    return None
        return None

    def _part(self, node: Node) -> Part:
        self._shared.spend()
        text = self._text[node.start : node.end]
        try:
            found = self._shared.compile_part(text, self._scope)
        except ExpressionError:
            return Part(node, text, UNKNOWN)
        if found.type_name.startswith("optional_type"):
            return Part(node, text, UNKNOWN)
        try:
            return Part(node, text, found.evaluate(self._variables))
        except ExpressionError as failure:
            return Part(node, text, UNKNOWN, failure)


def _pieces(failure: ExpressionError) -> Sequence[Piece]:
    return failure.pieces if isinstance(failure, AboutValues) else (str(failure),)


def _names_items(node: Node) -> bool:
    is_macro = node.kind == "call" and node.of_target and node.name in _MACROS
    return is_macro and len(node.parts) > 2 and node.parts[1].kind == "name"
