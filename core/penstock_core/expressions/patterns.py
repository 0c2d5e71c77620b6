"""Regular expressions that end in time proportional to the text, whatever their author wrote: CEL's `matches`, which is RE2.

Python's own would run for ever on a few characters, and holds the interpreter meanwhile.
"""

import functools

from penstock_core.expressions.expression import Expression, without_explanation
from penstock_core.expressions.reading.scope import Scope


def check(pattern: str) -> None:
    """Raises `ExpressionError` where it is no regular expression of RE2, alone or as a whole text's."""
    for text in (pattern, _anchored(pattern)):
        found_in(text, "")


def matches(pattern: str, text: str) -> bool:
    """Whether the text as a whole is what the pattern says; raises `ExpressionError` where the pattern is none."""
    return found_in(_anchored(pattern), text)


def found_in(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text; raises `ExpressionError` where the pattern is none."""
    return bool(_search().evaluate({"text": text, "pattern": pattern}))


def _anchored(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


@functools.cache
def _search() -> Expression:
    return without_explanation("text.matches(pattern)", Scope(frozenset({"text", "pattern"})))
