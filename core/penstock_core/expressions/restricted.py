"""The expressions that the gateway itself evaluates: member access, literals and joining.

Every tenant's webhook passes through the gateway, so what it evaluates must end in time proportional to its length,
whatever a tenant wrote: no CEL, no loops, no functions. `deduplicateBy` is such an expression.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions import paths
from penstock_core.expressions import tokens as lexer
from penstock_core.expressions.scope import Scope
from penstock_core.expressions.values import as_text, plain

MAX_LENGTH: Final = 1024
"""Characters in such an expression."""


@dataclass(frozen=True, slots=True)
class Restricted:
    """A compiled text: literal texts, and members of the trigger's data."""

    parts: tuple[str | tuple[str | int, ...], ...]

    def evaluate(self, trigger: Mapping[str, Any]) -> str | None:
        """The joined text; None where a member is missing, null or '', or where the text is empty.

        A prefix alone would make repeats of requests that have nothing else in common.

        `trigger` has the members body, rawBody, contentType, headers, query, path, method, startedAt.
        """
        texts = [part if isinstance(part, str) else _member(trigger, part) for part in self.parts]
        return None if None in texts else "".join(text for text in texts if text is not None) or None


def _member(trigger: Mapping[str, Any], members: tuple[str | int, ...]) -> str | None:
    value: Any = trigger
    for member in members:
        value = paths.step_into(value, member)
        if value is paths.MISSING or value is None:
            return None
    try:
        return as_text(plain(value)) or None
    except ExpressionError:
        return None


def compile_restricted(text: str) -> Restricted:
    """Compile a text with `${…}`; raises `ExpressionError`, with line and column, for what is not allowed here."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the text has {len(text)} characters: {MAX_LENGTH} are the most here")
    return Restricted(tuple(_part(text, part) if part.expression else part.text for part in lexer.parts(text)))


def _part(text: str, part: lexer.Part) -> str | tuple[str | int, ...]:
    found = list(lexer.lex(part.text))
    line, column = lexer.position(text, part.start + (found[0].start if found else 0))
    if len(found) == 1 and found[0].kind in ("string", "number") and (value := paths.literal(found[0])) is not None:
        return str(value)
    path = paths.parse(found)
    if path is None:
        raise ExpressionError(
            "only members of the trigger, as in `${trigger.body.order.id}` or `${trigger.headers['x-id']}`,"
            " and literals are allowed here, because the gateway itself evaluates it: compute in a step instead",
            line=line,
            column=column,
        )
    scope = Scope.of()
    name = scope.declared(path.members[: path.dotted])
    if name is None or not name.startswith("trigger."):
        name = ".".join(map(str, path.members[: path.dotted]))
        if not name.startswith("trigger"):
            raise ExpressionError(
                f"`{name}` is not known before the execution starts: only members of `trigger` are",
                line=line,
                column=column,
            )
        raise scope.unknown(name, line=line, column=column)
    return path.members[1:]
