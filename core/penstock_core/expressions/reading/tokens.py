"""The lexer of expressions: as much of CEL's grammar as is needed to look at a text without evaluating it.

It finds where a `${…}` ends (a brace inside a string literal does not end it), which variables a text names, and where
its top-level operators stand. It accepts everything CEL accepts; what CEL refuses, CEL reports.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from penstock_core.errors import ExpressionError

_LEXEMES: Final = r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<string>
        (?:[bB]?[rR]|[rR][bB])(?:\"{3}(?:.|\n)*?\"{3}|'{3}(?:.|\n)*?'{3}|"[^"\n]*"|'[^'\n]*')
      | [bB]?(?:\"{3}(?:\\(?:.|\n)|[^\\])*?\"{3}|'{3}(?:\\(?:.|\n)|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    )
  | (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<symbol>&&|\|\||==|!=|<=|>=|.)
    """
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    """One lexeme; `start` and `end` are offsets into the text."""

    kind: str
    text: str
    start: int
    end: int


class Chain(NamedTuple):
    """Names joined by dots, `trigger.body.id` or `trigger.body.?id`; a function's or method's name is left out of `names`."""

    names: tuple[str, ...]
    called: str
    start: int


class Part(NamedTuple):
    """A piece of a template: literal text, or an expression and its offset in the template."""

    text: str
    expression: bool
    start: int


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


@functools.cache
def _lexemes() -> re.Pattern[str]:
    """Compiled when first needed: it takes as long as importing this package, and many flows hold no expression."""
    return re.compile(_LEXEMES, re.VERBOSE)


def lex(text: str, start: int = 0) -> Iterator[Token]:
    """The tokens from `start` on, without spaces and comments."""
    for match in _lexemes().finditer(text, start):
        kind = match.lastgroup
        if kind != "space":
            yield Token(str(kind), match[0], *match.span())


def parts(text: str) -> list[Part]:
    """A template as literal and expression parts; `$${` is a literal `${`. Raises `ExpressionError`."""
    found: list[Part] = []
    literal, literal_start, at = "", 0, 0
    while (dollar := text.find("${", at)) >= 0:
        if dollar > 0 and text[dollar - 1] == "$" and dollar - 1 >= at:
            literal, at = literal + text[at : dollar - 1] + "${", dollar + 2
            continue
        literal += text[at:dollar]
        if literal:
            found.append(Part(text=literal, expression=False, start=literal_start))
        end = _closing_brace(text, dollar + 2)
        found.append(Part(text=text[dollar + 2 : end], expression=True, start=dollar + 2))
        literal, literal_start, at = "", end + 1, end + 1
    literal += text[at:]
    if literal or not found:
        found.append(Part(text=literal, expression=False, start=literal_start))
    return found


def _closing_brace(text: str, start: int) -> int:
    depth = 0
    for match in _lexemes().finditer(text, start):
        if match.lastgroup != "symbol":
            continue
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            if depth == 0:
                return match.start()
            depth -= 1
    line, column = position(text, start - 2)
    raise ExpressionError(
        "`${` is never closed: end the expression with `}`, or write `$${` for a literal `${`", line=line, column=column
    )


def chains(tokens: Sequence[Token]) -> list[Chain]:
    """Every chain of names, in order; members after an index or a call do not start a chain."""
    found: list[Chain] = []
    at = 0
    while at < len(tokens):
        if tokens[at].kind != "name" or _is_member(tokens, at):
            at += 1
            continue
        start, names = at, [tokens[at].text]
        while step := _member_ahead(tokens, at):
            at += step
            names.append(tokens[at].text)
        called = names.pop() if at + 1 < len(tokens) and tokens[at + 1].text == "(" else ""
        found.append(Chain(names=tuple(names), called=called, start=tokens[start].start))
        at += 1
    return found


def _member_ahead(tokens: Sequence[Token], at: int) -> int:
    """How many tokens the next `.name` or `.?name` takes; 0 where there is none."""
    ahead = tokens[at + 1 : at + 4]
    if len(ahead) > 1 and ahead[0].text == "." and ahead[1].kind == "name":
        return 2
    optional = len(ahead) > 2 and ahead[0].text == "." and ahead[1].text == "?" and ahead[2].kind == "name"
    return 3 if optional else 0


def _is_member(tokens: Sequence[Token], at: int) -> bool:
    """True for a name behind a dot that follows an operand: `f(x).name`; `.name` alone is a variable."""
    if at == 0 or tokens[at - 1].text != ".":
        return False
    before = tokens[at - 2] if at > 1 else None
    return before is not None and (before.kind != "symbol" or before.text in ")]}")


def closing(tokens: Sequence[Token], at: int) -> Token | None:
    """The bracket that closes the one at `at`; None where there is none."""
    expected: list[str] = []
    for token in tokens[at:]:
        if token.kind == "symbol" and token.text in _OPENING:
            expected.append(_OPENING[token.text])
        elif token.kind == "symbol" and token.text == expected[-1]:
            expected.pop()
        if not expected:
            return token
    return None


def split(tokens: Sequence[Token], operators: frozenset[str]) -> list[int]:
    """Indexes of the tokens among `operators` that stand outside all brackets."""
    found, expected = [], []
    for index, token in enumerate(tokens):
        if token.kind == "symbol" and token.text in _OPENING:
            expected.append(_OPENING[token.text])
        elif expected and token.text == expected[-1] and token.kind == "symbol":
            expected.pop()
        elif not expected and token.text in operators and token.kind in ("symbol", "name"):
            found.append(index)
    return found
