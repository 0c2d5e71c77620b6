"""Texts with `${…}` in them.

A text that is one expression alone keeps the value's type; otherwise the parts are joined as text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from penstock_core.errors import ExpressionError
from penstock_core.expressions.expression import Expression, compiled
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.scope import Scope, UnknownVariable
from penstock_core.expressions.values import as_text


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template; `parts` are literal texts and expressions."""

    parts: tuple[str | Expression, ...]

    @property
    def constant(self) -> bool:
        """True where nothing is evaluated."""
        return all(isinstance(part, str) for part in self.parts)

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value of a lone expression, otherwise the joined text; raises `ExpressionError`."""
        if len(self.parts) == 1:
            only = self.parts[0]
            return only if isinstance(only, str) else only.evaluate(variables)
        return "".join(part if isinstance(part, str) else as_text(part.evaluate(variables)) for part in self.parts)


def template(text: str, scope: Scope) -> Template:
    """Compile a text with `${…}`; raises `ExpressionError` with line and column in `text`."""
    if "${" not in text:
        return Template((text,))
    # no bare expression begins like this, so the two share the scope's memory
    found = scope.compiled.get(f"template {text}")
    if found is None:
        parts = (compiled_part(text, part, scope) if part.expression else part.text for part in lexer.parts(text))
        found = scope.compiled[f"template {text}"] = Template(tuple(parts))
    return cast("Template", found)


def compiled_part(text: str, part: lexer.Part, scope: Scope) -> Expression:
    """Compile an expression of a template; raises `ExpressionError` with line and column in `text`."""
    try:
        return compiled(part.text, scope)
    except ExpressionError as failure:
        line, column = lexer.position(text, part.start)
        column = failure.column + (column - 1 if failure.line <= 1 else 0)
        line = line + max(failure.line, 1) - 1
        if isinstance(failure, UnknownVariable):
            raise UnknownVariable(failure.name, failure.hint, line=line, column=column) from failure
        raise ExpressionError(str(failure), line=line, column=column) from failure


def fill(value: Any, scope: Scope, variables: Mapping[str, Any]) -> Any:
    """A copy of nested lists and maps with every template evaluated, in keys as well (joined as text)."""
    if isinstance(value, str):
        return template(value, scope).evaluate(variables) if "${" in value else value
    if isinstance(value, Mapping):
        return {_key(key, scope, variables): fill(item, scope, variables) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, scope, variables) for item in value]
    return value


def _key(key: Any, scope: Scope, variables: Mapping[str, Any]) -> Any:
    return as_text(fill(key, scope, variables)) if isinstance(key, str) else key
