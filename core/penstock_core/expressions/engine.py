"""The one place that knows the CEL library.

Three things it adds: integers and floats mix in arithmetic and comparisons, as they do in JSON; a variable is converted
only as far as the expression reads it, for conversion costs time in proportion to the value; and its messages are ours.
"""

import functools
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions import tokens as lexer
from penstock_core.expressions.paths import MISSING, step_into
from penstock_core.expressions.scope import Scope, look_up
from penstock_core.expressions.values import from_cel, to_cel

_COMPILE_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?=\n \| |\nERROR: |\Z)", re.DOTALL)
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(
    r"[Nn]o matching overloads? (?:found : |for )'?([^'(\s]+)'?(?: applied to '?)? ?\((.*?)\)"
)
_OPERATORS: Final = {"@in": "in", "!_": "!", "-_": "-", "_[_]": "an index"}
_TYPES: Final = {"int64": "int", "uint64": "uint", "null_type": "null"}

Needs = dict[str, Any]
"""Members that an expression reads below a variable; `_WHOLE` where it reads all of it."""
_WHOLE: Final = None


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression and what it reads."""

    compiled: Any
    needs: Mapping[str, Needs | None]
    names: Mapping[str, str]
    """What each variable is called in what was compiled."""
    type_name: str

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value, in plain Python types; raises `ExpressionError`."""
        data = {self.names[name]: _pick(look_up(variables, name), needs) for name, needs in self.needs.items()}
        try:
            value = self.compiled.eval(data=data)
            result = value.plain_value()
        except TypeError:
            raise ExpressionError("the result is an optional value: end it with `.orValue(…)`") from None
        except RuntimeError as failure:
            raise ExpressionError(_evaluation_message(str(failure))) from failure
        if value.type() == _cel().Type.ERROR:
            raise ExpressionError(_evaluation_message(str(result)))
        return from_cel(result) if not isinstance(result, _cel().Type) else result.name().lower()


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
    numbered = {name: f"{_NUMBERED}{number}" for number, name in enumerate(sorted(needs))}
    if _NUMBERED not in text:
        try:
            compiled = _environment(tuple(numbered.values())).compile(_renamed(text, found, numbered, scope))
            return Program(compiled, needs, numbered, compiled.return_type().name())
        except RuntimeError:
            pass  # with the names as they are written, it says where and why
    try:
        compiled = _environment(tuple(sorted(needs))).compile(text)
    except RuntimeError as failure:
        raise _compile_error(text, str(failure), chains, scope) from failure
    return Program(compiled, needs, {name: name for name in needs}, compiled.return_type().name())


_NUMBERED: Final = "penstock_variable_"


def _renamed(text: str, found: Sequence[lexer.Token], numbered: Mapping[str, str], scope: Scope) -> str:
    """The expression with numbers for its variables' names.

    An environment takes longer to make than most expressions to compile, and serves all that read as many variables.
    """
    starts = {token.start: index for index, token in enumerate(found)}
    parts, at = [], 0
    for chain in lexer.chains(found):
        if name := scope.declared(chain.names):
            first = starts[chain.start]
            last = first + 2 * name.count(".")
            if [token.text for token in found[first : last + 1 : 2]] != name.split("."):
                continue  # `config.?a`, which CEL refuses
            parts += [text[at : chain.start], numbered[name]]
            at = found[last].end
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


def _compile_error(text: str, message: str, chains: Sequence[lexer.Chain], scope: Scope) -> ExpressionError:
    match = _COMPILE_ERROR.search(message)
    if not match:
        return ExpressionError(message.splitlines()[0].removeprefix("INVALID_ARGUMENT: "))
    line, column, reason = int(match[1]), int(match[2]), match[3].strip()
    if undeclared := _UNDECLARED.search(reason):
        name = undeclared[1]
        for chain in chains:
            if name in (".".join(chain.names[: size + 1]) for size in range(len(chain.names))):
                line, column = lexer.position(text, chain.start)
                return scope.unknown(".".join(chain.names[:4]) if chain.names else name, line=line, column=column)
        return ExpressionError(f"there is no function `{name}`", line=line, column=column)
    return ExpressionError(_syntax_message(reason), line=line, column=column)


def _syntax_message(reason: str) -> str:
    reason = reason.removeprefix("Syntax error: ").split(" expecting ")[0]
    if "'<EOF>'" in reason:
        return "the expression ends too early"
    if lexeme := re.fullmatch(r"token recognition error at: '(.*)'?", reason, re.DOTALL):
        at = lexeme[1].rstrip("'")
        if at.startswith("="):
            return "a single `=` is not an operator: equality is `==`"
        if at[:1] in "\"'" or not at:
            return "a text is never closed: end it with the quote it began with"
        return f"`{at}` cannot stand here"
    if lexeme := re.search(r"(?:mismatched|extraneous) input '(.*?)'|no viable alternative at input '(.*?)'", reason):
        return f"`{lexeme[1] or lexeme[2]}` cannot stand here"
    return _overload_message(reason) or reason


def _evaluation_message(reason: str) -> str:
    reason = re.sub(r"^[A-Z_]+: ", "", reason).split(" [", 1)[0]
    if match := re.fullmatch(r'Key not found in map : "?(.*?)"?', reason):
        return f"there is no member `{match[1]}`: test with `has(…)` first"
    if "Applying SELECT" in reason:
        return "a member was read from null or from a value that has no members: test for null first"
    if match := re.search(r"index=(-?\d+) size=(\d+)", reason):
        return f"there is no item {match[1]}: the list has {match[2]}"
    if "iteration" in reason.lower() or "budget" in reason.lower():
        return f"{reason}: use a forEach step for large lists"
    return _overload_message(reason) or reason


