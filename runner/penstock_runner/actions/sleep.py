"""`sleep`: waits for a time or until one; a resumed sleep ends when the first one would have."""

from datetime import datetime, timedelta
from typing import Any

from penstock_core.errors import InvalidInput
from penstock_core.values.durations import milliseconds
from penstock_core.values.times import moment
from penstock_runner.engine.action import Action, Call
from penstock_runner.errors import Expired, Failure


class Sleep(Action):
    """Waits. Its start is durable, with the moment at which it ends: a replacement must know."""

    keeps_output = True

    def prepare(self, call: Call) -> None:
        """Fix the moment at which it ends, so that it is recorded with the start."""
        if call.attempt.output is None:
            call.attempt.output = {"until": _end(call).isoformat()}

    def run(self, call: Call) -> Any:
        """The moment it waited for."""
        clock = call.flow.clock
        left = (datetime.fromisoformat(call.attempt.output["until"]) - clock.now()).total_seconds()
        until = clock.monotonic() + left
        call.flow.interrupt.wait(min(until, call.deadline))
        if call.deadline < until:
            raise Expired
        return call.attempt.output


def _end(call: Call) -> datetime:
    given = call.input
    member = "for" if given.get("for") is not None else "until"
    text = _text(member, given.get(member))
    try:
        if member == "for":
            return call.flow.clock.now() + timedelta(milliseconds=milliseconds(text))
        return moment(text)
    except InvalidInput as exc:
        raise Failure("invalid_input", f"sleep.{member}: {exc}") from exc
    except OverflowError as exc:
        raise Failure("invalid_input", f"sleep.{member}: `{text}` is longer than any time: write less") from exc


def _text(member: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    from penstock_core.expressions.values import kind  # only where something is wrong

    written = "a duration, such as 1h30m" if member == "for" else "a time, such as 2026-01-31T06:00:00Z"
    shown = "" if value is None else f" ({value})"
    raise Failure(
        "invalid_input", f"sleep.{member}: the value is {kind(value)}{shown}: it is to be a text with {written}"
    )
