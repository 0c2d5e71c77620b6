"""Plain member access, `trigger.body.lines[index].sku`, walked in Python.

Most templates are nothing else, so most flows never load CEL (a third of a small flow's start), and bytes and large
integers pass through whole. The gateway's restricted expressions consist of these as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.expressions.reading.tokens import Token

MISSING: Final = object()
"""What `step_into` gives where there is no such member."""

KEYWORDS: Final = frozenset({"true", "false", "null", "in"})


class Reference(str):
    """Names joined by dots, whose value is the key or the index; what is no `Reference` stands for itself."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Members and indexes from a variable on; texts are names or keys, integers are list indexes."""

    members: tuple[str | int, ...]
    dotted: int
    """How many of the first members are plain names: only these can be the variable's own dotted name."""


def parse(tokens: Sequence[Token], *, references: bool = False) -> Path | None:
    """The path that the tokens are, or None where they are anything else; only with `references` may it hold such."""
    if not tokens or tokens[0].kind != "name" or tokens[0].text in KEYWORDS:
        return None
    members: list[str | int] = [tokens[0].text]
    dotted, at = 1, 1
    while at < len(tokens):
        following = [token.text for token in tokens[at : at + 2]]
        if following[0] == "." and len(following) > 1 and tokens[at + 1].kind == "name":
            dotted += dotted == len(members)
            members.append(following[1])
            at += 2
        elif following[0] == "[" and (index := _index(tokens, at + 1, references=references)) is not None:
            members.append(index[0])
            at = index[1]
        else:
            return None
    return Path(tuple(members), dotted)


def _index(tokens: Sequence[Token], start: int, *, references: bool) -> tuple[str | int, int] | None:
    """What stands in brackets from `start` on, and where to go on; None where it is neither a literal nor a reference."""
    end = next((at for at in range(start, len(tokens)) if tokens[at].text == "]"), start)
    inside = tokens[start:end]
    if len(inside) == 1 and (key := literal(inside[0])) is not None:
        return key, end + 1
    if references and (path := parse(inside)) is not None and path.dotted == len(path.members):
        return Reference(".".join(map(str, path.members))), end + 1
    return None


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
