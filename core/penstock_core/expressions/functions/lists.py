"""Lists."""

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Context, Decimal, Inexact, localcontext
from typing import Any, Final

from penstock_core.expressions.functions.calling.bounds import MAX_ITEMS, check_count, quoted
from penstock_core.expressions.functions.calling.equality import exact, identity
from penstock_core.expressions.functions.calling.function import Function, FunctionError, takes
from penstock_core.expressions.reading.paths import MISSING, step_into
from penstock_core.expressions.values import kind

_DIGITS: Final = 1_000
"""Of an exact sum of decimals."""
_ITEMS: Final = f"{MAX_ITEMS:,} items"


def _sorted(items: list[Any]) -> list[Any]:
    return sorted(items, key=_orderable(items))


def _sorted_by(items: list[Any], path: str) -> list[Any]:
    keys = [_member(item, path, at) for at, item in enumerate(items)]
    key = _orderable(keys)
    order = sorted(range(len(items)), key=lambda at: key(keys[at]))
    return [items[at] for at in order]


def _least(items: list[Any]) -> Any:
    return min(_some(items), key=_orderable(items))


def _greatest(items: list[Any]) -> Any:
    return max(_some(items), key=_orderable(items))


def _sum(items: list[Any]) -> int | float | Decimal:
    for at, item in enumerate(items):
        if isinstance(item, bool) or not isinstance(item, int | float | Decimal):
            raise FunctionError(f"item {at} is {_told(item)}, not a number")
    if all(isinstance(item, int) for item in items):
        total: int = sum(items)
        return total
    return _decimal_sum(items) if any(isinstance(item, Decimal) for item in items) else _real_sum(items)


def _decimal_sum(items: Iterable[Any]) -> Decimal | float:
    """The exact sum, with the decimals that prices have."""
    numbers = [exact(item) if isinstance(item, float) and math.isfinite(item) else item for item in items]
    if any(isinstance(number, float) for number in numbers):
        return _real_sum(map(float, numbers))
    with localcontext(Context(prec=_DIGITS, traps=[])) as context:
        total = sum(map(Decimal, numbers), Decimal(0))
        if context.flags[Inexact]:
            raise FunctionError(f"the sum has more than {_DIGITS:,} digits")
    return total


def _real_sum(items: Iterable[float]) -> float:
    try:
        return math.fsum(items)
    except OverflowError:
        raise FunctionError("the sum is larger than any number of type double") from None
    except ValueError:
        return math.nan  # infinity and its opposite


