"""Checks of single texts that are no expressions: durations, time zones, JSONPath, Python code, times.

Each raises `ExpressionError` with a message that names the remedy, and line and column where there are any.
"""

import ast
import warnings
from typing import Any, Final
from zoneinfo import ZoneInfo

from penstock_core.errors import ExpressionError, InvalidInput
from penstock_core.values.durations import milliseconds
from penstock_core.values.times import moment

_NOT_IN_GO: Final = frozenset({"localtime", "posixrules"})
_OTHER_CLOCKS: Final = ("posix/", "right/")
"""Folders of the system's database that hold every zone again, with and without leap seconds."""


def check_time_zone(name: str) -> None:
    """An IANA name; what else the system's database holds is refused, as Kubernetes refuses it."""
    try:
        ZoneInfo(name)
        known = name not in _NOT_IN_GO and not name.startswith(_OTHER_CLOCKS)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a directory's name is an OSError
        known = False
    if not known:
        raise ExpressionError(f"there is no time zone `{name}`: write an IANA name, such as Europe/Berlin or Etc/UTC")


def check_duration(text: str, *, least_ms: int = 1, most_ms: int = 0) -> None:
    """A duration within bounds; 0 is no upper bound."""
    try:
        found = milliseconds(text)
    except InvalidInput as failure:
        raise ExpressionError(str(failure)) from failure
    if found < least_ms:
        raise ExpressionError(f"{text} is too short: write {least_ms} ms at least")
    if most_ms and found > most_ms:
        raise ExpressionError(f"{text} is too long: write {most_ms // 3_600_000}h at most")


def check_time(text: str) -> None:
    """A time in RFC 3339, with its offset."""
    try:
        moment(text)
    except InvalidInput as failure:
        raise ExpressionError(str(failure)) from failure


def check_json_path(text: str) -> None:
    """A JSONPath of RFC 9535."""
    if not text.startswith("$"):
        raise ExpressionError("a JSONPath begins with `$`, the output as a whole: write it as in `$.body.id`")
    from jsonpath.exceptions import JSONPathError  # 100 ms

    from penstock_core.expressions import json_path

    try:
        json_path.environment().compile(text)
    except JSONPathError as failure:
        reason = str(failure).splitlines()[0].split(", line ")[0]
        token: Any = getattr(failure, "token", None)
        column = getattr(token, "index", -1) + 1
        raise ExpressionError(
            f"this is no JSONPath of RFC 9535 ({reason}): correct it, as in `$.body.lines[*].id`",
            line=1 if column else 0,
            column=max(column, 0),
        ) from failure


def check_python(code: str) -> None:
    """Python source that defines `run(context)`; it is parsed, never run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except SyntaxError as failure:
        raise ExpressionError(
            f"this is no Python: {failure.msg}", line=failure.lineno or 0, column=failure.offset or 0
        ) from failure
    except (ValueError, RecursionError, MemoryError) as failure:
        raise ExpressionError(f"this is no Python: {failure or type(failure).__name__}") from failure
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "run"
    ]
    if not functions:
        raise ExpressionError(
            "the code defines no `run`: add `def run(context):`, and return the step's output from it"
        )
    run = functions[-1]
    if isinstance(run, ast.AsyncFunctionDef):
        raise ExpressionError("`run` is called, not awaited: write `def run(context):`", line=run.lineno, column=1)
    positional = run.args.posonlyargs + run.args.args
    needed = len(positional) - len(run.args.defaults)
    if needed > 1 or not (positional or run.args.vararg) or any(each is None for each in run.args.kw_defaults):
        raise ExpressionError("`run` is called with one argument: write `def run(context):`", line=run.lineno, column=1)
