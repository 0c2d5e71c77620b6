"""What CEL's standard library and the extensions that are enabled give: the library does it, the reference lists it."""

from typing import Final

from penstock_core.expressions.functions.function import Function, takes

NATIVE: Final = {
    "values": (
        Function("has", takes("expression -> bool"), "Whether a map has a member: the argument ends in `.member`.", "has({'a': 1}.a)", True, macro=True),
        Function("size", takes("string -> int", "bytes -> int", "list -> int", "map -> int"), "Characters of a text, bytes, items of a list, or members of a map.", "size('häuser')", 6),
        Function("type", takes("any -> type"), "The type, to compare with `int`, `string`, `list`, `map`, `null_type` and so on.", "type(1.5) == double", True),
        Function("dyn", takes("any -> any"), "The value, whose type is looked at only when it is evaluated.", "dyn(1) == 1", True),
    ),
}  # fmt: skip