def _distinct(items: list[Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(identity(item), item)
    return list(found.values())


def _flattened(items: list[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise FunctionError(f"the depth {depth} is negative")
    for _ in range(depth):
        if not any(isinstance(item, list) for item in items):
            break
        check_count(sum(len(item) if isinstance(item, list) else 1 for item in items), MAX_ITEMS, "items")
        items = [below for item in items for below in (item if isinstance(item, list) else (item,))]
    return items


def _slice(items: list[Any], start: int, end: int | None = None) -> list[Any]:
    end = len(items) if end is None else end
    if not 0 <= start <= end <= len(items):
        raise FunctionError(
            f"from {start} to {end} is not within the list, which has {len(items)} items:"
            " `math.least([n, size(list)])` bounds a number"
        )
    return items[start:end]


def _reversed(items: Sequence[Any]) -> Sequence[Any]:
    return items[::-1]


def _range(first: int, end: int | None = None) -> list[int]:
    first, end = (0, first) if end is None else (first, end)
    check_count(end - first, MAX_ITEMS, "items")
    return list(range(first, end))


def _some(items: list[Any]) -> list[Any]:
    if not items:
        raise FunctionError("the list is empty: test `size(list) > 0` first")
    return items


def _orderable(items: list[Any]) -> Callable[[Any], Any]:
    """What tells the order of items; raises `FunctionError` for the first that has none, or that is of another kind."""
    first = _sort_of(items[0], 0) if items else ""
    for at, item in enumerate(items):
        if _sort_of(item, at) != first:
            raise FunctionError(f"item {at} is {_told(item)}, and item 0 is {first}: only like can be ordered")
    return lambda item: exact(item) if isinstance(item, float) and math.isfinite(item) else item


def _sort_of(item: Any, at: int) -> str:
    if isinstance(item, float) and math.isnan(item):
        raise FunctionError(f"item {at} is NaN, which is neither less nor more than any number")
    if item is None or isinstance(item, list | dict):
        raise FunctionError(f"item {at} is {_told(item)}, which has no order")
    return "bytes" if isinstance(item, bytes) else kind(item)


def _member(item: Any, path: str, at: int) -> Any:
    value = item
    for name in path.split("."):
        value = step_into(value, name)
        if value is MISSING:
            raise FunctionError(f"item {at} has no member {quoted(path)}: it is {quoted(item)}")
    return value


def _told(item: Any) -> str:
    return "null" if item is None else f"{kind(item)}, {quoted(item)}"


FUNCTIONS: Final = (
    Function(
        "sort",
        takes("list -> list"),
        "The items in order: numbers of any type by their value, texts by their characters' code points, false before true.",
        "[3, 1.5, 2].sort()",
        [1.5, 2, 3],
        receiver=True,
        bounds=_ITEMS,
        action=_sorted,
    ),
    Function(
        "sortBy",
        takes("list, string -> list"),
        "The items in the order of a member, which may lie deeper (`'customer.name'`); equal ones stay in their order.",
        "[{'n': 'b'}, {'n': 'a'}].sortBy('n')",
        [{"n": "a"}, {"n": "b"}],
        receiver=True,
        bounds=_ITEMS,
        action=_sorted_by,
    ),
    Function(
        "distinct",
        takes("list -> list"),
        "The items without those that equal an earlier one; 1 and 1.0 are equal, lists and maps by what they hold.",
        "['b', 'a', 'b'].distinct()",
        ["b", "a"],
        receiver=True,
        bounds=_ITEMS,
        action=_distinct,
    ),
    Function(
        "flatten",
        takes("list -> list", "list, int -> list"),
        "The items of lists inside the list, in their place: of one level, or of as many as the number says.",
        "[1, [2, [3]]].flatten()",
        [1, 2, [3]],
        receiver=True,
        bounds=_ITEMS,
        action=_flattened,
    ),
    Function(
        "sum",
        takes("list -> any"),
        "The sum of numbers, 0 of none: exact of whole numbers and of decimals, and of doubles rounded once, not at each step.",
        "[0.1, 0.2, 0.3].sum()",
        0.6,
        receiver=True,
        bounds=_ITEMS,
        action=_sum,
    ),
    Function(
        "min",
        takes("list -> any"),
        "The least item, in the order of `sort`; of equal ones the first.",
        "[3, 1.5, 2].min()",
        1.5,
        receiver=True,
        bounds=_ITEMS,
        action=_least,
    ),
    Function(
        "max",
        takes("list -> any"),
        "The greatest item, in the order of `sort`; of equal ones the first.",
        "['a', 'c', 'b'].max()",
        "c",
        receiver=True,
        bounds=_ITEMS,
        action=_greatest,
    ),
    Function(
        "slice",
        takes("list, int -> list", "list, int, int -> list"),
        "The items from the first index up to, and without, the second; both lie within the list.",
        "[1, 2, 3, 4].slice(1, 3)",
        [2, 3],
        receiver=True,
        bounds=_ITEMS,
        action=_slice,
    ),
    Function(
        "reverse",
        takes("list -> list", "string -> string"),
        "The items, or a text's characters, from the last to the first.",
        "[1, 2, 3].reverse()",
        [3, 2, 1],
        receiver=True,
        bounds=_ITEMS,
        action=_reversed,
    ),
    Function(
        "lists.range",
        takes("int -> list", "int, int -> list"),
        "The whole numbers from 0, or from the first number, up to and without the last.",
        "lists.range(3)",
        [0, 1, 2],
        bounds=_ITEMS,
        action=_range,
    ),
)
