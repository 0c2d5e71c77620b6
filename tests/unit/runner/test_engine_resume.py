"""What a replacement does with what its predecessor recorded, and what happens when the flow is interrupted."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine_stand import Stand
from penstock_core import codec
from penstock_core.executions.records import RecordedStep
from penstock_core.executions.states import ExecutionState, StepStatus
from penstock_runner.actions.set import Set
from penstock_runner.errors import Failure, Interrupted, Reason

NAP = {"name": "nap", "sleep": {"for": "60s"}}
AGAIN = {"attempts": 3, "delay": "1ms"}
ITEMS = {"items": "${config.items}"}
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALL = "${[steps.%s.output, steps.%s.error, steps.%s.status, steps.%s.attempts]}"
"""A template with all members that a failed step has."""
Flaky = Callable[..., list[str]]


def recorded(
    path: str,
    status: str,
    *,
    attempt: int = 1,
    output: Any = None,
    code: str | None = None,
    details: Any = None,
    seconds: float = 0,
    limit: int = codec.DEFAULT_LIMIT,
) -> RecordedStep:
    """A row that began `seconds` after noon and, where it has ended, took half a second."""
    began = NOON + timedelta(seconds=seconds)
    return RecordedStep(
        path=path,
        attempt=attempt,
        status=StepStatus(status),
        output=codec.pack(output, limit=limit).data if output is not None else None,
        extracted=None,
        error_code=code,
        error_message=code,
        error_details=codec.pack(details).data if details is not None else None,
        started_at=began,
        ended_at=began if status == "running" else began + timedelta(seconds=0.5),
    )


@pytest.fixture
def flaky(monkeypatch: pytest.MonkeyPatch) -> Flaky:
    """Makes `set` steps fail as often as is told by their paths; gives the paths that ran."""

    def make(failures: Mapping[str, int] | Iterable[tuple[str, int]] = ()) -> list[str]:
        left = dict(failures)
        ran: list[str] = []

        def run(self: Set, call: Any) -> Any:
            ran.append(call.path)
            if ran.count(call.path) <= left.get(call.path, 0):
                raise Failure("flaky", "not yet")
            return call.input["value"]

        monkeypatch.setattr(Set, "run", run)
        return ran

    return make


def test_recorded_steps_are_not_run_again(stand: Stand) -> None:
    """A passed step is taken from the record, with its output, and is not recorded anew."""
    outcome = stand.run(
        {"name": "first", "set": {"value": 1}},
        {"name": "second", "set": {"value": "${steps.first.output}"}},
        recorded=[recorded("first", "passed", output=99)],
    )

    assert outcome.steps_total == 2
    assert stand.recorder.statuses() == [("second", 1, "passed")]
    assert stand.recorder.output("second") == 99


def test_skipped_steps_stay_skipped(stand: Stand) -> None:
    """A step that was skipped is not asked again."""
    stand.run(
        {"name": "off", "if": "true", "set": {"value": 1}},
        {"name": "after", "set": {"value": "${steps.off.status}"}},
        recorded=[recorded("off", "skipped")],
    )

    assert stand.recorder.output("after") == "skipped"


def test_failed_step_with_continue_is_not_run_again(stand: Stand) -> None:
    """A recorded failure with onError continue stands."""
    outcome = stand.run(
        {"name": "bad", "check": {"that": ["true"]}, "onError": "continue"},
        {"name": "after", "set": {"value": "${steps.bad.error.code}"}},
        recorded=[recorded("bad", "failed", code="check_failed")],
    )

    assert outcome.state is ExecutionState.COMPLETED_WITH_ERRORS
    assert stand.recorder.output("after") == "check_failed"


def test_remaining_attempts_are_made(stand: Stand) -> None:
    """A step that failed once of three attempts has two left, numbered on."""
    stand.run(
        {"name": "bad", "check": {"that": ["false"]}, "retry": {"attempts": 3, "delay": "1ms"}},
        recorded=[recorded("bad", "failed", code="check_failed")],
    )

    assert stand.recorder.statuses() == [("bad", 2, "failed"), ("bad", 3, "failed")]


def test_interrupted_attempt_is_closed_and_does_not_count(stand: Stand) -> None:
    """An attempt without a result is recorded as interrupted; the next number runs, with all of its retries."""
    stand.run(
        {"name": "nap", "sleep": {"for": "1ms"}, "assert": ["false"], "retry": {"attempts": 2, "delay": "1ms"}},
        recorded=[recorded("nap", "running")],
    )

    assert stand.recorder.statuses() == [("nap", 1, "failed"), ("nap", 2, "failed"), ("nap", 3, "failed")]
    assert stand.recorder.records[0].error_code == "interrupted"


def test_resumed_sleep_ends_when_the_first_would_have(stand: Stand) -> None:
    """The end of a sleep is recorded with its start, so that a replacement does not start over."""
    stand.run(NAP, recorded=[recorded("nap", "running", output={"until": "2020-01-01T00:00:00+00:00"})])

    assert stand.recorder.last("nap").status == "passed"


def test_loop_goes_on_where_it_was(stand: Stand) -> None:
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


def test_own_record_resumes_completely(stand: Stand) -> None:
    """Whatever one runner recorded, the next one needs to run nothing."""
    steps: list[dict[str, Any]] = [
        {"name": "a", "set": {"value": {"k": [1, 2]}}, "extract": {"x": "$.k[*]"}},
        {"name": "loop", "forEach": {"items": "${steps.a.extracted.x}", "steps": [{"name": "v", "set": {"value": "${item}"}}]}},
        {"name": "route", "branch": [{"when": "steps.loop.output.size() == 2", "steps": [{"name": "b", "set": {"value": 1}}]}]},
    ]  # fmt: skip
    first = stand.run(*steps)
    second = Stand()

    outcome = second.run(*steps, recorded=stand.recorder.as_recorded())

    assert outcome == first
    assert second.recorder.statuses() == []


@pytest.mark.parametrize("known", [{"details": {"status": 503}}, {"output": {"status": 503}}])
def test_resumed_retry_knows_the_error(stand: Stand, known: dict[str, Any]) -> None:
    """`retry.when` sees the recorded error's status, so a runner lost in the delay costs no attempt."""
    rule = AGAIN | {"when": "error.status >= 500"}

    outcome = stand.run(
        {"name": "p", "set": {"value": 1}, "retry": rule},
        recorded=[recorded("p", "failed", code="http_status", **known)],
    )

    assert outcome.state is ExecutionState.PASSED
    assert stand.recorder.statuses() == [("p", 2, "passed")]


