"""The parts of an expression that compiled: what says which of them failed, see `words.explanation`.

A tree of CEL's grammar over the lexer's tokens. What CEL refuses never gets here, so nothing is reported: a text that is
not understood has no tree.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.tokens import Token

_LEVELS: Final = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!=", "<", "<=", ">", ">=", "in"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
"""Binary operators, from those that bind least."""
_END: Final = Token("end", "", 0, 0)


class Node(NamedTuple):
    """A part of an expression, from `start` to `end` of its text.

    `kind` is literal, name, select, index, call, unary, binary, ternary, list or map; `name` is the member, function or
    operator; `parts` are what it is made of, in the order in which they are evaluated: a method's target comes first.
    """

    kind: str
    name: str
    start: int
    end: int
    parts: tuple["Node", ...] = ()
    of_target: bool = False
    """True for a call that is a method's."""


def parse(text: str) -> Node | None:
    """The tree, or None where the text is not understood."""
    reader = _Reader(list(lexer.lex(text)))
    try:
        node = reader.expression()
    except (_NotUnderstood, RecursionError):
        return None
    return node if reader.next is _END else None


class _NotUnderstood(Exception):
    """Something that this grammar does not have."""


class _Reader:
    """Reads one token after the other."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> Token:
        """The token ahead, `_END` behind the last one."""
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def expression(self) -> Node:
        """A whole expression."""
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        yes = self.expression()
        self._expect(":")
        no = self.expression()
        return Node("ternary", "?", condition.start, no.end, (condition, yes, no))

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self.next.text in _LEVELS[level] and self.next.kind in ("symbol", "name"):
            operator = self._pop().text
            right = self._binary(level + 1)
            left = Node("binary", operator, left.start, right.end, (left, right))
        return left

    def _unary(self) -> Node:
        if self.next.text not in ("!", "-") or self.next.kind != "symbol":
            return self._members(self._primary())
        operator = self._pop()
        operand = self._unary()
        return Node("unary", operator.text, operator.start, operand.end, (operand,))

    def _members(self, target: Node) -> Node:
        while self.next.text in (".", "[") and self.next.kind == "symbol":
            target = self._member(target) if self.next.text == "." else self._index(target)
        return target

    def _member(self, target: Node) -> Node:
        self._expect(".")
        self._take("?")
        name = self._pop()
        if name.kind != "name":
            raise _NotUnderstood
        if not self._take("("):
            return Node("select", name.text, target.start, name.end, (target,))
        parts, end = self._list(")")
        return Node("call", name.text, target.start, end, (target, *parts), of_target=True)

    def _index(self, target: Node) -> Node:
        self._expect("[")
        self._take("?")
        key = self.expression()
        end = self._expect("]").end
        return Node("index", "[]", target.start, end, (target, key))

    def _primary(self) -> Node:
        token = self._pop()
        if token.kind in ("number", "string") or token.text in ("true", "false", "null"):
            return Node("literal", "", token.start, token.end)
        if token.kind == "name":
            return self._named(token)
        return self._bracketed(token)

    def _named(self, token: Token) -> Node:
        if not self._take("("):
            return Node("name", token.text, token.start, token.end)
        parts, end = self._list(")")
        return Node("call", token.text, token.start, end, parts)

    def _bracketed(self, token: Token) -> Node:
        match token.text:
            case "(":
                inside = self.expression()
                return inside._replace(start=token.start, end=self._expect(")").end)
            case "[":
                parts, end = self._list("]")
                return Node("list", "", token.start, end, parts)
            case "{":
                parts, end = self._list("}")
                return Node("map", "", token.start, end, parts)
        raise _NotUnderstood

    def _list(self, closing: str) -> tuple[tuple[Node, ...], int]:
        """Expressions between commas, of a map also between colons, up to the closing bracket; and its end."""
        parts: list[Node] = []
        while self.next.text != closing:
            self._take("?")
            parts.append(self.expression())
            if not (self._take(",") or (closing == "}" and self._take(":"))):
                break
        return tuple(parts), self._expect(closing).end

    def _pop(self) -> Token:
        token = self.next
        if token is _END:
            raise _NotUnderstood
        self._at += 1
        return token

    def _take(self, text: str) -> bool:
        found = self.next.kind == "symbol" and self.next.text == text
        self._at += found
        return found

    def _expect(self, text: str) -> Token:
        token = self._pop()
        if token.text != text:
            raise _NotUnderstood
        return token
