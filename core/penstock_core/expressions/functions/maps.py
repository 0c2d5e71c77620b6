"""Maps."""

from typing import Any, Final

from penstock_core.expressions.functions.calling.bounds import MAX_ITEMS
from penstock_core.expressions.functions.calling.equality import ordered
from penstock_core.expressions.functions.calling.function import Function, takes

_MEMBERS: Final = f"{MAX_ITEMS:,} members"


def _keys(members: dict[Any, Any]) -> list[Any]:
    return list(ordered(members))


def _values(members: dict[Any, Any]) -> list[Any]:
    return list(ordered(members).values())


def _merged(members: dict[Any, Any], others: dict[Any, Any]) -> dict[Any, Any]:
    return members | others


FUNCTIONS: Final = (
    Function(
        "keys",
        takes("map -> list"),
        "The names of the members, in their alphabetical order.",
        "{'a': 1}.keys()",
        ["a"],
        receiver=True,
        bounds=_MEMBERS,
        action=_keys,
    ),
    Function(
        "values",
        takes("map -> list"),
        "What the members hold, in the order of `keys`.",
        "{'a': 1}.values()",
        [1],
        receiver=True,
        bounds=_MEMBERS,
        action=_values,
    ),
    Function(
        "merge",
        takes("map, map -> map"),
        "The members of both maps; of a name that is in both, the second map's.",
        "{'a': 1, 'b': 1}.merge({'b': 2})",
        {"a": 1, "b": 2},
        receiver=True,
        bounds=_MEMBERS,
        action=_merged,
    ),
)