BAD = {"name": "bad", "set": {"value": {}}, "extract": {"x": "$.no"}, "onError": "continue"}


def test_resumed_failure_has_its_details(stand: Stand) -> None:
    """`steps.<name>.error` is the same for a replacement."""
    steps = [BAD, {"name": "seen", "set": {"value": "${steps.bad.error}"}}]
    stand.run(*steps)
    second = Stand()

    second.run(*steps, recorded=[row for row in stand.recorder.as_recorded() if row.path == "bad"])

    assert second.recorder.output("seen") == stand.recorder.output("seen")


@pytest.mark.parametrize("mode", ["metadata", "none"])
@pytest.mark.parametrize(
    ("reads", "code"),
    [("code", None), ("status", None), ("message", "recorded_result_left_out"), ("details.path", "recorded_result_left_out")],
)  # fmt: skip
def test_resumed_failure_of_which_no_values_are_kept(stand: Stand, mode: str, reads: str, code: str | None) -> None:
    """Code and status are there for a replacement; one that reads what was not kept ends the execution."""
    steps = [BAD | {"record": mode}, {"name": "seen", "set": {"value": f"${{steps.bad.error.{reads}}}"}}]
    stand.run(*steps)
    second = Stand()

    outcome = second.run(*steps, recorded=[row for row in stand.recorder.as_recorded() if row.path == "bad"])

    assert (outcome.error_code, outcome.failed_step) == ((code, "bad") if code else ("completed_with_errors", "bad"))


def test_resumed_failure_keeps_its_output(stand: Stand) -> None:
    """A failed step that the flow went on behind is seen as the first runner saw it, output included."""
    steps = [
        {"name": "bad", "check": {"that": ["1 > 2"]}, "onError": "continue"},
        {"name": "seen", "set": {"value": ALL.replace("%s", "bad")}},
    ]
    stand.run(*steps)
    second = Stand()

    second.run(*steps, recorded=[row for row in stand.recorder.as_recorded() if row.path == "bad"])

    assert second.recorder.output("seen")[0][0]["expression"] == "1 > 2"
    assert second.recorder.output("seen") == stand.recorder.output("seen")


