"""Lists as sets: equality is CEL's, the order and repeats do not count."""

from typing import Any, Final

from penstock_core.expressions.functions.calling.bounds import MAX_ITEMS
from penstock_core.expressions.functions.calling.equality import identity
from penstock_core.expressions.functions.calling.function import Function, takes

_ITEMS: Final = f"{MAX_ITEMS:,} items each"


def _contains(items: list[Any], wanted: list[Any]) -> bool:
    return set(map(identity, items)) >= set(map(identity, wanted))


def _equivalent(items: list[Any], others: list[Any]) -> bool:
    return set(map(identity, items)) == set(map(identity, others))


def _intersects(items: list[Any], others: list[Any]) -> bool:
    return not set(map(identity, items)).isdisjoint(map(identity, others))


FUNCTIONS: Final = (
    Function(
        "sets.contains",
        takes("list, list -> bool"),
        "Whether each item of the second list is one of the first.",
        "sets.contains(['a', 'b', 'c'], ['c', 'a'])",
        True,
        bounds=_ITEMS,
        action=_contains,
    ),
    Function(
        "sets.equivalent",
        takes("list, list -> bool"),
        "Whether each item of either list is one of the other.",
        "sets.equivalent([1, 2, 2], [2.0, 1])",
        True,
        bounds=_ITEMS,
        action=_equivalent,
    ),
    Function(
        "sets.intersects",
        takes("list, list -> bool"),
        "Whether any item is in both lists.",
        "sets.intersects(['new', 'vip'], ['vip'])",
        True,
        bounds=_ITEMS,
        action=_intersects,
    ),
)
