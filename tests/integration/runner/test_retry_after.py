"""A step's `retry` beside answers with `Retry-After`: what is waited, and what tells it."""

import threading
from contextlib import suppress
from typing import Any

import pytest

from engine_stand import Stand
from penstock_core.executions.states import ExecutionState
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.errors import Interrupted, Reason
from penstock_runner.process.session import SystemClock
from web_server import Web


class NoPause(Interrupt):
    """Keeps how long each wait would have been, and ends it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, until: float) -> None:
        self.waited.append(until - SystemClock().monotonic())
        self.check()


def step(web: Web, **retry: Any) -> dict[str, Any]:
    return {"name": "call", "http": {"url": web.url}, "retry": {"attempts": 2, **retry}}


def refuse_once(web: Web, status: int, retry_after: str) -> None:
    web.answer = lambda _: (status, {"Retry-After": retry_after}, b"") if len(web.seen) == 1 else (200, {}, b"")


@pytest.mark.parametrize(
    ("status", "retry_after", "retry", "seconds", "told"),
    [
        (429, "7", {"delay": "1s"}, 7, "in 7 s, as Retry-After asked: "),
        (503, "7", {"delay": "30s"}, 7, "in 7 s, as Retry-After asked: "),
        (413, "7", {"delay": "1s"}, 7, "in 7 s, as Retry-After asked: "),
        (429, "90", {"delay": "1s", "maxDelay": "10s"}, 10, "in 10 s (`maxDelay`; Retry-After asked for 90 s): "),
        (429, "-1", {"delay": "2s"}, 2, "in 2 s: "),
        (429, "soon", {"delay": "2s"}, 2, "in 2 s: "),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", {"delay": "2s"}, 2, "in 2 s: "),
    ],
)
def test_the_pause(
    stand: Stand, web: Web, status: int, retry_after: str, retry: dict[str, str], seconds: float, told: str
) -> None:
    """The next attempt follows when the answer says, within maxDelay, and the log says why."""
    stand.interrupt = pauses = NoPause()
    refuse_once(web, status, retry_after)

    outcome = stand.run(step(web, **retry), timeout_ms=120_000)

    assert outcome.state is ExecutionState.PASSED
    assert [round(each) for each in pauses.waited] == [seconds]
    [(severity, message, *_)] = stand.recorder.logs
    assert (severity, told in message) == ("warn", True)


def test_when_sees_what_was_asked(stand: Stand, web: Web) -> None:
    """A flow may leave it where the other side asks for too long a wait."""
    refuse_once(web, 429, "600")

    outcome = stand.run(step(web, when="error.details.retryAfter < 60"))

    assert (outcome.error_code, len(web.seen)) == ("http_status", 1)


def test_a_replacement_waits_as_well(stand: Stand, web: Web) -> None:
    """A runner that goes on after the failed attempt knows from the record what was asked for."""
    refuse_once(web, 429, "7")
    stand.run(step(web, attempts=1), timeout_ms=120_000)
    recorded = stand.recorder.as_recorded()
    stand.interrupt = pauses = NoPause()

    outcome = stand.run(step(web, delay="1ms"), recorded=recorded, timeout_ms=120_000)

    assert outcome.state is ExecutionState.PASSED
    assert [round(each) for each in pauses.waited] == [7]


def test_the_flows_time_ends_the_wait(stand: Stand, web: Web) -> None:
    """An execution's timeout is not prolonged by what the other side asks for."""
    refuse_once(web, 429, "3600")

    outcome = stand.run(step(web), timeout_ms=400)

    assert (outcome.state, len(web.seen)) == (ExecutionState.TIMED_OUT, 1)


@pytest.mark.parametrize("reason", [Reason.CANCELLED, Reason.HANDED_OVER])
def test_an_interrupt_ends_the_wait(stand: Stand, web: Web, reason: Reason) -> None:
    """Cancel and SIGTERM do not wait for it either."""
    refuse_once(web, 429, "3600")
    threading.Timer(0.2, stand.interrupt.set, [reason]).start()
    began = stand.clock.monotonic()

    with suppress(Interrupted):
        stand.run(step(web), timeout_ms=7_200_000)

    assert stand.clock.monotonic() - began < 10
    assert len(web.seen) <= 1
