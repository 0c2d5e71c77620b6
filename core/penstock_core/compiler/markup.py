"""Bodies of XML and JSON that are written as text: a value in one must be encoded, or it can end the text that it stands in."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from penstock_core.body.text import parse_content_type
from penstock_core.compiler.habits import Habit
from penstock_core.expressions.reading import tokens as lexer

_XML: Final = "xmlEscape"
_JSON: Final = "jsonEncode"
_BEGINS: Final = ((re.compile(r"\s*<[?!A-Za-z]"), _XML), (re.compile(r"\s*[\[{]"), _JSON))
_HARMLESS: Final = frozenset(
    [_XML, _JSON, "urlEncode", "int", "uint", "double", "bool", "size", "sha256", "hmac", "uuid", "base64.encode"]
)
"""Functions that give nothing that could be taken for markup."""


def unencoded(text: str, content_type: str) -> Iterator[Habit]:
    """The expressions of such a body, a template that compiles, that stand in it bare; `content_type` is the declared one."""
    parts = lexer.parts(text)
    if len(parts) == 1:
        return  # one expression alone is the body itself
    function = _function(parts[0], content_type)
    for part in parts if function else ():
        if part.expression and not _is_encoded(list(lexer.lex(part.text))):
            line, column = lexer.position(text, part.start)
            shown, kind = part.text.strip(), "XML" if function == _XML else "JSON"
            yield Habit(
                f"`${{{shown}}}` stands in {kind} as it is, so that a value with {_dangerous(function)} in it breaks the"
                f" body: write `${{{function}({shown})}}`{_without_quotes(function)}",
                line,
                column,
            )


def _function(first: lexer.Part, content_type: str) -> str:
    """What encodes values in such a body, '' where it is neither XML nor JSON."""
    media_type, _ = parse_content_type(content_type)
    if media_type.endswith(("/json", "+json")):
        return _JSON
    if media_type.endswith(("/xml", "+xml")):
        return _XML
    if media_type or first.expression:
        return ""
    return next((function for begins, function in _BEGINS if begins.match(first.text)), "")


def _is_encoded(found: Sequence[lexer.Token]) -> bool:
    """Whether an expression is as a whole one call of a function whose result is harmless, or a literal."""
    if len(found) == 1:
        return found[0].kind in ("number", "string")
    chains = lexer.chains(found)
    if not chains or chains[0].start != found[0].start or not chains[0].called:
        return False
    if ".".join((*chains[0].names, chains[0].called)) not in _HARMLESS:
        return False
    depth = 0
    for index, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "symbol" else 0
        if depth == 0 and token.text == ")":
            return index == len(found) - 1
    return False


def _dangerous(function: str) -> str:
    return "`<` or `&`" if function == _XML else "a quote or a line break"


def _without_quotes(function: str) -> str:
    return "" if function == _XML else ", without quotes of your own, or give the value to `json` instead of `body`"
