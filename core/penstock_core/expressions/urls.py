"""Addresses with `${…}` in them: a value can fill the place in which it stands, and never leave it.

What stands before the first `/` of the path is taken as it is: the base, which may be one expression and may have a path
of its own. Behind it a value is a path segment or a part of one, a name or a value of the query, or of the fragment, and
is percent-encoded. `${raw(…)}` is taken as it is everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from penstock_core.errors import ExpressionError
from penstock_core.expressions.expression import Expression
from penstock_core.expressions.quoting import AboutValues, Value
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.scope import Scope
from penstock_core.expressions.templates import compiled_part
from penstock_core.expressions.values import as_text, kind
from penstock_core.http.addresses import CONTROL

RAW: Final = "raw"
"""The function that turns encoding off; it exists around a whole `${…}` of an address, and nowhere else."""
_SCHEME: Final = "scheme"
_HOST: Final = "host"
_PATH: Final = "path"
_ANY_HOST: Final = re.compile(r"[A-Za-z0-9._~:\[\]\u0080-\U0010ffff-]*")
_LABEL: Final = re.compile(r"(?:[0-9A-Za-z_-]|(?![\u3002\uff0e\uff61])[\u0080-\U0010ffff])*(?::[0-9]+)?")
"""More of a name without a dot, behind which another domain begins; and a port."""
_PORT: Final = re.compile(r"(?::[0-9]+)?")
_PORT_ALONE: Final = re.compile(r"[0-9]*")
_DOTS: Final = re.compile(r"\.{1,2}")


class _Piece(NamedTuple):
    """An expression of an address, with its text as messages show it."""

    expression: Expression
    text: str
    raw: bool


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A compiled address; `parts` are literal texts and expressions."""

    parts: tuple[str | _Piece, ...]

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The address, a text unless it is one expression alone; raises `ExpressionError`, which shows the expression."""
        if len(self.parts) == 1:
            only = self.parts[0]
            return only if isinstance(only, str) else _as_it_is(only, only.expression.evaluate(variables))
        url = ""
        filled: list[tuple[int, int, str]] = []
        for index, part in enumerate(self.parts):
            if isinstance(part, str):
                url += part
                continue
            value = part.expression.evaluate(variables)
            place = _place(url)
            if part.raw or not url:
                text = _as_it_is(part, value)
                _stays_base(part, text, self.parts[index + 1 :])
            elif place in (_SCHEME, _HOST):
                text = _of_host(part, _as_it_is(part, value), url, self.parts[index + 1 :])
            else:
                text = _encoded(part, value, place)
                if place == _PATH:
                    filled.append((len(url), len(url) + len(text), part.text))
            url += text
        return _with_segments(url, filled)


def url_template(text: str, scope: Scope) -> UrlTemplate:
    """Compile an address; raises `ExpressionError` with line and column in `text`."""
    if "${" not in text:
        return UrlTemplate((text,))
    # no bare expression begins like this, so the two share the scope's memory
    found = scope.compiled.get(f"url {text}")
    if found is None:
        parts = tuple(
            _piece(text, part, scope) if part.expression else _literal(text, part) for part in lexer.parts(text)
        )
        found = scope.compiled[f"url {text}"] = UrlTemplate(parts)
    return cast("UrlTemplate", found)


def _literal(text: str, part: lexer.Part) -> str:
    if control := CONTROL.search(part.text):
        line, column = lexer.position(text, part.start + control.start())
        raise ExpressionError(
            f"the address holds the control character U+{ord(control[0]):04X}: write it on one line",
            line=line,
            column=column,
        )
    return part.text


def _piece(text: str, part: lexer.Part, scope: Scope) -> _Piece:
    shown = f"${{{part.text.strip()}}}"
    inside = _inside_raw(part.text)
    if inside is None:
        return _Piece(compiled_part(text, part, scope), shown, raw=False)
    first, end = inside
    part = lexer.Part(text=part.text[first:end], expression=True, start=part.start + first)
    return _Piece(compiled_part(text, part, scope), shown, raw=True)


def _inside_raw(text: str) -> tuple[int, int] | None:
    """Where the argument of `raw(…)` begins and ends, where that is the whole expression."""
    found = list(lexer.lex(text))
    if [token.text for token in found[:2]] != [RAW, "("]:
        return None
    depth = 0
    for index, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "symbol" else 0
        if index and depth == 0:
            return (found[1].end, token.start) if index == len(found) - 1 else None
    return None


def _place(url: str) -> str:
    """Where what follows stands."""
    _, mark, rest = url.partition("://")
    if not mark:
        return _SCHEME
    for place, sign in (("fragment", "#"), ("query", "?"), (_PATH, "/")):
        if sign in rest:
            return place
    return _HOST


def _as_it_is(part: _Piece, value: Any) -> str:
    """A value as a text that can be a part of an address at all."""
    if value is None:
        raise ExpressionError(f"`{part.text}` is null, which no address can hold: test for null first, in `if`")
    if isinstance(value, bytes | bytearray | memoryview):
        raise ExpressionError(f"`{part.text}` is bytes, which no address can hold: make it text first, by string(…)")
    if isinstance(value, Mapping | list | tuple):
        raise ExpressionError(f"`{part.text}` is {kind(value)}, which no address can hold: name one of its members")
    try:
        return as_text(value)
    except ExpressionError as failure:
        raise ExpressionError(f"`{part.text}`: {failure}") from failure


def _stays_base(part: _Piece, text: str, behind: Sequence[Any]) -> None:
    """A base with something behind it that would not be sent, or that would be no base, is refused."""
    if part.raw or not behind:
        return
    if not text:
        raise ExpressionError(f"`{part.text}` is empty, and the address begins with it: give it a value")
    if isinstance(behind[0], str) and behind[0].startswith("://"):
        if text.lower() not in ("http", "https"):
            raise AboutValues(
                (f"`{part.text}` stands before `://` and is ", Value(text), ": only http and https are asked")
            )
    elif "#" in text:
        raise ExpressionError(
            f"`{part.text}` holds a `#`, so that nothing of what stands behind it would be sent: leave its fragment out"
        )


def _of_host(part: _Piece, text: str, url: str, behind: Sequence[Any]) -> str:
    if _host_pattern(url.partition("://")[2], behind).fullmatch(text):
        return text
    raise AboutValues(
        (
            f"`{part.text}` stands in the host and is ",
            Value(text),
            ", which would lead to another one: a path begins with a `/` that is written in http.url itself",
        )
    )


def _host_pattern(before: str, behind: Sequence[Any]) -> re.Pattern[str]:
    """What a value of the host may hold: the domain in which it lies is what the address writes out.

    `before` is what stands of the host, `behind` are the parts that follow.
    """
    if before.endswith(":"):
        return _PORT_ALONE
    is_last = not behind or not isinstance(behind[0], str) or behind[0][0] in "/?#:"
    if not is_last or not before or before.endswith("."):
        return _ANY_HOST
    return _PORT if "." in before and before[-1].isalnum() else _LABEL


def _encoded(part: _Piece, value: Any, place: str) -> str:
    from urllib.parse import quote  # most addresses end with what is taken as it is

    text = _as_it_is(part, value)
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as exc:
        raise ExpressionError(
            f"`{part.text}` holds half a character, U+{ord(text[exc.start]):04X}, which no {place} can hold"
        ) from exc


def _with_segments(url: str, filled: Sequence[tuple[int, int, str]]) -> str:
    """Path segments with values in them: none is empty, and none means another segment."""
    for first, end, shown in reversed(filled):
        begin = url.rfind("/", 0, first) + 1
        end = next((at for at in range(end, len(url)) if url[at] in "/?#"), len(url))
        segment = url[begin:end]
        if not segment:
            raise ExpressionError(
                f"`{shown}` is empty, which would leave a path segment out: test for it first, in `if`"
            )
        if _DOTS.fullmatch(segment):
            url = url[:begin] + segment.replace(".", "%2E") + url[end:]
    return url
