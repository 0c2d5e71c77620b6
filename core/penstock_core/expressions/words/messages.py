"""What the CEL library says, in our words: where in the text, what is wrong, and what to write instead."""

import re
from collections.abc import Sequence
from typing import Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions import functions
from penstock_core.expressions.functions.calling.told import told
from penstock_core.expressions.quoting import did_you_mean, listed, near
from penstock_core.expressions.reading import tokens as lexer
from penstock_core.expressions.reading.paths import KEYWORDS
from penstock_core.expressions.reading.scope import RESERVED, Scope
from penstock_core.expressions.words import habits

_COMPILE_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?=\n \| |\nERROR: |\Z)", re.DOTALL)
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(
    r"[Nn]o matching overloads? (?:found : |for )'?(?:\((?P<target>[^()]*)\)\.)?(?P<name>[^'(\s]+)'?"
    r"(?: applied to '?)? ?(?:\((?P<types>.*?)\))?(?:'|$| \[)"
)
_OPERATORS: Final = {"@in": "in", "!_": "!", "-_": "-", "_[_]": "an index"}
_TYPES: Final = {
    "int64": "int",
    "uint64": "uint",
    "null_type": "null",
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
    "type(type": "a type",
    "dyn": "any",
}
WHERE_LISTED: Final = "docs/language.md lists all functions"


def compile_error(text: str, message: str, chains: Sequence[lexer.Chain], scope: Scope) -> ExpressionError:
    """What is wrong with an expression that does not compile, with line and column in `text`."""
    match = _COMPILE_ERROR.search(message)
    if not match:
        return ExpressionError(message.splitlines()[0].removeprefix("INVALID_ARGUMENT: "))
    line, column, reason = int(match[1]), int(match[2]), match[3].strip()
    found = list(lexer.lex(text))
    if dashed := habits.subtraction(text, found, scope):
        start, sentence = dashed
        line, column = lexer.position(text, start)
        return ExpressionError(sentence, line=line, column=column)
    if sorting := habits.sorting(found):
        line, column = lexer.position(text, sorting[0].start)
        return ExpressionError(sorting[1], line=line, column=column)
    if undeclared := _UNDECLARED.search(reason):
        return _undeclared(text, undeclared[1], chains, scope, place=(line, column))
    return ExpressionError(_syntax_message(text, reason, found, place=(line, column)), line=line, column=column)


def _undeclared(
    text: str, name: str, chains: Sequence[lexer.Chain], scope: Scope, *, place: tuple[int, int]
) -> ExpressionError:
    line, column = place
    for chain in chains:
        names = ".".join(chain.names[:4])
        if name not in (".".join(chain.names[: size + 1]) for size in range(len(chain.names))):
            continue
        line, column = lexer.position(text, chain.start)
        if chain.called and _is_function(f"{names}.{chain.called}", scope):
            return ExpressionError(no_function(f"{names}.{chain.called}"), line=line, column=column)
        if sentence := _optional_variable(text, chain, scope):
            return ExpressionError(sentence, line=line, column=column)
        return scope.unknown(names or name, line=line, column=column)
    return ExpressionError(no_function(name), line=line, column=column)


def _is_function(name: str, scope: Scope) -> bool:
    """Whether `root.name(` looks like a function of a namespace: there is one, or none of our variables begins so."""
    root = name.partition(".")[0]
    namespaces = {function.partition(".")[0] for function in functions.names() if "." in function}
    return root in namespaces or (root[:1].isupper() and not any(one.startswith(f"{root}.") for one in scope.names))


def no_function(name: str) -> str:
    """There is no such function: what else there is."""
    known = functions.names()
    short = name.rpartition(".")[2]
    if name in known:
        return f"`{name}` is written {' or '.join(f'`{one}`' for one in functions.written(name))}; {WHERE_LISTED}"
    if inside := sorted(function for function in known if function.startswith(f"{name}.")):
        return f"there is no function `{name}`: there are {listed(inside)}; {WHERE_LISTED}"
    if other := habits.FUNCTIONS.get(name) or habits.FUNCTIONS.get(short):
        return f"there is no function `{name}`: {other}; {WHERE_LISTED}"
    if close := near(name, known) or near(short, known):
        return f"there is no function `{name}`: {did_you_mean(close)} Else: {WHERE_LISTED}"
    if alias := near(short, habits.FUNCTIONS)[:1]:
        return f"there is no function `{name}`: {habits.FUNCTIONS[alias[0]]}; {WHERE_LISTED}"
    namespace = name.rpartition(".")[0]
    inside = sorted(function for function in known if namespace and function.startswith(f"{namespace}."))
    among = f"there are {listed(inside)}; " if inside else ""
    return f"there is no function `{name}`: {among}{WHERE_LISTED}"