def test_attempt_that_was_closed_as_interrupted_is_made_again(stand: Stand) -> None:
    """Where the replacement was lost too before its attempt began, the next one makes it, without retries and delay."""
    outcome = stand.run(
        {"name": "a", "set": {"value": 1}, "retry": {"attempts": 1, "backoff": "exponential", "delay": "1h"}},
        {"name": "b", "set": {"value": 1}},
        recorded=[recorded("a", "failed", code="interrupted"), recorded("b", "failed", code="interrupted")],
    )

    assert outcome.state is ExecutionState.PASSED
    assert stand.recorder.statuses() == [("a", 2, "passed"), ("b", 2, "passed")]


LOOP: dict[str, Any] = {"name": "loop", "forEach": {"items": "${config.items}", "stopOnError": False, "steps": [
    {"name": "p", "set": {"value": "${item}"}},
]}}  # fmt: skip
BRANCH = {"name": "loop", "branch": [{"steps": [{"name": "p", "set": {"value": 1}}]}]}


@pytest.mark.parametrize("holder", [LOOP, BRANCH])
def test_loop_lost_in_its_delay_runs_its_failures_anew(stand: Stand, holder: dict[str, Any]) -> None:
    """The next attempt of a loop or branch does not repeat what failed in the one before."""
    outcome = stand.run(
        holder | {"retry": AGAIN},
        config={"items": [1]},
        recorded=[recorded("loop", "failed", code="items_failed", seconds=0), recorded("loop/0/p", "failed", code="x")],
    )

    assert (outcome.state, outcome.steps_total) == (ExecutionState.PASSED, 2)
    assert stand.recorder.statuses() == [("loop/0/p", 2, "passed"), ("loop", 2, "passed")]


def test_loop_lost_in_a_later_attempt_runs_old_failures_alone(stand: Stand, flaky: Flaky) -> None:
    """What failed in an earlier attempt runs; what passed in any, or failed in this one already, does not."""
    ran = flaky()

    stand.run(
        LOOP | {"retry": {"attempts": 2}, "onError": "continue"},
        config={"items": [1, 2, 3]},
        recorded=[
            recorded("loop", "failed", code="items_failed"),
            recorded("loop/0/p", "passed", output="old"),
            recorded("loop/1/p", "failed", code="x"),
            recorded("loop/2/p", "failed", code="x"),
            recorded("loop", "running", attempt=2, seconds=10),
            recorded("loop/2/p", "failed", attempt=2, code="x", seconds=11),
        ],
    )

    assert ran == ["loop/1/p"]
    assert stand.recorder.statuses() == [("loop/1/p", 2, "passed"), ("loop", 2, "failed")]
    assert stand.recorder.output("loop") == ["old", 2, None]


def test_attempts_inside_an_earlier_attempt_of_the_loop_do_not_count(stand: Stand, flaky: Flaky) -> None:
    """A step inside has all of its attempts in each attempt of the loop, minus those that were made in this one."""
    ran = flaky({"loop/0/p": 9})
    inside = LOOP["forEach"] | {"steps": [{"name": "p", "set": {"value": 1}, "retry": AGAIN}]}

    stand.run(
        {"name": "loop", "forEach": inside, "retry": {"attempts": 2}},
        config={"items": [1]},
        recorded=[
            *(recorded("loop/0/p", "failed", attempt=number, code="x") for number in (1, 2, 3)),
            recorded("loop", "failed", code="items_failed"),
            recorded("loop", "running", attempt=2, seconds=10),
            recorded("loop/0/p", "failed", attempt=4, code="x", seconds=11),
        ],
    )

    assert ran == ["loop/0/p"] * 2
    assert [number for path, number, _ in stand.recorder.statuses() if path == "loop/0/p"] == [5, 6]


