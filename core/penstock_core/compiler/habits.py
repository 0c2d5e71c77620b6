"""What compiles, and is hardly what its author meant: habits of other tools and of YAML, told as warnings."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from penstock_core.expressions import Scope
from penstock_core.expressions.quoting import shortened
from penstock_core.expressions.reading import tokens as lexer

_DOUBLE_BRACES: Final = re.compile(r"\{\{[-~#/^&>!]?\s*(?P<inside>[^{}\n]*?)\s*[-~]?\}\}")
_PATH: Final = r"(?P<inside>(?:trigger|config|steps|item|instance|execution|flow)(?:\.\w+|\[[^\[\]\s]*\])+)"
_OTHER_MARKS: Final = re.compile(rf"(?:\$\(|[#%]\{{|<%=?|(?<![\w$])\$|(?<![\w$#%{{])\{{)\s*{_PATH}\s*(?:\)|\}}|%>)?")
_BARE: Final = re.compile(rf"\s*{_PATH}\s*")
_SIMPLE: Final = re.compile(r"[A-Za-z_][\w.\[\]'\"-]*")
YAML_WORDS: Final = (
    "YAML reads bare y, yes and on as true, and n, no and off as false: put it in quotes where one of these is meant"
)


class Habit(NamedTuple):
    """A warning about a text, with line and column in it."""

    message: str
    line: int
    column: int


def in_template(text: str, scope: Scope) -> Iterator[Habit]:
    """What of the literal parts of a template, one that compiles, looks like another language's."""
    if (bare := _BARE.fullmatch(text)) and scope.declared(bare["inside"].replace("[", ".").split(".")):
        yield Habit(f"this is the text as it stands: for the value write `${{{bare['inside']}}}`", 1, 1)
        return
    for part in lexer.parts(text):
        if part.expression:
            continue
        for pattern in (_DOUBLE_BRACES, _OTHER_MARKS):
            for found in pattern.finditer(part.text):
                line, column = lexer.position(text, part.start + found.start())
                yield Habit(_other_marks(found), line, column)


def _other_marks(found: re.Match[str]) -> str:
    inside = found["inside"].split("|")[0].strip()
    write = f"`${{{inside}}}`" if _SIMPLE.fullmatch(inside) else "`${…}`"
    return f"`{shortened(found[0].strip())}` means nothing here and is sent as it stands: for a value of the flow write {write}"


def of_key(key: Any) -> str:
    """What is to be said of a map's key, '' where nothing is."""
    word = str(key).lower() if isinstance(key, bool) else key
    return f"a key is `{word}`: {YAML_WORDS}" if word in ("true", "false") else ""
