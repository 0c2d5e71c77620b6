"""What the code's process says: it is the user's, who may write anything into the pipe."""

from typing import Any, Final, NamedTuple

from penstock_core import codec
from penstock_runner.errors import Failure

_SEVERITIES: Final = frozenset({"debug", "info", "warn", "error"})


class Line(NamedTuple):
    """A log line."""

    severity: str
    message: str
    fields: dict[str, Any] | None


class Answer(NamedTuple):
    """What a call came to: a result, an error, or the step and the member of it that an earlier runner did not record."""

    result: Any = None
    warnings: tuple[str, ...] = ()
    error: Failure | None = None
    not_recorded: tuple[str, str] | None = None


def received(frame: bytes) -> Line | Answer:
    """What a frame says. Raises Failure where it says nothing that a worker says."""
    try:
        message = codec.from_message(frame)
    except ValueError:
        raise malformed() from None
    match message:
        case {"log": [str(severity), str(words), dict() | None as fields]} if severity in _SEVERITIES:
            return Line(severity, words, fields)
        case {"error": {"type": str(kind), "message": str(words), "line": int() | None as line}}:
            return Answer(error=Failure("python_error", words, details={"type": kind, "line": line}))
        case {"not_recorded": [str(step), str(member)]}:
            return Answer(not_recorded=(step, member))
        case {"result": result, "warnings": list(warnings)} if all(isinstance(each, str) for each in warnings):
            return Answer(result, tuple(warnings))
    raise malformed()


def malformed() -> Failure:
    """That the code's process said something else: the user's error, who alone can have done it."""
    return Failure(
        "python_malformed",
        "the code wrote into the pipe by which its process answers: leave alone descriptors that it did not open",
    )