def _overload_message(reason: str) -> str:
    match = _OVERLOAD.search(reason)
    if not match:
        return ""
    if match[1] == "<jump_condition>":
        return "the condition before `?` is not true or false"
    name = _OPERATORS.get(match[1], match[1].replace("_", "") if not match[1].strip("_").isalpha() else match[1])
    types = [_TYPES.get(kind.strip(), kind.strip()) for kind in match[2].split(",")]
    return f"`{name}` does not work on {' and '.join(types)}: convert with string(…), int(…) or double(…)"


@functools.cache
def _cel() -> Any:
    from cel_expr_python import cel  # 8 ms that a flow without computed expressions need not pay

    return cel


@functools.lru_cache(maxsize=64)
def _environment(names: tuple[str, ...]) -> Any:
    cel = _cel()
    return cel.NewEnv(
        config=_dialect(),
        variables=dict.fromkeys(names, cel.Type.DYN),
        functions=_operators(),
        extensions=_extensions(),
    )


@functools.cache
def _extensions() -> tuple[Any, ...]:
    from cel_expr_python.ext import (  # as for `_cel`
        ext_bindings,
        ext_encoders,
        ext_math,
        ext_optional,
        ext_strings,
    )

    return (
        ext_strings.ExtStrings(),
        ext_optional.ExtOptional(),
        ext_math.ExtMath(),
        ext_bindings.ExtBindings(),
        ext_encoders.ExtEncoders(),
    )


_ARITHMETIC: Final[dict[str, Callable[[Any, Any], float]]] = {
    "_+_": operator.add,
    "_-_": operator.sub,
    "_*_": operator.mul,
    "_/_": lambda left, right: left / right if right else math.nan if not left else math.copysign(math.inf, left),
    "_%_": lambda left, right: math.fmod(left, right) if right and math.isfinite(left) else math.nan,
}
_EQUALITY: Final = ("_==_", "_!=_")
_ORDER: Final = ("_<_", "_<=_", "_>_", "_>=_")


@functools.cache
def _dialect() -> Any:
    """The standard library without the operators that `_operators` declares anew; evaluation stays native."""
    names = [*_ARITHMETIC, *_EQUALITY, *_ORDER, "@in", "_?_:_"]
    listed = "".join(f'    - name: "{name}"\n' for name in names)
    return _cel().NewEnvConfigFromYaml(f"stdlib:\n  exclude_functions:\n{listed}")


@functools.cache
def _operators() -> tuple[Any, ...]:
    """Operators with mixed numbers: without `double, int` overloads, `1.5 * 2` would not even compile."""
    cel = _cel()
    kind = cel.Type
    numbers = (kind.INT, kind.UINT, kind.DOUBLE)
    dates = (kind.TIMESTAMP, kind.DURATION)

    def declared(name: str, *signatures: tuple[Any, ...], action: Any = None) -> list[Any]:
        return [
            cel.Overload(f"{name}{number}{bool(action)}", result, list(parameters), False, action)
            for number, (*parameters, result) in enumerate(signatures)
        ]

    same = [(number, number, number) for number in numbers]
    mixed = [
        pair for whole in numbers[:2] for pair in ((whole, kind.DOUBLE, kind.DOUBLE), (kind.DOUBLE, whole, kind.DOUBLE))
    ]
    timed = {
        "_+_": [
            *((each, each, each) for each in (kind.STRING, kind.BYTES, kind.LIST, kind.DURATION)),
            (kind.TIMESTAMP, kind.DURATION, kind.TIMESTAMP),
            (kind.DURATION, kind.TIMESTAMP, kind.TIMESTAMP),
        ],
        "_-_": [
            (kind.DURATION, kind.DURATION, kind.DURATION),
            (kind.TIMESTAMP, kind.DURATION, kind.TIMESTAMP),
            (kind.TIMESTAMP, kind.TIMESTAMP, kind.DURATION),
        ],
    }
    ordered = [(left, right, kind.BOOL) for left in numbers for right in numbers]
    ordered += [(each, each, kind.BOOL) for each in (kind.STRING, kind.BYTES, kind.BOOL, *dates)]
    table = {
        **{name: declared(name, (kind.DYN, kind.DYN, kind.BOOL)) for name in _EQUALITY},
        **{name: declared(name, *ordered) for name in _ORDER},
        "@in": declared("@in", (kind.DYN, kind.LIST, kind.BOOL), (kind.DYN, kind.MAP, kind.BOOL)),
        "_?_:_": declared("_?_:_", (kind.BOOL, kind.DYN, kind.DYN, kind.DYN)),
    }
    for name, action in _ARITHMETIC.items():
        native, ours = [*same, *timed.get(name, [])], mixed
        if name == "_%_":  # of two doubles, CEL has none of its own
            native, ours = same[:2], [*mixed, same[2]]
        table[name] = declared(name, *native) + declared(name, *ours, action=functools.partial(_real, action))
    return tuple(cel.FunctionDecl(name, overloads) for name, overloads in table.items())


def _real(action: Callable[[Any, Any], float], left: float, right: float) -> float:
    return float(action(left, right))
