"""Checks of single texts that are no expressions: cron fields, time zones, JSONPath, Python code, times.

Each raises `ExpressionError` with a message that names the remedy, and line and column where there are any.
"""

import ast
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from penstock_core.durations import milliseconds
from penstock_core.errors import ExpressionError, InvalidInput

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DAYS: Final = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_CRON: Final[tuple[tuple[str, int, int, dict[str, int]], ...]] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_CRON_PART: Final = re.compile(
    r"([*?]|(?P<low>[0-9]{1,9}|[a-z]{3})(?:-(?P<high>[0-9]{1,9}|[a-z]{3}))?)(?:/(?P<step>[0-9]{1,9}))?"
)
_NOT_IN_GO: Final = frozenset({"localtime", "posixrules"})
_OTHER_CLOCKS: Final = ("posix/", "right/")
"""Folders of the system's database that hold every zone again, with and without leap seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CronField:
    """The numbers that one field of a cron line names; `star` where a part of it is `*` or `?`, with no step but 1."""

    values: frozenset[int]
    star: bool


def check_cron(text: str) -> None:
    """Five cron fields, as Kubernetes' CronJobs take them."""
    cron_fields(text)


def cron_fields(text: str) -> tuple[CronField, ...]:
    """Minute, hour, day of the month, month and day of the week (Sunday is 0), read as Kubernetes' CronJobs read them."""
    fields = text.split()
    if len(fields) != len(_CRON):
        raise ExpressionError(
            f"a schedule has five fields, and this has {len(fields)}: write minute, hour, day of the month, month,"
            " day of the week, as in `0 6 * * *`"
        )
    return tuple(_cron_field(field.lower(), *bounds) for field, bounds in zip(fields, _CRON, strict=True))


def _cron_field(field: str, what: str, low: int, high: int, words: Mapping[str, int]) -> CronField:
    parts = [_cron_part(part, what, low, high, words) for part in field.split(",")]
    return CronField(values=frozenset().union(*(part.values for part in parts)), star=any(part.star for part in parts))


def _cron_part(part: str, what: str, low: int, high: int, words: Mapping[str, int]) -> CronField:
    match = _CRON_PART.fullmatch(part)
    if match is None:
        raise _no_cron_value(part, what, low, high, words)
    step = int(match["step"] or 1)
    if match["low"] is None:
        first, last = low, high
    else:
        first = _cron_number(match["low"], words)
        last = _cron_number(match["high"] or match["low"], words)
    if step == 0 or not low <= first <= last <= high:
        raise _no_cron_value(part, what, low, high, words)
    if match["step"] and match["high"] is None:
        last = high  # `5/15` begins at 5 and goes on to the end
    return CronField(values=frozenset(range(first, last + 1, step)), star=match["low"] is None and step == 1)


def _cron_number(text: str, words: Mapping[str, int]) -> int:
    """The number of a digit string or a word, -1 for an unknown word."""
    return int(text) if text.isdigit() else words.get(text, -1)


def _no_cron_value(part: str, what: str, low: int, high: int, words: Mapping[str, int]) -> ExpressionError:
    names = f" or {next(iter(words))} to {list(words)[-1]}" if words else ""
    return ExpressionError(
        f"`{part}` is no value for the {what}: write {low} to {high}{names}, `*`, a range such as {low}-{high} or a step such"
        " as */15"
    )


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
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ExpressionError(f"`{text}` is not a time: write RFC 3339 with the offset, as in 2026-01-31T06:00:00Z")


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
