"""What the CEL library says, in our words: where in the text, what is wrong, and what to write instead."""

import re
from collections.abc import Sequence
from typing import Final

from penstock_core.errors import ExpressionError
from penstock_core.expressions import tokens as lexer
from penstock_core.expressions.scope import Scope

_COMPILE_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?=\n \| |\nERROR: |\Z)", re.DOTALL)
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(
    r"[Nn]o matching overloads? (?:found : |for )'?([^'(\s]+)'?(?: applied to '?)? ?\((.*?)\)"
)
_OPERATORS: Final = {"@in": "in", "!_": "!", "-_": "-", "_[_]": "an index"}
_TYPES: Final = {"int64": "int", "uint64": "uint", "null_type": "null"}


def compile_error(text: str, message: str, chains: Sequence[lexer.Chain], scope: Scope) -> ExpressionError:
    """What is wrong with an expression that does not compile, with line and column in `text`."""
    match = _COMPILE_ERROR.search(message)
    if not match:
        return ExpressionError(message.splitlines()[0].removeprefix("INVALID_ARGUMENT: "))
    line, column, reason = int(match[1]), int(match[2]), match[3].strip()
    if undeclared := _UNDECLARED.search(reason):
        name = undeclared[1]
        for chain in chains:
            if name in (".".join(chain.names[: size + 1]) for size in range(len(chain.names))):
                line, column = lexer.position(text, chain.start)
                return scope.unknown(".".join(chain.names[:4]) if chain.names else name, line=line, column=column)
        return ExpressionError(f"there is no function `{name}`", line=line, column=column)
    return ExpressionError(_syntax_message(reason), line=line, column=column)


def _syntax_message(reason: str) -> str:
    reason = reason.removeprefix("Syntax error: ").split(" expecting ")[0]
    if "'<EOF>'" in reason:
        return "the expression ends too early"
    if lexeme := re.fullmatch(r"token recognition error at: '(.*)'?", reason, re.DOTALL):
        at = lexeme[1].rstrip("'")
        if at.startswith("="):
            return "a single `=` is not an operator: equality is `==`"
        if at[:1] in "\"'" or not at:
            return "a text is never closed: end it with the quote it began with"
        return f"`{at}` cannot stand here"
    if lexeme := re.search(r"(?:mismatched|extraneous) input '(.*?)'|no viable alternative at input '(.*?)'", reason):
        return f"`{lexeme[1] or lexeme[2]}` cannot stand here"
    return _overload_message(reason) or reason


def evaluation_message(reason: str) -> str:
    """What went wrong while an expression was evaluated."""
    reason = re.sub(r"^[A-Z_]+: ", "", reason).split(" [", 1)[0]
    if match := re.fullmatch(r'Key not found in map : "?(.*?)"?', reason):
        return f"there is no member `{match[1]}`: test with `has(…)` first"
    if "Applying SELECT" in reason:
        return "a member was read from null or from a value that has no members: test for null first"
    if match := re.search(r"index=(-?\d+) size=(\d+)", reason):
        return f"there is no item {match[1]}: the list has {match[2]}"
    if "iteration" in reason.lower() or "budget" in reason.lower():
        return f"{reason}: use a forEach step for large lists"
    return _overload_message(reason) or reason


def _overload_message(reason: str) -> str:
    match = _OVERLOAD.search(reason)
    if not match:
        return ""
    if match[1] == "<jump_condition>":
        return "the condition before `?` is not true or false"
    name = _OPERATORS.get(match[1], match[1].replace("_", "") if not match[1].strip("_").isalpha() else match[1])
    types = [_TYPES.get(kind.strip(), kind.strip()) for kind in match[2].split(",")]
    cure = "bytes(…)" if name == "base64.encode" else "string(…), int(…) or double(…)"
    return f"`{name}` does not work on {' and '.join(types)}: convert with {cure}"
