"""forEach and branch."""

import threading
from typing import Any

import pytest

from engine_stand import Stand
from penstock_core.executions.records import StepRecord
from penstock_core.executions.states import ExecutionState
from penstock_runner.actions.set import Set
from penstock_runner.errors import Failure

ITEMS = {"items": "${config.items}"}


def test_for_each_gives_each_items_last_output(stand: Stand) -> None:
    """The output is a list in the order of the items; paths carry the index."""
    steps = [
        {"name": "twice", "set": {"value": "${item * 2}"}},
        {"name": "both", "set": {"value": ["${index}", "${steps.twice.output}"]}},
    ]

    outcome = stand.run(
        {"name": "loop", "forEach": {**ITEMS, "steps": steps}},
        {"name": "after", "set": {"value": "${steps.loop.output}"}},
        config={"items": [5, 6]},
    )

    assert outcome.state is ExecutionState.PASSED
    assert stand.recorder.output("after") == [[0, 10], [1, 12]]
    assert [path for path, _, _ in stand.recorder.statuses()] == [
        "loop/0/twice", "loop/0/both", "loop/1/twice", "loop/1/both", "loop", "after",
    ]  # fmt: skip
    assert (stand.recorder.last("loop").items_total, stand.recorder.last("loop").items_failed) == (2, 0)


def test_steps_of_an_iteration_are_not_seen_outside(stand: Stand) -> None:
    """Outside of the loop its steps are null."""
    stand.run(
        {"name": "loop", "forEach": {**ITEMS, "steps": [{"name": "inner", "set": {"value": 1}}]}},
        {"name": "after", "set": {"value": "${steps.inner.output}"}},
        config={"items": [1]},
    )

    assert stand.recorder.output("after") is None