def test_item_that_went_on_behind_a_failure_is_not_run_again(stand: Stand, flaky: Flaky) -> None:
    """An item whose steps are all behind it passed, though one of them failed with onError continue."""
    ran = flaky()
    steps = [
        {"name": "may", "set": {"value": 1}, "onError": "continue"},
        {"name": "must", "set": {"value": "${item}"}},
    ]

    outcome = stand.run(
        {"name": "loop", "forEach": {**ITEMS, "steps": steps}, "retry": AGAIN},
        config={"items": [1, 2]},
        recorded=[
            recorded("loop", "failed", code="items_failed"),
            recorded("loop/0/may", "failed", code="x"),
            recorded("loop/0/must", "passed", output=1),
            recorded("loop/1/may", "failed", code="x"),
            recorded("loop/1/must", "failed", code="x"),
        ],
    )

    assert ran == ["loop/1/may", "loop/1/must"]
    assert (outcome.state, outcome.steps_total, outcome.steps_failed) == (ExecutionState.COMPLETED_WITH_ERRORS, 5, 1)


def test_skipped_step_inside_is_asked_again_by_the_next_attempt(stand: Stand) -> None:
    """What was skipped because of a failure runs where the failure does not come again."""
    steps = [
        {"name": "p", "set": {"value": 1}, "onError": "continue"},
        {"name": "if_passed", "if": "steps.p.status == 'passed'", "set": {"value": 2}},
        {"name": "must", "set": {"value": 3}},
    ]

    stand.run(
        {"name": "loop", "branch": [{"steps": steps}], "retry": AGAIN},
        recorded=[
            recorded("loop", "failed", code="step_failed"),
            recorded("loop/0/p", "failed", code="x"),
            recorded("loop/0/if_passed", "skipped"),
            recorded("loop/0/must", "failed", code="x"),
        ],
    )

    assert [(path, status) for path, _, status in stand.recorder.statuses()] == [
        ("loop/0/p", "passed"), ("loop/0/if_passed", "passed"), ("loop/0/must", "passed"), ("loop", "passed"),
    ]  # fmt: skip


def test_failure_that_this_runner_did_not_reach_is_not_repeated(stand: Stand, flaky: Flaky) -> None:
    """Also an attempt that begins behind a failure of this runner's own forgets what the earlier one left."""
    ran = flaky({"loop/0/p": 1})

    outcome = stand.run(
        LOOP | {"forEach": LOOP["forEach"] | {"stopOnError": True}, "retry": {"attempts": 2, "delay": "1ms"}},
        config={"items": [1, 2]},
        recorded=[recorded("loop", "running"), recorded("loop/1/p", "failed", code="x")],
    )

    assert outcome.state is ExecutionState.PASSED
    assert ran == ["loop/0/p", "loop/0/p", "loop/1/p"]


def test_counts_are_those_of_the_first_runner(stand: Stand) -> None:
    """A passed loop counts what is inside of it, failures with onError continue included."""
    inside = [{"name": "p", "check": {"that": ["item > 1"]}, "onError": "continue"}]
    steps = [{"name": "loop", "forEach": {**ITEMS, "steps": inside}}, {"name": "z", "set": {"value": 1}}]
    first = stand.run(*steps, config={"items": [1, 2]})
    second = Stand()

    outcome = second.run(*steps, config={"items": [1, 2]}, recorded=stand.recorder.as_recorded())

    assert (first.state, first.steps_total, first.steps_failed) == (ExecutionState.COMPLETED_WITH_ERRORS, 4, 1)
    assert outcome == first


def test_steps_of_a_resumed_branch_are_seen(stand: Stand) -> None:
    """What a branch shows outside of it, it shows where it is taken from the record too."""
    failed = {"name": "off", "branch": [{"steps": [
        {"name": "c", "set": {"value": "c"}}, {"name": "d", "check": {"that": ["false"]}},
    ]}], "onError": "continue"}  # fmt: skip
    steps: list[dict[str, Any]] = [
        {"name": "on", "branch": [{"when": "false", "steps": []}, {"steps": [{"name": "a", "set": {"value": "a"}}]}]},
        failed,
        {
            "name": "seen",
            "set": {"value": "${[steps.a.output, steps.c.output, steps.d.status, steps.off.error.details]}"},
        },
    ]
    first = stand.run(*steps)
    second = Stand()

    outcome = second.run(*steps, recorded=[row for row in stand.recorder.as_recorded() if row.path != "seen"])

    assert second.recorder.output("seen")[:3] == ["a", "c", None]
    assert second.recorder.output("seen") == stand.recorder.output("seen")
    assert outcome == first


