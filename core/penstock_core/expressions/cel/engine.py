"""Compiles expressions with the CEL library and evaluates them.

A variable is converted only as far as the expression reads it, for conversion costs time in proportion to the value.
The library is known here, in `dialect` (what there is to write) and in `words.messages` (what it says when something is wrong).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions import functions
from penstock_core.expressions.cel import conversions, nulls
from penstock_core.expressions.cel.dialect import called, cel, environment, optional_calls
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.paths import MISSING, step_into
from penstock_core.expressions.reading.scope import Scope, look_up
from penstock_core.expressions.values import begin, from_cel, to_cel

Needs = dict[str, Any]
"""Members that an expression reads below a variable; `_WHOLE` where it reads all of it."""
_WHOLE: Final = None
Edit = tuple[int, int, str]
"""From where to where in an expression, and what is put there."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression and what it reads."""

    compiled: Any
    needs: Mapping[str, Needs | None]
    names: Mapping[str, str]
    """What each variable is called in what was compiled."""
    type_name: str
    calls: bool = False
    """Whether it calls functions that are done in Python."""

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value, in plain Python types; raises `ExpressionError`."""
        before = nulls.count()
        data = begin(
            lambda: {self.names[name]: _pick(look_up(variables, name), needs) for name, needs in self.needs.items()}
        )
        nulls.reserve(cel(), nulls.count() - before)
        if not self.calls:
            return self._value(data)
        from penstock_core.expressions.functions.calling.bounds import evaluation

        with evaluation() as going_on:
            try:
                return self._value(data)
            except ExpressionError as failure:
                if going_on.refusal:
                    raise ExpressionError(going_on.refusal) from failure
                raise

    def _value(self, data: Mapping[str, Any]) -> Any:
        try:
            value = self.compiled.eval(data=data)
            result = value.plain_value()
        except (TypeError, SystemError):  # the second where a list holds it
            raise ExpressionError("the result is an optional value: end it with `.orValue(…)`") from None
        except RuntimeError as failure:
            raise _failed(str(failure)) from failure
        if value.type() == cel().Type.ERROR:
            raise _failed(str(result))
        return from_cel(result) if not isinstance(result, cel().Type) else result.name().lower()


def _failed(reason: str) -> ExpressionError:
    from penstock_core.expressions.words.messages import evaluation_message  # 3 ms, where something is wrong

    return ExpressionError(evaluation_message(conversions.told(reason)))


def compile_program(text: str, found: Sequence[lexer.Token], scope: Scope) -> Program:
    """Compile an expression; raises `ExpressionError` with line and column in `text`."""
    chains = lexer.chains(found)
    _refuse_has_on_variables(text, found, scope)
    needs: dict[str, Needs | None] = {}
    for chain in chains:
        if name := scope.declared(chain.names):
            _add(needs, name, chain.names[name.count(".") + 1 :])
    if scope.budget is not None:
        scope.budget.spend(text)
    ours = called(found)
    if ours and _OPTIONAL.search(text):
        from penstock_core.expressions.cel.optional_values import refuse_inside_of_arguments  # rare

        refuse_inside_of_arguments(text)
    edits = [*optional_calls(found, ours), *conversions.edits(found)]
    typed = scope.budget is not None
    if ours and typed:
        ours = functions.all_ours()  # who compiles very many makes few environments, whatever each calls
    numbered = {name: f"{_NUMBERED}{number}" for number, name in enumerate(sorted(needs))}
    if _NUMBERED not in text:
        try:
            compiled = _compiled(
                _renamed(text, found, numbered, scope, edits), tuple(numbered.values()), ours, typed=typed
            )
            return Program(compiled, needs, numbered, compiled.return_type().name(), bool(ours))
        except RuntimeError:
            pass  # with the names as they are written, it says where and why
    try:
        names = tuple(sorted(needs))
        compiled = _compiled(text, names, ours, typed=typed)
        compiled = _compiled(_edited(text, edits), names, ours, typed=typed) if edits else compiled
    except RuntimeError as failure:
        from penstock_core.expressions.words.messages import compile_error  # as for `_failed`

        raise compile_error(text, str(failure), chains, scope) from failure
    return Program(compiled, needs, {name: name for name in needs}, compiled.return_type().name(), bool(ours))


def _compiled(text: str, names: tuple[str, ...], ours: tuple[str, ...], *, typed: bool) -> Any:
    """What `first()`, `last()` and their like give at the end of an expression is the value, or a failure."""
    compiled = environment(names, ours, typed).compile(text)
    if compiled.return_type().name().startswith("optional_type") and not _ASKS.search(text):
        compiled = environment(names, ours, typed).compile(f"({text}\n).value()")
    return compiled


_ASKS: Final = re.compile(r"[.\[]\s*\?|\boptional\s*\.")
"""An optional value that an author asked for, as in `a.?b`, and may have forgotten to end."""
_OPTIONAL: Final = re.compile(rf"{_ASKS.pattern}|\b(first|last|extract)\s*\(")
"""An optional value, wherever it comes from."""
_NUMBERED: Final = "penstock_variable_"


def _renamed(
    text: str, found: Sequence[lexer.Token], numbered: Mapping[str, str], scope: Scope, edits: Sequence[Edit]
) -> str:
    """The expression with numbers for its variables' names, and with other edits.

    An environment takes longer to make than most expressions to compile, and serves all that read as many variables.
    """
    starts = {token.start: index for index, token in enumerate(found)}
    renamed = []
    for chain in lexer.chains(found):
        if name := scope.declared(chain.names):
            first = starts[chain.start]
            last = first + 2 * name.count(".")
            if [token.text for token in found[first : last + 1 : 2]] != name.split("."):
                continue  # `config.?a`, which CEL refuses
            renamed.append((chain.start, found[last].end, numbered[name]))
    return _edited(text, [*renamed, *edits])


def _edited(text: str, edits: Iterable[Edit]) -> str:
    parts, at = [], 0
    for start, end, put in sorted(edits):
        parts += [text[at:start], put]
        at = end
    return "".join((*parts, text[at:]))


def _add(needs: dict[str, Any], name: str, members: Sequence[str]) -> None:
    """Note that the members below `name` are read; reading all of a value absorbs reading parts of it."""
    for member in members:
        below = needs.setdefault(name, {})
        if below is _WHOLE:
            return
        needs, name = below, member
    needs[name] = _WHOLE


def _pick(value: Any, needs: Needs | None) -> Any:
    """A copy of the value with only what is read, as CEL takes it."""
    if needs is _WHOLE or not isinstance(value, Mapping):
        return to_cel(value)
    found = ((member, step_into(value, member), below) for member, below in needs.items())
    return {member: _pick(item, below) for member, item, below in found if item is not MISSING}


def _refuse_has_on_variables(text: str, found: Sequence[lexer.Token], scope: Scope) -> None:
    """`has()` directly on a declared name answers the value, not whether it is there."""
    for index, token in enumerate(found[:-2]):
        if token.text != "has" or found[index + 1].text != "(":
            continue
        chain = lexer.chains(found[index + 2 :])[:1]
        if not chain or chain[0].start != found[index + 2].start:
            continue
        name = ".".join(chain[0].names)
        after = index + 1 + 2 * len(chain[0].names)
        if name in scope.names and after < len(found) and found[after].text == ")":
            line, column = lexer.position(text, token.start)
            remedy = f"`{name} != null`"
            if name.startswith("steps."):
                remedy = f"`steps.{name.split('.')[1]}.status == 'passed'` or {remedy}"
            raise ExpressionError(
                f"`has({name})` cannot tell: the variable is always there, null where nothing set it; write {remedy}",
                line=line,
                column=column,
            )