def _optional_variable(text: str, chain: lexer.Chain, scope: Scope) -> str:
    """`config.?region` asks a variable's name to be there, and it always is."""
    name = scope.declared(chain.names)
    if name is None:
        return ""
    written = re.match(r"[\w.?\s]*", text[chain.start :])
    shown = written[0].strip() if written else name
    if ".?" not in shown:
        return ""
    return (
        f"`{shown}` is written without `?`: `{name}` is always there, and null where nothing set it; write"
        f" `{name} != null ? {name} : …`"
    )


def _syntax_message(text: str, reason: str, found: Sequence[lexer.Token], *, place: tuple[int, int]) -> str:
    reason = reason.removeprefix("Syntax error: ").split(" expecting ")[0]
    at = next((index for index, token in enumerate(found) if lexer.position(text, token.start) == place), None)
    if "reserved identifier" in reason or "must be a simple identifier" in reason:
        word = reason.rpartition(" ")[2] if "reserved" in reason else ""
        return (
            _word(word)
            if word in RESERVED
            else "the first argument is a name for each item, as in `lines.map(l, l.sku)`"
        )
    if habit := habits.of_operator(found, at):
        return habit
    if "'<EOF>'" in reason:
        return "the expression ends too early"
    if lexeme := re.fullmatch(r"token recognition error at: '(.*)'?", reason, re.DOTALL):
        rest = lexeme[1].rstrip("'")
        if rest[:1] in "\"'" or not rest:
            return "a text is never closed: end it with the quote it began with"
        return f"`{rest}` cannot stand here"
    if re.search(r"(?:mismatched|extraneous) input|no viable alternative at input", reason):
        return _misplaced(found, at)
    return _overload_message(reason) or reason


def _misplaced(found: Sequence[lexer.Token], at: int | None) -> str:
    if at is None:
        return "the expression ends too early"
    token = found[at]
    dot = at if token.text == "." else at - 1
    if 0 <= dot < len(found) - 1 and found[dot].text == "." and found[dot + 1].text in KEYWORDS:
        return _member_word(found[:dot], found[dot + 1].text)
    if token.text in KEYWORDS:
        return _word(token.text)
    return f"`{token.text}` cannot stand here"


def _member_word(before: Sequence[lexer.Token], word: str) -> str:
    chain = lexer.chains(before)[-1:]
    target = ".".join(chain[0].names) if chain else "…"
    return f"`{word}` is a word of the expression language: as a member's name write `{target}['{word}']`"


def _word(word: str) -> str:
    return f"`{word}` is a word of the expression language and no name: choose another one"


def evaluation_message(reason: str) -> str:
    """What went wrong while an expression was evaluated."""
    if said := told(reason):
        return said
    reason = re.sub(r"^[A-Z_]+: ", "", reason).split(" [", 1)[0]
    if match := re.fullmatch(r'Key not found in map : "?(.*?)"?', reason):
        return f"there is no member `{match[1]}`: test with `has(…)` first"
    if "Applying SELECT" in reason:
        return "a member was read from null or from a value that has no members: test for null first"
    if match := re.search(r"index=(-?\d+) size=(\d+)", reason):
        return f"there is no item {match[1]}: the list has {match[2]}"
    if "optional.none() dereference" in reason:
        return "the optional value is empty, there is nothing to give: end it with `.orValue(…)`"
    if "iteration" in reason.lower() or "budget" in reason.lower():
        return f"{reason}: use a forEach step for large lists"
    return _overload_message(reason) or reason


def _overload_message(reason: str) -> str:
    match = _OVERLOAD.search(reason)
    if not match:
        return ""
    if match["name"].replace("_", "") == "<iterrange>":
        return "only lists and maps have items to go through"
    if match["name"] == "<jump_condition>":
        return "the condition before `?` is not true or false"
    given = match["name"]
    name = _OPERATORS.get(given, given.replace("_", "") if not given.strip("_").isalpha() else given)
    if name == "||" and "string" in (match["types"] or ""):
        return "`||` is the or of two conditions: for a default write `a != null ? a : 'default'`, or `a.?b.orValue('default')`"
    types = [part for part in ((match["target"] or ""), *(match["types"] or "").split(",")) if part.strip()]
    told = [_TYPES.get(kind.strip(), kind.strip()) for kind in types]
    if any(one.startswith("optional_type") for one in told):
        return (
            f"`{name}` does not work on an optional value, which may be none: end it with `.orValue(…)`, or `.value()`"
        )
    on = f"{' and '.join(told)}" if told else "these values"
    return f"`{name}` does not work on {on}: convert with string(…), int(…) or double(…)"
