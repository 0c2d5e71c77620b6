"""The language that expressions are compiled in: CEL's standard library, extensions, and operators of our own.

Integers and floats mix in arithmetic and comparisons, as they do in JSON.
"""

import functools
import math
import operator
from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from penstock_core.expressions import functions
from penstock_core.expressions.cel import conversions
from penstock_core.expressions.reading import tokens as lexer

if TYPE_CHECKING:  # where a function is called
    from penstock_core.expressions.functions.calling.function import Function, Signature


@functools.cache
def cel() -> Any:
    """The library's module."""
    from cel_expr_python import cel as library  # 8 ms that a flow without computed expressions need not pay

    return library


@functools.lru_cache(maxsize=64)
def environment(names: tuple[str, ...], called: tuple[str, ...] = (), typed: bool = False) -> Any:
    """What compiles an expression that reads these variables, and calls these functions of ours.

    The variables' types are known when it is evaluated. To declare all functions would take longer than to compile most.
    Where `typed`, the functions' results have types, so that a wrong use is found; what is evaluated does without.
    """
    library = cel()
    return library.NewEnv(
        config=_dialect(),
        variables=dict.fromkeys(names, library.Type.DYN),
        functions=(
            *_operators(),
            *conversions.declarations(library),
            *(one for name in called for one in _declared(name, typed=typed)),
        ),
        extensions=_extensions(),
    )


@functools.cache
def _extensions() -> tuple[Any, ...]:
    from cel_expr_python.ext import (  # as for `cel`
        ext_bindings,
        ext_encoders,
        ext_math,
        ext_optional,
        ext_strings,
    )

    return (
        ext_strings.ExtStrings(2),  # what comes later is `reverse` alone, which would keep ours for lists out
        ext_optional.ExtOptional(),
        ext_math.ExtMath(),
        ext_bindings.ExtBindings(),
        ext_encoders.ExtEncoders(),
    )


def called(found: Sequence[lexer.Token]) -> tuple[str, ...]:
    """The names of our functions that an expression's tokens call: `sort` of `x.sort()`, `sets.contains`."""
    names = set()
    for at, token in enumerate(found[:-1]):
        if token.kind == "name" and found[at + 1].text == "(":
            before = found[at - 2].text if at > 1 and found[at - 1].text == "." else ""
            names |= {name for name in (token.text, f"{before}.{token.text}") if functions.is_ours(name)}
    return tuple(sorted(names))


def optional_calls(found: Sequence[lexer.Token], names: Sequence[str]) -> list[tuple[int, int, str]]:
    """What to put in place of which characters, so that functions give optional values.

    The library takes none from Python: such a function gives a list of at least none, under another name.
    """
    edits = []
    for at, token in enumerate(found[:-1]):
        called_as = f"{found[at - 2].text}.{token.text}" if at > 1 else ""
        if token.kind == "name" and found[at + 1].text == "(" and called_as in names and _is_optional(called_as):
            close = lexer.closing(found, at + 1)
            edits += [(token.start, token.end, f"{_LISTED}{token.text}")] if close else []
            edits += [(close.end, close.end, ".first()")] if close else []
    return edits


_LISTED: Final = "penstock_list_"


def _is_optional(name: str) -> bool:
    function = functions.find(name)
    return function is not None and function.signatures[0].result == "optional"


@functools.cache
def _declared(name: str, *, typed: bool) -> tuple[Any, ...]:
    from penstock_core.expressions.functions.calling.calls import implementation  # where a function is called

    function = functions.find(name)
    assert function is not None  # noqa: S101 - `called` has found it
    action = implementation(function)
    if not _is_optional(name):
        return (_declaration(function, name, action, typed=typed),)
    topic, _, last = name.rpartition(".")
    listed = _declaration(function, f"{topic}.{_LISTED}{last}", action, typed=False)
    return _declaration(function, name, None, typed=True), listed