STOP = {"name": "end", "stop": {"status": "failed", "message": "no"}}


@pytest.mark.parametrize(
    "step",
    [
        STOP,
        {"name": "b", "branch": [{"steps": [STOP]}]},
        {"name": "l", "forEach": {"items": [1, 2], "steps": [{"name": "b", "branch": [{"steps": [STOP]}]}]}},
    ],
)
@pytest.mark.parametrize("mode", ["full", "none"])
def test_resumed_stop_stops_again(
    stand: Stand, step: dict[str, Any], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorded stop ends a resumed flow with the same status, wherever it lies and whatever it records."""
    monkeypatch.setitem(STOP, "record", mode)
    steps = [step, {"name": "never", "set": {"value": 1}}]
    first = stand.run(*steps)
    second = Stand()

    outcome = second.run(*steps, recorded=stand.recorder.as_recorded())

    assert (outcome.state, outcome.failed_step) == (ExecutionState.FAILED, first.failed_step)
    assert mode == "none" or outcome == first
    assert second.recorder.statuses() == []


@pytest.mark.parametrize("status", ["running", "passed"])
def test_what_ran_beside_a_stop_counts(stand: Stand, status: str) -> None:
    """A resumed stop ends the loop at once, and the iterations that ran at its side are in the counts and the state."""
    steps = [
        {"name": "may", "set": {"value": 1}, "onError": "continue"},
        {"name": "end", "stop": {"status": "passed"}},
    ]

    outcome = stand.run(
        {"name": "loop", "forEach": {**ITEMS, "parallel": 1, "steps": steps}},
        config={"items": [1, 2]},
        recorded=[
            recorded("loop", status),
            recorded("loop/0/may", "passed", output=1),
            recorded("loop/0/end", "passed"),
            recorded("loop/1/may", "failed", code="x"),
        ],
    )

    assert (outcome.state, outcome.steps_total, outcome.steps_failed) == (ExecutionState.COMPLETED_WITH_ERRORS, 4, 1)
    assert [path for path, _, _ in stand.recorder.statuses()] == ["loop"] * (status == "running")


def test_what_an_ended_loop_did_not_come_to_again_counts(stand: Stand) -> None:
    """Where a recorded failure ends a resumed loop, what the lost runner did in other iterations is counted all the same."""
    branch = {"name": "b", "branch": [{"steps": [{"name": "v", "set": {"value": 1}}]}]}
    steps = [{"name": "p", "set": {"value": 1}}, branch]

    outcome = stand.run(
        {"name": "loop", "forEach": {**ITEMS, "steps": steps}},
        config={"items": [1, 2]},
        recorded=[
            recorded("loop", "running"),
            recorded("loop/0/p", "failed", code="x"),
            recorded("loop/1/p", "passed", output=1),
            recorded("loop/1/b/0/v", "passed", output=1),
        ],
    )

    assert (outcome.state, outcome.steps_total, outcome.steps_failed) == (ExecutionState.FAILED, 4, 2)


def test_resumed_skipped_stop_does_not_stop(stand: Stand) -> None:
    """A stop that was skipped lets a resumed flow go on."""
    stand.run(STOP | {"if": "false"}, {"name": "after", "set": {"value": 1}}, recorded=[recorded("end", "skipped")])

    assert stand.recorder.statuses() == [("after", 1, "passed")]


def test_step_whose_if_failed_is_not_run_by_a_replacement(stand: Stand) -> None:
    """A condition without an answer failed the step once: no retry of a replacement runs its action."""
    step = {"name": "a", "if": "trigger.body.x > 1", "set": {"value": 1}, "retry": AGAIN, "onError": "continue"}
    trigger = {"rawBody": b"{", "contentType": "application/json"}
    first = stand.run(step, trigger=trigger)
    second = Stand()

    outcome = second.run(step, trigger=trigger, recorded=stand.recorder.as_recorded())

    assert outcome == first
    assert second.recorder.statuses() == []


BIG = {"name": "big", "python": {"code": "its runner is lost: nothing of it runs"}}
CUT = recorded("big", "passed", output=list(range(1000)), limit=300)


@pytest.mark.parametrize(
    "reader",
    [
        {"name": "reader", "forEach": {"items": "${steps.big.output}", "steps": [{"name": "v", "set": {"value": 1}}]}},
        {"name": "reader", "set": {"value": "${steps.big.output.size()}"}, "onError": "continue", "retry": AGAIN},
        {"name": "reader", "if": "steps.big.output[0] == 0", "set": {"value": 1}},
        {"name": "reader", "branch": [{"steps": [{"name": "v", "set": {"value": "${steps.big.output}"}}]}], "retry": AGAIN},
    ],
)  # fmt: skip
def test_cut_result_that_is_read_ends_the_execution(stand: Stand, reader: dict[str, Any]) -> None:
    """A replacement has a part of the result only: it fails with the step's name rather than go on with that."""
    outcome = stand.run(BIG, reader, {"name": "never", "set": {"value": 1}}, recorded=[CUT])

    assert (outcome.state, outcome.error_code, outcome.failed_step) == (
        ExecutionState.FAILED, "recorded_result_cut", "big",
    )  # fmt: skip
    assert {status for _, _, status in stand.recorder.statuses()} <= {"failed"}


def test_cut_result_that_nothing_reads_is_no_problem(stand: Stand) -> None:
    """What is not read any more may be cut, and the other members of its step are there."""
    outcome = stand.run(
        {"name": "big", "set": {"value": 1}},
        {"name": "seen", "set": {"value": "${steps.big.status} ${steps.big.attempts}"}},
        {"name": "last", "set": {"value": 1}},
        recorded=[CUT, CUT._replace(path="last")],
    )

    assert outcome.state is ExecutionState.PASSED
    assert stand.recorder.output("seen") == "passed 1"


@pytest.mark.parametrize("reads", [False, True])
def test_cut_result_of_an_item(stand: Stand, reads: bool) -> None:
    """An item's last output belongs to the loop's: who reads that ends the execution, and nobody else does."""
    outcome = stand.run(
        {"name": "loop", "forEach": {**ITEMS, "steps": [BIG]}},
        {"name": "seen", "set": {"value": "${steps.loop.output}" if reads else "${steps.loop.status}"}},
        config={"items": [1]},
        recorded=[recorded("loop", "running"), CUT._replace(path="loop/0/big")],
    )

    code, step = ("recorded_result_cut", "loop/0/big") if reads else (None, None)
    assert (outcome.error_code, outcome.failed_step) == (code, step)


@pytest.mark.parametrize("reason", [Reason.HANDED_OVER, Reason.LOST])
def test_interruption_leaves_the_step_without_result(stand: Stand, reason: Reason) -> None:
    """SIGTERM or a lost lease ends a sleeping flow at once; the running step gets no result."""
    threading.Timer(0.05, stand.interrupt.set, [reason]).start()

    with pytest.raises(Interrupted):
        stand.run(NAP)

    assert stand.recorder.records == []
    assert [record.status for record in stand.recorder.starts] == ["running"]


def test_cancellation_is_recorded(stand: Stand) -> None:
    """A cancelled flow records its running step as cancelled."""
    threading.Timer(0.05, stand.interrupt.set, [Reason.CANCELLED]).start()

    outcome = stand.run(NAP)

    assert outcome.state is ExecutionState.CANCELLED
    assert stand.recorder.statuses() == [("nap", 1, "cancelled")]


def test_step_timeout_is_a_failure_that_is_retried(stand: Stand) -> None:
    """A step's own timeout is recorded as timed_out, and retried like every failure."""
    outcome = stand.run(NAP | {"timeout": "20ms", "retry": {"attempts": 2, "delay": "1ms"}})

    assert (outcome.state, outcome.error_code) == (ExecutionState.FAILED, "timeout")
    assert stand.recorder.statuses() == [("nap", 1, "timed_out"), ("nap", 2, "timed_out")]
    assert "no result within its timeout of 20ms" in (outcome.error_message or "")


def test_flow_timeout_ends_everything_inside(stand: Stand) -> None:
    """The flow's timeout ends loop and step as timed_out, without retries."""
    outcome = stand.run(
        {"name": "loop", "forEach": {"items": [1], "steps": [NAP | {"retry": {"attempts": 9}}]}}, timeout_ms=100
    )

    assert outcome.state is ExecutionState.TIMED_OUT
    assert stand.recorder.statuses() == [("loop/0/nap", 1, "timed_out"), ("loop", 1, "timed_out")]
