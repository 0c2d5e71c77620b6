"""`sleep`: waits for a time or until one; a resumed sleep ends when the first one would have."""

from datetime import UTC, datetime, timedelta
from typing import Any

from penstock_core.durations import milliseconds
from penstock_core.errors import InvalidInput
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
    try:
        if given.get("for") is not None:
            return call.flow.clock.now() + timedelta(milliseconds=milliseconds(str(given["for"])))
        moment = datetime.fromisoformat(str(given.get("until")))
    except (InvalidInput, OverflowError) as exc:
        raise Failure("invalid_input", f"sleep.for: {exc}") from exc
    except ValueError as exc:
        message = f"sleep.until: {given.get('until')!r} is not a time: write RFC 3339, such as 2030-01-31T06:00:00Z"
        raise Failure("invalid_input", message) from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
