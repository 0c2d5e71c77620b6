"""What a replacement does with what its predecessor recorded, and what happens when the flow is interrupted."""

import threading

import pytest

from engine_stand import Stand
from penstock_core import codec
from penstock_core.states import ExecutionState, StepStatus
from penstock_core.store.records import RecordedStep
from penstock_runner.errors import Interrupted, Reason

NAP = {"name": "nap", "sleep": {"for": "60s"}}


def recorded(path, status, *, attempt=1, output=None, code=None):
    data = codec.pack(output).data if output is not None else None
    return RecordedStep(
        path=path, attempt=attempt, status=StepStatus(status), output=data, extracted=None, error_code=code, error_message=code
    )  # fmt: skip


def test_recorded_steps_are_not_run_again(stand):
    """A passed step is taken from the record, with its output, and is not recorded anew."""
    outcome = stand.run(
        {"name": "first", "set": {"value": 1}},
        {"name": "second", "set": {"value": "${steps.first.output}"}},
        recorded=[recorded("first", "passed", output=99)],
    )

    assert outcome.steps_total == 2
    assert stand.recorder.statuses() == [("second", 1, "passed")]
    assert stand.recorder.output("second") == 99


def test_skipped_steps_stay_skipped(stand):
    """A step that was skipped is not asked again."""
    stand.run(
        {"name": "off", "if": "true", "set": {"value": 1}},
        {"name": "after", "set": {"value": "${steps.off.status}"}},
        recorded=[recorded("off", "skipped")],
    )

    assert stand.recorder.output("after") == "skipped"


def test_failed_step_with_continue_is_not_run_again(stand):
    """A recorded failure with onError continue stands."""
    outcome = stand.run(
        {"name": "bad", "check": {"that": ["true"]}, "onError": "continue"},
        {"name": "after", "set": {"value": "${steps.bad.error.code}"}},
        recorded=[recorded("bad", "failed", code="check_failed")],
    )

    assert outcome.state is ExecutionState.COMPLETED_WITH_ERRORS
    assert stand.recorder.output("after") == "check_failed"


def test_remaining_attempts_are_made(stand):
    """A step that failed once of three attempts has two left, numbered on."""
    stand.run(
        {"name": "bad", "check": {"that": ["false"]}, "retry": {"attempts": 3, "delay": "1ms"}},
        recorded=[recorded("bad", "failed", code="check_failed")],
    )

    assert stand.recorder.statuses() == [("bad", 2, "failed"), ("bad", 3, "failed")]


def test_interrupted_attempt_is_closed_and_does_not_count(stand):
    """An attempt without a result is recorded as interrupted; the next number runs, with all of its retries."""
    stand.run(
        {"name": "nap", "sleep": {"for": "1ms"}, "assert": ["false"], "retry": {"attempts": 2, "delay": "1ms"}},
        recorded=[recorded("nap", "running")],
    )

    assert stand.recorder.statuses() == [("nap", 1, "failed"), ("nap", 2, "failed"), ("nap", 3, "failed")]
    assert stand.recorder.records[0].error_code == "interrupted"


def test_resumed_sleep_ends_when_the_first_would_have(stand):
    """The end of a sleep is recorded with its start, so that a replacement does not start over."""
    stand.run(NAP, recorded=[recorded("nap", "running", output={"until": "2020-01-01T00:00:00+00:00"})])

    assert stand.recorder.last("nap").status == "passed"


def test_loop_goes_on_where_it_was(stand):
    """Passed iterations are taken from the record; the loop keeps its attempt number."""
    stand.run(
        {
            "name": "loop",
            "forEach": {"items": "${config.items}", "steps": [{"name": "v", "set": {"value": "${item}"}}]},
        },
        config={"items": [1, 2]},
        recorded=[recorded("loop", "running"), recorded("loop/0/v", "passed", output="old")],
    )

    assert stand.recorder.statuses() == [("loop/1/v", 1, "passed"), ("loop", 1, "passed")]
    assert stand.recorder.output("loop") == ["old", 2]


def test_own_record_resumes_completely(stand):
    """Whatever one runner recorded, the next one needs to run nothing."""
    steps = [
        {"name": "a", "set": {"value": {"k": [1, 2]}}, "extract": {"x": "$.k[*]"}},
        {"name": "loop", "forEach": {"items": "${steps.a.extracted.x}", "steps": [{"name": "v", "set": {"value": "${item}"}}]}},
        {"name": "route", "branch": [{"when": "steps.loop.output.size() == 2", "steps": [{"name": "b", "set": {"value": 1}}]}]},
    ]  # fmt: skip
    first = stand.run(*steps)
    second = Stand()

    outcome = second.run(*steps, recorded=stand.recorder.as_recorded())

    assert (outcome.state, outcome.steps_total) == (first.state, 3)
    assert second.recorder.statuses() == []


@pytest.mark.parametrize("reason", [Reason.HANDED_OVER, Reason.LOST])
def test_interruption_leaves_the_step_without_result(stand, reason):
    """SIGTERM or a lost lease ends a sleeping flow at once; the running step gets no result."""
    threading.Timer(0.05, stand.interrupt.set, [reason]).start()

    with pytest.raises(Interrupted):
        stand.run(NAP)

    assert stand.recorder.records == []
    assert [record.status for record in stand.recorder.starts] == ["running"]


def test_cancellation_is_recorded(stand):
    """A cancelled flow records its running step as cancelled."""
    threading.Timer(0.05, stand.interrupt.set, [Reason.CANCELLED]).start()

    outcome = stand.run(NAP)

    assert outcome.state is ExecutionState.CANCELLED
    assert stand.recorder.statuses() == [("nap", 1, "cancelled")]


def test_step_timeout_is_a_failure_that_is_retried(stand):
    """A step's own timeout is recorded as timed_out, and retried like every failure."""
    outcome = stand.run(NAP | {"timeout": "20ms", "retry": {"attempts": 2, "delay": "1ms"}})

    assert (outcome.state, outcome.error_code) == (ExecutionState.FAILED, "timeout")
    assert stand.recorder.statuses() == [("nap", 1, "timed_out"), ("nap", 2, "timed_out")]
    assert "no result within its timeout of 20ms" in outcome.error_message


def test_flow_timeout_ends_everything_inside(stand):
    """The flow's timeout ends loop and step as timed_out, without retries."""
    outcome = stand.run(
        {"name": "loop", "forEach": {"items": [1], "steps": [NAP | {"retry": {"attempts": 9}}]}}, timeout_ms=100
    )

    assert outcome.state is ExecutionState.TIMED_OUT
    assert stand.recorder.statuses() == [("loop/0/nap", 1, "timed_out"), ("loop", 1, "timed_out")]
