"""One expression: member access walked in Python, or a CEL program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from penstock_core.errors import ExpressionError
from penstock_core.expressions.reading import paths
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.scope import Scope, look_up
from penstock_core.expressions.values import kind, plain


class Expression(Protocol):
    """What can be evaluated; `type_name` is CEL's name of the result's type, `DYN` where only evaluation tells."""

    @property
    def type_name(self) -> str: ...

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value, in plain Python types; raises `ExpressionError`."""


@dataclass(frozen=True, slots=True)
class Access:
    """Member access: a declared variable and the members below it, where another access gives a key or an index."""

    name: str
    below: tuple["str | int | Access", ...]
    type_name: str = "DYN"

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The member, in plain Python types; raises `ExpressionError` where there is none."""
        value, at = look_up(variables, self.name), self.name
        for given in self.below:
            member = given.key(variables) if isinstance(given, Access) else given
            below = paths.step_into(value, member)
            if below is paths.MISSING:
                from penstock_core.expressions.words.failures import missing  # only where something is wrong

                raise missing(value, at, member)
            value, at = below, f"{at}.{member}" if isinstance(member, str) else f"{at}[{member}]"
        return plain(value)

    def key(self, variables: Mapping[str, Any]) -> str | int:
        """The member as a key or an index: 2.0 is one, as JSON does not tell it from 2."""
        value = self.evaluate(variables)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            name = ".".join((self.name, *map(str, self.below)))
            raise ExpressionError(f"an index is a number or a text, and `{name}` gave {kind(value)}")
        return value


@dataclass(frozen=True, slots=True)
class Computed:
    """What CEL computes; where it fails, its parts are evaluated again to say which of them, and on what."""

    text: str
    scope: Scope
    program: Expression

    @property
    def type_name(self) -> str:
        """That of the program."""
        return self.program.type_name

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value, in plain Python types; raises `ExpressionError`."""
        try:
            return self.program.evaluate(variables)
        except ExpressionError as failure:
            from penstock_core.expressions.words.explanation import explained  # only where something is wrong

            raise explained(
                self.text, self.scope, variables, failure=failure, compile_part=without_explanation
            ) from failure


def compiled(text: str, scope: Scope) -> Expression:
    """Compile an expression, once in each scope; raises `ExpressionError` with line and column in `text`."""
    found = scope.compiled.get(text)
    if found is None:
        program = without_explanation(text, scope)
        if program.type_name.startswith("optional_type"):
            raise _no_value_yet(text)
        found = program if isinstance(program, Access) else Computed(text, scope, program)
        scope.compiled[text] = found
    return cast("Expression", found)


def _no_value_yet(text: str) -> ExpressionError:
    shown = text.strip()
    message = (
        f"`{shown}` gives an optional value, which may be none: end it with `.orValue(…)`, as in `{shown}.orValue('')`"
    )
    return ExpressionError(message, line=1, column=1 + len(text) - len(text.lstrip()))


def without_explanation(text: str, scope: Scope) -> Expression:
    """An expression that says what CEL says where it fails, compiled anew; raises `ExpressionError` as `compiled` does."""
    if "\x00" in text:
        raise ExpressionError("an expression cannot hold the character NUL")
    found = list(lexer.lex(text))
    if not found:
        raise ExpressionError("the expression is empty", line=1, column=1)
    _refuse_raw(text, found)
    path = paths.parse(found, references=True)
    below = _below(path, scope) if path else None
    if path is None or below is None:
        from penstock_core.expressions.cel import engine  # CEL and its messages, only where something is computed

        return engine.compile_program(text, found, scope)
    name = scope.declared(path.members[: path.dotted])
    if name is None:
        line, column = lexer.position(text, found[0].start)
        raise scope.unknown(".".join(map(str, path.members[: min(path.dotted, 4)])), line=line, column=column)
    return Access(name, below[name.count(".") + 1 :])


def _refuse_raw(text: str, found: Sequence[lexer.Token]) -> None:
    for index, token in enumerate(found[:-1]):
        is_method = index > 0 and found[index - 1].text == "."
        if token.text == "raw" and found[index + 1].text == "(" and not is_method:
            line, column = lexer.position(text, token.start)
            raise ExpressionError(
                "`raw(…)` turns off the encoding of a value in http.url, around the whole of a `${…}`: elsewhere nothing is"
                " encoded, so leave it out",
                line=line,
                column=column,
            )


def _below(path: paths.Path, scope: Scope) -> tuple[str | int | Access, ...] | None:
    """The path's members with its references resolved; None where one names no declared variable, for CEL to say so."""
    found: list[str | int | Access] = []
    for member in path.members:
        if isinstance(member, paths.Reference):
            names = member.split(".")
            if (name := scope.declared(names)) is None:
                return None
            found.append(Access(name, tuple(names[name.count(".") + 1 :])))
        else:
            found.append(member)
    return tuple(found)