def test_parallel_iterations_overlap(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """With parallel 3 three iterations wait at the same time."""
    begun = threading.Barrier(3, timeout=10)
    original = stand.recorder.durable

    def durable(record: StepRecord) -> None:
        original(record)
        if record.action == "sleep":
            begun.wait()

    monkeypatch.setattr(stand.recorder, "durable", durable)

    outcome = stand.run(
        {"name": "loop", "forEach": {**ITEMS, "parallel": 3, "steps": [{"name": "nap", "sleep": {"for": "1ms"}}]}},
        config={"items": [1, 2, 3]},
    )

    assert outcome.state is ExecutionState.PASSED


def test_failed_item_ends_the_loop_unless_told_otherwise(stand: Stand) -> None:
    """By default items behind a failed one are not run; the message names item and step."""
    steps = [{"name": "ok", "check": {"that": ["item < 2"]}}]

    outcome = stand.run({"name": "loop", "forEach": {**ITEMS, "steps": steps}}, config={"items": [1, 2, 3]})

    assert outcome.failed_step == "loop/1/ok"
    assert "1 of 3 items failed; the first is item 1: step loop/1/ok: `item < 2` is not true" in (
        outcome.error_message or ""
    )
    assert [path for path, _, _ in stand.recorder.statuses()] == ["loop/0/ok", "loop/1/ok", "loop"]


def test_other_items_run_on_without_stop_on_error(stand: Stand) -> None:
    """With stopOnError false all items run, failed ones are null in the output, and the step fails."""
    loop = {**ITEMS, "stopOnError": False, "steps": [
        {"name": "ok", "check": {"that": ["item != 2"]}}, {"name": "value", "set": {"value": "${item}"}},
    ]}  # fmt: skip

    outcome = stand.run({"name": "loop", "forEach": loop, "onError": "continue"}, config={"items": [1, 2, 3]})

    assert outcome.state is ExecutionState.COMPLETED_WITH_ERRORS
    assert stand.recorder.output("loop") == [1, None, 3]
    assert stand.recorder.last("loop").items_failed == 1


def test_retried_loop_repeats_failed_items_only(stand: Stand) -> None:
    """A second attempt of the loop runs the failed items again under the next attempt number."""
    loop = {**ITEMS, "stopOnError": False, "steps": [{"name": "ok", "check": {"that": ["item != 2"]}}]}

    stand.run({"name": "loop", "forEach": loop, "retry": {"attempts": 2, "delay": "1ms"}}, config={"items": [1, 2]})

    assert stand.recorder.statuses() == [
        ("loop/0/ok", 1, "passed"), ("loop/1/ok", 1, "failed"), ("loop", 1, "failed"),
        ("loop/1/ok", 2, "failed"), ("loop", 2, "failed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "holder",
    [
        {"forEach": {"items": [1], "steps": [{"name": "p", "set": {"value": 1}}]}},
        {"branch": [{"steps": [{"name": "p", "set": {"value": 1}}]}]},
    ],
)
def test_failure_that_a_later_attempt_made_good_is_none(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, holder: dict[str, Any]
) -> None:
    """A loop or branch that passes in its second attempt leaves no failed step behind."""
    answers = iter([Failure("x", "x"), None])

    def run(*_: Any) -> None:
        if failure := next(answers):
            raise failure

    monkeypatch.setattr(Set, "run", run)

    outcome = stand.run({"name": "holder", "retry": {"attempts": 2, "delay": "1ms"}} | holder)

    assert (outcome.state, outcome.steps_total, outcome.steps_failed) == (ExecutionState.PASSED, 2, 0)


def test_items_must_be_a_list(stand: Stand) -> None:
    """Anything but a list is refused with what it is."""
    outcome = stand.run({"name": "loop", "forEach": {**ITEMS, "steps": []}}, config={"items": {"a": 1}})

    assert outcome.error_message == 'step loop: forEach.items: a list is needed, but the value is a map, {"a": 1}'


def test_stop_inside_a_loop_ends_the_flow(stand: Stand) -> None:
    """A stop step inside an iteration ends the whole execution."""
    outcome = stand.run(
        {
            "name": "loop",
            "forEach": {**ITEMS, "steps": [{"name": "end", "stop": {"status": "failed", "message": "no"}}]},
        },
        config={"items": [1, 2]},
    )

    assert (outcome.state, outcome.failed_step) == (ExecutionState.FAILED, "loop/0/end")


def test_branch_takes_the_first_case_that_holds(stand: Stand) -> None:
    """Only the taken case runs; its steps are visible afterwards; the output is its last one."""
    branch = [
        {"when": "config.n > 10", "steps": [{"name": "big", "set": {"value": "big"}}]},
        {"when": "config.n > 1", "steps": [{"name": "middle", "set": {"value": "middle"}}]},
        {"steps": [{"name": "small", "set": {"value": "small"}}]},
    ]

    stand.run(
        {"name": "route", "branch": branch},
        {"name": "after", "set": {"value": "${steps.route.output} ${steps.middle.output} ${steps.small.status}"}},
        config={"n": 5},
    )

    assert stand.recorder.output("after") == "middle middle "
    assert [path for path, _, _ in stand.recorder.statuses()] == ["route/1/middle", "route", "after"]


def test_branch_without_a_case_gives_null(stand: Stand) -> None:
    """Where no case holds the branch passes with null."""
    outcome = stand.run({"name": "route", "branch": [{"when": "false", "steps": [{"name": "x", "set": {"value": 1}}]}]})

    assert outcome.state is ExecutionState.PASSED
    assert stand.recorder.last("route").output is None


def test_inner_item_hides_the_outer_one(stand: Stand) -> None:
    """In a loop inside a loop `item` is the inner one."""
    inner = {"name": "inner", "forEach": {"items": "${item}", "steps": [{"name": "v", "set": {"value": "${item}"}}]}}

    stand.run({"name": "outer", "forEach": {**ITEMS, "steps": [inner]}}, config={"items": [[1, 2], [3]]})

    assert stand.recorder.output("outer") == [[1, 2], [3]]
    assert stand.recorder.last("outer/1/inner/0/v").status == "passed"


def test_ten_thousand_items(stand: Stand) -> None:
    """A loop over 10,000 items works and records each."""
    loop = {**ITEMS, "parallel": 4, "steps": [{"name": "v", "set": {"value": "${item}"}}]}

    outcome = stand.run({"name": "loop", "forEach": loop}, config={"items": list(range(10_000))})

    assert outcome.steps_total == 10_001
    assert stand.recorder.output("loop") == list(range(10_000))
