"""What people write who come from other languages, and how the same is written here."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.scope import Scope
from penstock_core.expressions.reading.tokens import Token

_SIZE: Final = "write `size(x)`"
_UPPER: Final = "write `text.upper(x)`"
_LOWER: Final = "write `text.lower(x)`"
_TEXT: Final = "write `string(x)`"
_OR_ELSE: Final = "write `a.?b.orValue('default')`, or `x != null ? x : 'default'`"
FUNCTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("len", "length", "count"), _SIZE),
    **dict.fromkeys(("upper", "upcase", "toUpper", "toUpperCase", "uppercase"), _UPPER),
    **dict.fromkeys(("lower", "downcase", "toLower", "toLowerCase", "lowercase"), _LOWER),
    **dict.fromkeys(("str", "toString", "text"), _TEXT),
    **dict.fromkeys(("parseInt", "toInt", "integer"), "write `int(x)`"),
    **dict.fromkeys(("float", "parseFloat", "toFloat", "toNumber", "number", "Number"), "write `double(x)`"),
    **dict.fromkeys(("default", "coalesce", "ifNull", "nvl", "getOrDefault"), _OR_ELSE),
    **dict.fromkeys(("includes", "contain", "has_key"), "write `x.contains('part')`, of a list `'item' in x`"),
    **dict.fromkeys(("isEmpty", "empty", "blank"), "write `size(x) == 0`"),
    **dict.fromkeys(("isNull", "isnull", "is_null"), "write `x == null`"),
    **dict.fromkeys(("some", "any", "find"), "write `list.exists(i, i.sku == 'a')`"),
    **dict.fromkeys(("every",), "write `list.all(i, i.qty > 0)`"),
    **dict.fromkeys(("select", "where"), "write `list.filter(i, i.qty > 0)`"),
    **dict.fromkeys(("concat",), "write `a + b`"),
    **dict.fromkeys(("toFixed",), "write `'%.2f'.format([x])`"),
    **dict.fromkeys(("startswith", "starts_with", "hasPrefix"), "write `x.startsWith('part')`"),
    **dict.fromkeys(("endswith", "ends_with", "hasSuffix"), "write `x.endsWith('part')`"),
    **dict.fromkeys(("strip",), "write `x.trim()`"),
    **dict.fromkeys(("unique", "uniq", "dedupe", "distinctBy"), "write `list.distinct()`"),
    **dict.fromkeys(("sorted", "orderBy", "sort_by", "order_by"), "write `list.sort()`, or `list.sortBy('member')`"),
    **dict.fromkeys(("avg", "average", "mean"), "write `list.sum() / double(size(list))`"),
    **dict.fromkeys(("range", "seq", "sequence"), "write `lists.range(n)`"),
    **dict.fromkeys(("capitalize", "titleCase", "titlecase", "initcap"), "write `text.title(x)`"),
    **dict.fromkeys(("lpad", "padStart", "rjust", "zfill", "pad"), "write `text.padLeft(x, 8, '0')`"),
    **dict.fromkeys(("rpad", "padEnd", "ljust"), "write `text.padRight(x, 8)`"),
    **dict.fromkeys(("toJson", "to_json", "toJSON", "json", "stringify", "JSON.stringify"), "write `jsonEncode(x)`"),
    **dict.fromkeys(("fromJson", "from_json", "parseJson", "parse_json", "JSON.parse"), "write `jsonDecode(x)`"),
    **dict.fromkeys(("encodeURIComponent", "uriEncode", "url_encode", "quote"), "write `urlEncode(x)`"),
    **dict.fromkeys(("escapeXml", "xml_escape", "escape", "htmlEscape"), "write `xmlEscape(x)`"),
    **dict.fromkeys(("strftime", "formatDate", "dateFormat", "format_date"), "write `date.format(x, '%d.%m.%Y')`"),
    **dict.fromkeys(
        ("strptime", "parseDate", "parse_date", "toDate", "date"), "write `date.parse(x, '%d.%m.%Y', 'Europe/Zurich')`"
    ),
    **dict.fromkeys(("today", "utcnow", "currentTime", "current_timestamp"), "write `now()`"),
    **dict.fromkeys(("hmacSha256", "hmac_sha256"), "write `hmac('sha256', key, message)`"),
    **dict.fromkeys(("uuid5", "uuidv5", "generateUuid"), "write `uuid('url', name)`: of a name, always the same"),
    "math.sum": "write `list.sum()`",
    "math.max": "write `math.greatest(a, b)`",
    "math.min": "write `math.least(a, b)`",
    **dict.fromkeys(("stringify", "toJson", "toJSON", "to_json", "json", "tojson"), "write `jsonEncode(x)`"),
    **dict.fromkeys(("parseJson", "fromJson", "from_json", "fromjson", "JSON.parse"), "write `jsonDecode(x)`"),
    **dict.fromkeys(("iif", "ternary"), "write `condition ? a : b`"),
}
"""By the name that somebody wrote; where there is a function of that name, nobody asks."""

_OPERATORS: Final[Mapping[str, str]] = {
    "and": "`and` is written `&&`",
    "or": "`or` is written `||`",
    "not": "`not` is written `!`, as in `!(a == b)`",
    "is": "`is` is written `==`",
    "eq": "`eq` is written `==`",
    "ne": "`ne` is written `!=`",
    "=": "a single `=` is not an operator: equality is `==`",
    "|": "there are no filters behind `|`: call a function, as in `x.trim()`; the or of two conditions is `||`",
    "&": "the and of two conditions is `&&`",
    "if": "`if a then b else c` is written `a ? b : c`",
    "like": "`like` is written `x.contains('part')` or `x.matches('pattern')`",
    "$": "what stands between `${` and `}` has no `$` of its own: write `trigger.body.id`",
    "^": "`^` is no operator: multiply, or compute it in a python step",
    "`": "a member with special characters is written `x['a b']`",
}


_PAIRS: Final[Mapping[tuple[str, str], str]] = {
    ("?", "?"): "`??` is no operator: write `x != null ? x : …`, or `a.?b.orValue(…)`",
    ("[", "*"): "`[*]` is of JSONPath, for `extract`: here write `lines.map(l, l.sku)`",
    ("[", "]"): "`[]` goes through no list: write `lines.map(l, l.sku)`",
    ("=", ">"): "`=>` makes no function: write `lines.map(l, l.sku)`, with a comma",
    ("<", ">"): "`<>` is written `!=`",
    ("==", "="): "`===` is written `==`",
    ("!=", "="): "`!==` is written `!=`",
}
"""Operators of two lexemes, of which CEL refuses the second."""


def of_operator(found: Sequence[Token], at: int | None) -> str:
    """How an operator of another language is written here, '' where it is none; `at` is the token that CEL refuses, if any."""
    if any(_is_safe_navigation(found, index) for index in range(1, len(found) - 1)):
        return "`?.` is written `.?`, as in `trigger.body.?id.orValue('')`"
    if at is None:
        return ""
    token = found[at]
    if token.text == ":" and any(before.text == "[" for before in found[:at]):
        return "a part of a list is written `x.slice(0, 2)`, of a text `x.substring(0, 2)`"
    if token.text == "=" and at + 1 < len(found) and found[at + 1].text == ">":
        return _PAIRS[("=", ">")]
    if at and found[at - 1].text == "not":
        return _OPERATORS["not"]
    pair = _PAIRS.get((found[at - 1].text, token.text), "") if at else ""
    return pair or (_OPERATORS.get(token.text, "") if token.kind in ("symbol", "name") else "")


def sorting(found: Sequence[Token]) -> tuple[Token, str] | None:
    """`lines.sortBy(l, l.id)`, which other implementations of CEL have as a macro: the token, and how it is written here."""
    for index, token in enumerate(found[:-3]):
        opening, name, comma = found[index + 1 : index + 4]
        if token.text == "sortBy" and opening.text == "(" and name.kind == "name" and comma.text == ",":
            last = next((one.text for one in reversed(found[index + 4 :]) if one.kind == "name"), name.text)
            return token, f"`sortBy` takes the name of a member as text, as in `lines.sortBy('{last}')`"
    return None


def _is_safe_navigation(found: Sequence[Token], at: int) -> bool:
    """Whether `?.` stands there, as other languages have it: `a?.b`."""
    before, token, after = found[at - 1 : at + 2]
    return token.text == "?" and after.text == "." and before.end == token.start and token.end == after.start


def subtraction(text: str, found: Sequence[Token], scope: Scope) -> tuple[int, str] | None:
    """A member whose name has a `-`, which CEL reads as a subtraction: its offset, and how it is written; None where there is none."""
    for index, token in enumerate(found[:-1]):
        if token.text != "-" or not _is_inside_of_name(found, index):
            continue
        chain = next((one for one in reversed(lexer.chains(found[:index])) if one.start <= token.start), None)
        if chain is None or scope.declared(chain.names) is None or _is_variable(found, index + 1, scope):
            continue
        last, end = found[index - 1], _end_of_name(found, index)
        target, key = text[chain.start : last.start].rstrip("."), text[last.start : end]
        if scope.declared(chain.names) == ".".join(chain.names):
            whole, rest = text[chain.start : last.end], text[last.end + 1 : end]
            return chain.start, f"`{whole}-{rest}` is a subtraction, `{whole}` minus `{rest}`, and there is no `{rest}`"
        if not target:
            continue
        return chain.start, (
            f"`{target}.{key}` is a subtraction, `{text[chain.start : last.end]}` minus `{text[last.end + 1 : end]}`:"
            f" for a member whose name has a `-` write `{target}['{key}']`"
        )
    return None


def after_member(text: str, start: int, end: int) -> str:
    """What is to be said of a member that is not there, where a `-` and a name follow it without a space; '' where none do."""
    target, _, member = text[start:end].rpartition(".")
    behind = re.match(r"(?:-\w+)+", text[end:])
    if behind is None or not target:
        return ""
    key = f"{member}{behind[0]}"
    return f" (`{target}.{key}` is a subtraction: for a member whose name has a `-` write `{target}['{key}']`)"


def _is_inside_of_name(found: Sequence[Token], at: int) -> bool:
    """Whether a `-` has a name before it and a name or a number behind it, without a space."""
    before, dash, after = found[at - 1] if at else found[at], found[at], found[at + 1]
    return (
        before.kind == "name"
        and after.kind in ("name", "number")
        and before.end == dash.start
        and dash.end == after.start
    )


def _end_of_name(found: Sequence[Token], at: int) -> int:
    """Where a name with one or more `-` ends, of which the first is the token `at`."""
    while at + 1 < len(found) and found[at].text == "-" and _is_inside_of_name(found, at):
        at += 2
        if at >= len(found):
            break
    return found[at - 1].end


def _is_variable(found: Sequence[Token], at: int, scope: Scope) -> bool:
    """Whether what begins there is a declared variable: then it may well be a subtraction."""
    chain = lexer.chains(found[at:])[:1]
    return bool(chain) and chain[0].start == found[at].start and scope.declared(chain[0].names) is not None
