"""Plain member access, `trigger.body.lines[0].sku`, walked in Python.

Most templates are nothing else, so most flows never load CEL (a third of a small flow's start), and bytes and large
integers pass through whole. The gateway's restricted expressions consist of these as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.expressions.tokens import Token

MISSING: Final = object()
"""What `step_into` gives where there is no such member."""

KEYWORDS: Final = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True, slots=True)
class Path:
    """Members and literal indexes from a variable on; texts are names or keys, integers are list indexes."""

    members: tuple[str | int, ...]
    dotted: int
    """How many of the first members are plain names: only these can be the variable's own dotted name."""


def parse(tokens: Sequence[Token]) -> Path | None:
    """The path that the tokens are, or None where they are anything else."""
    if not tokens or tokens[0].kind != "name" or tokens[0].text in KEYWORDS:
        return None
    members: list[str | int] = [tokens[0].text]
    dotted, at = 1, 1
    while at < len(tokens):
        following = [token.text for token in tokens[at : at + 3]]
        if following[0] == "." and len(following) > 1 and tokens[at + 1].kind == "name":
            dotted += dotted == len(members)
            members.append(following[1])
            at += 2
        elif following[0] == "[" and following[2:] == ["]"] and (key := literal(tokens[at + 1])) is not None:
            members.append(key)
            at += 3
        else:
            return None
    return Path(tuple(members), dotted)


def literal(token: Token) -> str | int | None:
    """The value of a text literal without escapes or of a whole number; None for everything else."""
    if token.kind == "number":
        return int(token.text) if token.text.isdigit() else None
    if token.kind != "string" or "\\" in token.text or token.text[0] not in "'\"":
        return None
    quote = token.text[:3] if token.text[:3] in ('"""', "'''") and len(token.text) >= 6 else token.text[0]
    return token.text[len(quote) : -len(quote)]


def step_into(value: Any, member: str | int) -> Any:
    """The member of a map or the item of a list, else `MISSING`."""
    if isinstance(value, Mapping):
        return value.get(member, MISSING)
    if isinstance(value, list | tuple) and isinstance(member, int) and 0 <= member < len(value):
        return value[member]
    return MISSING
