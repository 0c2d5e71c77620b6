"""When two values are one to CEL."""

from typing import Any


def identity(value: Any) -> Any:
    """What equals another's identity where CEL calls the values equal: 1 and 1.0 are, 1 and true are not, NaN never is."""
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list):
        return (list, tuple(map(identity, value)))
    if isinstance(value, dict):
        return (dict, frozenset((identity(key), identity(item)) for key, item in value.items()))
    if isinstance(value, float) and value != value:
        return (float, object())
    return value