def _declaration(function: "Function", name: str, action: Callable[..., Any] | None, *, typed: bool) -> Any:
    shapes = dict.fromkeys(shape for signature in function.signatures for shape in _shapes(signature))
    overloads = []
    for number, (*parameters, result) in enumerate(shapes):
        types = [_type(parameter) for parameter in parameters]
        label = f"penstock_{name}_{number}"
        given = _type(result if typed or result in _MOMENTS else "any")
        overloads.append(cel().Overload(label, given, types, function.receiver, action))
    return cel().FunctionDecl(name, overloads)


_MOMENTS: Final = frozenset({"timestamp", "duration"})
"""What the library takes from a function only where it was declared; of any other type, only where none was, it lets a
function end the evaluation."""


def _shapes(signature: "Signature") -> list[tuple[str, ...]]:
    """The signature for each type that a word of it stands for: the library calls no function with a type of DYN."""
    from penstock_core.expressions.functions.calling.function import KINDS

    choices = [KINDS.get(name, (name,)) for name in signature.parameters]
    return [(*parameters, signature.result) for parameters in product(*choices)]


def _type(name: str) -> Any:
    from penstock_core.expressions.functions.calling.function import KINDS

    kind = cel().Type
    if name == "optional":
        return kind.AbstractType("optional_type", [kind.STRING])
    return kind.DYN if name in KINDS else getattr(kind, name.upper())


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
    names = [*_ARITHMETIC, *_EQUALITY, *_ORDER, "@in", "_?_:_", "double"]
    listed = "".join(f'    - name: "{name}"\n' for name in names)
    return cel().NewEnvConfigFromYaml(f"stdlib:\n  exclude_functions:\n{listed}")


@functools.cache
def _operators() -> tuple[Any, ...]:
    """Operators with mixed numbers: without `double, int` overloads, `1.5 * 2` would not even compile."""
    library = cel()
    kind = library.Type
    numbers = (kind.INT, kind.UINT, kind.DOUBLE)
    dates = (kind.TIMESTAMP, kind.DURATION)

    def declared(name: str, *signatures: tuple[Any, ...], action: Any = None, label: str = "") -> list[Any]:
        return [
            library.Overload(f"{name}{number}{label or bool(action)}", result, list(parameters), False, action)
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
    # a map may stand for a number that CEL lacks
    beyond = [(kind.MAP, kind.MAP), *((kind.MAP, each) for each in numbers), *((each, kind.MAP) for each in numbers)]
    table = {
        **{name: declared(name, (kind.DYN, kind.DYN, kind.BOOL)) for name in _EQUALITY},
        **{name: declared(name, *ordered) for name in _ORDER},
        "double": [
            *declared("double", *((each, kind.DOUBLE) for each in (*numbers, kind.STRING))),
            *declared("double", (kind.MAP, kind.DOUBLE), action=conversions.to_double),
        ],
        "@in": declared("@in", (kind.DYN, kind.LIST, kind.BOOL), (kind.DYN, kind.MAP, kind.BOOL)),
        "_?_:_": declared("_?_:_", (kind.BOOL, kind.DYN, kind.DYN, kind.DYN)),
    }
    for name, action in _ARITHMETIC.items():
        native, ours = [*same, *timed.get(name, [])], mixed
        if name == "_%_":  # of two doubles, CEL has none of its own
            native, ours = same[:2], [*mixed, same[2]]
        table[name] = declared(name, *native) + declared(name, *ours, action=functools.partial(_real, action))
    compared = [(*pair, kind.BOOL) for pair in beyond]
    for name in _ORDER:
        table[name] += declared(name, *compared, action=conversions.order(name), label="beyond")
    refused = [(*pair, kind.DYN) for pair in beyond]
    for name in _ARITHMETIC:
        table[name] += declared(name, *refused, action=conversions.arithmetic(name), label="beyond")
    return tuple(library.FunctionDecl(name, overloads) for name, overloads in table.items())


def _real(action: Callable[[Any, Any], float], left: float, right: float) -> float:
    return float(action(left, right))
