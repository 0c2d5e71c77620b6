"""What compiles, and is hardly what its author meant: habits of other tools, told as warnings."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock_core.expressions import tokens as lexer

_DOUBLE_BRACES: Final = re.compile(r"\{\{[-~#/^&>!]?\s*(?P<inside>[^{}\n]*?)\s*[-~]?\}\}")


class Habit(NamedTuple):
    """A warning about a text, with line and column in it."""

    message: str
    line: int
    column: int


def in_template(text: str) -> Iterator[Habit]:
    """What of the literal parts of a template, one that compiles, looks like another language's."""
    if "{{" not in text:
        return
    for part in lexer.parts(text):
        if part.expression:
            continue
        for found in _DOUBLE_BRACES.finditer(part.text):
            line, column = lexer.position(text, part.start + found.start())
            yield Habit(_double_braces(found), line, column)


def _double_braces(found: re.Match[str]) -> str:
    shown = found[0] if len(found[0]) <= 60 else f"{found[0][:57]}…"
    inside = found["inside"].split("|")[0].strip()
    write = f"`${{{inside}}}`" if re.fullmatch(r"[A-Za-z_][\w.\[\]'\"-]*", inside) else "`${…}`"
    return f"`{shown}` means nothing here and is sent as it stands: for a value of the flow write {write}"
