"""The language that expressions are compiled in: CEL's standard library, extensions, and operators of our own.

Integers and floats mix in arithmetic and comparisons, as they do in JSON.
"""

import functools
import math
import operator
from collections.abc import Callable
from typing import Any, Final

from penstock_core.expressions import conversions


@functools.cache
def cel() -> Any:
    """The library's module."""
    from cel_expr_python import cel as library  # 8 ms that a flow without computed expressions need not pay

    return library


@functools.lru_cache(maxsize=64)
def environment(names: tuple[str, ...]) -> Any:
    """What compiles an expression that reads these variables; their types are known when it is evaluated."""
    library = cel()
    return library.NewEnv(
        config=_dialect(),
        variables=dict.fromkeys(names, library.Type.DYN),
        functions=(*_operators(), *conversions.declarations(library)),
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
