"""What one function is: how it is written, what it takes and gives, and where it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.errors import ExpressionError

KINDS: Final = {
    "any": ("int", "uint", "double", "bool", "string", "bytes", "list", "map", "null", "timestamp", "duration"),
    "number": ("int", "uint", "double"),
    "textual": ("string", "int", "uint", "double"),
    "scalar": ("string", "int", "uint", "double", "bool"),
}
"""Words in signatures that stand for several of CEL's types."""


class FunctionError(ExpressionError):
    """What a function says of what it was given; the name is put before it where it is called."""


@dataclass(frozen=True, slots=True)
class Signature:
    """CEL's types of what is taken, a receiver first, and of what is given; or a word of `KINDS`."""

    parameters: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Function:
    """A line of the reference, and what the compiler and the checks need."""

    name: str
    """As it is written: `sort`, `sets.contains`."""
    signatures: tuple[Signature, ...]
    says: str
    """What it gives, in one sentence."""
    example: str
    gives: Any
    """The example's value, in plain Python types."""
    receiver: bool = False
    """Whether it stands behind its first argument: `[2, 1].sort()`."""
    bounds: str = ""
    """How much it takes or gives at most, in words; empty where that is in proportion to what it was given."""
    action: Callable[..., Any] | None = None
    """What does it, over and with plain Python values; None where the CEL library does."""
    macro: bool = False
    """Whether an argument is an expression over the items, as in `map`; then a signature's `expression` is one."""

    @property
    def written(self) -> tuple[str, ...]:
        """Each signature as a reference shows it: `list.slice(int, int) -> list`."""
        return tuple(_written(self, signature) for signature in self.signatures)


def takes(*signatures: str) -> tuple[Signature, ...]:
    """Signatures from texts like `list, int -> list`."""
    return tuple(_signature(text) for text in signatures)


def _signature(text: str) -> Signature:
    before, _, result = text.partition("->")
    return Signature(tuple(name.strip() for name in before.split(",") if name.strip()), result.strip())


def _written(function: Function, signature: Signature) -> str:
    first, rest = ("", signature.parameters)
    if function.receiver:
        first, rest = f"{rest[0]}.", rest[1:]
    return f"{first}{function.name}({', '.join(rest)}) -> {signature.result}"
