"""When two values are one to CEL, and in which order members are, of which CEL keeps none."""

import math
from decimal import Decimal
from typing import Any


def identity(value: Any) -> Any:
    """What equals another's identity where CEL calls the values equal: 1 and 1.0 are, 1 and true are not, NaN never is."""
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list):
        return (list, tuple(map(identity, value)))
    if isinstance(value, dict):
        return (dict, frozenset((identity(key), identity(item)) for key, item in value.items()))
    return exact(value) if isinstance(value, float) else value


def exact(value: float) -> Any:
    """A float as the number that its shortest text says, as decimals of a body say theirs; NaN equals nothing."""
    if math.isnan(value):
        return object()
    return int(value) if value.is_integer() else Decimal(repr(value))


def ordered(value: Any) -> Any:
    """The value with the members of its maps by their names: the library gives them in another order in each process."""
    if isinstance(value, list):
        return [ordered(item) for item in value]
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=lambda key: (type(key).__name__, key))}
    return value
