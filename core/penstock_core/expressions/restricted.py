"""The expressions that the gateway itself evaluates: member access, literals and joining.

Every tenant's webhook passes through the gateway, so what it evaluates must end in time proportional to its length,
whatever a tenant wrote: no CEL, no loops, no functions. `deduplicateBy` is such an expression.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions.reading import paths
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.scope import Scope
from penstock_core.values.numbers import number_text
from penstock_core.values.plain_values import is_whole, mended

MAX_LENGTH: Final = 1024
"""Characters in such an expression."""
MAX_TEXT: Final = 4096
"""Characters of a value; one that has more is told by its digest, so that a large one is not kept."""
MAX_WRITTEN: Final = 4300
"""Digits of a whole number that is written out, as many as an integer of JSON may have: 1e999999 is left as it is."""
_OF_BODY: Final = frozenset({"body", "bodyAll", "rawBody"})


@dataclass(frozen=True, slots=True)
class Restricted:
    """A compiled text: literal texts, and members of the trigger's data."""

    parts: tuple[str | tuple[str | int, ...], ...]

    @property
    def is_of_body(self) -> bool:
        """Whether nothing but the body says what it gives."""
        members = [part for part in self.parts if not isinstance(part, str)]
        return bool(members) and all(member[:1] and member[0] in _OF_BODY for member in members)

    def evaluate(self, trigger: Mapping[str, Any]) -> str | None:
        """What tells requests apart; None where a member is missing, null or empty, or where the text is empty.

        With one member that is the joined text, so that 7 is `7`. Several are told by their digest, each by itself and with its
        type: `a` and `bc` are not `ab` and `c`. So are lists, maps and bytes.
        A prefix alone would make repeats of requests that have nothing else in common.

        `trigger` has the members of `reading.scope.TRIGGER_MEMBERS`.
        """
        values = [part if isinstance(part, str) else _member(trigger, part) for part in self.parts]
        if None in values:
            return None
        if sum(not isinstance(part, str) for part in self.parts) > 1:
            return _digest(values)
        return "".join(map(_text, values)) or None


def _member(trigger: Mapping[str, Any], members: tuple[str | int, ...]) -> Any:
    """A member's value, None where it is missing or empty."""
    value: Any = trigger
    for member in members:
        value = paths.step_into(value, member)
        if value is paths.MISSING or value is None:
            return None
    is_told = isinstance(value, str | bytes | bool | int | float | Decimal | dict | list) and value not in (
        "",
        b"",
        [],
        {},
    )
    return value if is_told else None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _short(_whole(value))
    if isinstance(value, dict | list | bytes):
        return _digest(value)
    return _short(_scalar(value))


def _digest(value: Any) -> str:
    """The digest of what a value is, however it was spelled; made piece by piece, for a text of it would be as large again."""
    made = sha256()
    _feed(value, made.update)
    return f"sha256:{made.hexdigest()}"


def _feed(value: Any, take: Callable[[bytes], None]) -> None:
    """Hands over a value's pieces, each behind its kind and its length, so that the value could be made of them again."""
    if isinstance(value, str):
        content = _utf8(value)
        take(b"s%d:" % len(content))
        take(content)
    elif isinstance(value, dict):
        take(b"{%d:" % len(value))
        for key in sorted(value):
            _feed(key, take)
            _feed(value[key], take)
    elif isinstance(value, list):
        take(b"[%d:" % len(value))
        for each in value:
            _feed(each, take)
    elif isinstance(value, bytes):
        take(b"b%d:" % len(value))
        take(value)
    else:
        take(b"%s;" % _scalar(value).encode())


def _scalar(value: bool | int | float | Decimal | None) -> str:
    """`null`, `true`, `false`, or a number's digits."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else _number(value)


def _number(value: int | float | Decimal) -> str:
    """The digits of a number, the same for 1, 1.0 and 1e0, and for 1e22 and what it is written out."""
    if isinstance(value, int) or (isinstance(value, float) and not value.is_integer()):
        return number_text(value)
    sign, digits, exponent = (Decimal(repr(value)) if isinstance(value, float) else value).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - JSON has neither NaN nor infinity
    text = "".join(map(str, digits))
    bare = text.rstrip("0")
    zeros = exponent + len(text) - len(bare)
    if not bare:
        return "0"
    if 0 <= zeros <= MAX_WRITTEN - len(bare):
        return "-" * sign + bare + "0" * zeros
    return number_text(Decimal((sign, digits[: len(bare)], zeros)))


def _utf8(text: str) -> bytes:
    return _whole(text).encode()


def _whole(text: str) -> str:
    return text if is_whole(text) else mended(text)


def _short(text: str) -> str:
    """A text, or its digest."""
    return text if len(text) <= MAX_TEXT else f"sha256:{sha256(text.encode()).hexdigest()}"


def compile_restricted(text: str) -> Restricted:
    """Compile a text with `${…}`; raises `ExpressionError`, with line and column, for what is not allowed here."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the text has {len(text)} characters: {MAX_LENGTH} are the most here")
    return Restricted(tuple(_part(text, part) if part.expression else part.text for part in lexer.parts(text)))


def _part(text: str, part: lexer.Part) -> str | tuple[str | int, ...]:
    found = list(lexer.lex(part.text))
    line, column = lexer.position(text, part.start + (found[0].start if found else 0))
    if len(found) == 1 and found[0].kind in ("string", "number") and (value := paths.literal(found[0])) is not None:
        return str(value)
    path = paths.parse(found)
    if path is None:
        raise ExpressionError(
            "only members of the trigger, as in `${trigger.body.order.id}` or `${trigger.headers['x-id']}`,"
            " and literals are allowed here, because the gateway itself evaluates it: compute in a step instead",
            line=line,
            column=column,
        )
    scope = Scope.of()
    name = scope.declared(path.members[: path.dotted])
    if name is None or not name.startswith("trigger."):
        name = ".".join(map(str, path.members[: path.dotted]))
        if not name.startswith("trigger"):
            raise ExpressionError(
                f"`{name}` is not known before the execution starts: only members of `trigger` are",
                line=line,
                column=column,
            )
        raise scope.unknown(name, line=line, column=column)
    return path.members[1:]
