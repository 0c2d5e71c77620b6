"""What the record does not have as it was is no result for a replacement: it fails rather than hand on something else."""

from typing import Any

import pytest

from engine_stand import Stand
from penstock_core.executions.records import Outcome, RecordedStep
from penstock_core.executions.states import ExecutionState, StepStatus

CANARY = "canary-value-4711"
SECRETS: dict[str, Any] = {
    "descriptions": {"erp": {"type": "apiKey", "fields": ["key"]}},
    "fields": {"erp": {"key": CANARY}},
}
ECHO = {"name": "echo", "python": {"code": f"def run(context):\n  return {{'key': '{CANARY}', 'id': 7}}"}}
PLAIN = {"name": "echo", "python": {"code": "def run(context):\n  return {'id': 7}"}, "record": "none"}
FAILS = {
    "name": "echo",
    "python": {"code": f"def run(context):\n  raise ValueError('{CANARY}')"},
    "onError": "continue",
}


def resumed(*steps: dict[str, Any], lost: str = "reader") -> tuple[Outcome, Stand]:
    """The end of a flow whose first runner was lost before the step `lost`."""
    first, second = Stand(), Stand()
    first.run(*steps, **SECRETS)
    return second.run(*steps, recorded=before(first, lost), **SECRETS), second


def before(stand: Stand, lost: str) -> list[RecordedStep]:
    rows = stand.recorder.as_recorded()
    return [row for row in rows if not row.path.startswith(lost)]


READERS = {
    "a template": {"name": "reader", "set": {"value": "${steps.echo.output.key}"}},
    "another member": {"name": "reader", "set": {"value": "${steps.echo.output.id}"}},
    "a condition": {"name": "reader", "if": "steps.echo.output.key != ''", "set": {"value": 1}},
    "code": {"name": "reader", "python": {"code": "def run(context):\n  return context.steps['echo'].output"}},
    "code that catches what it can": {
        "name": "reader",
        "python": {"code": "def run(context):\n  try:\n    return dict(context.steps['echo'].items())\n  except Exception:\n    return 1"},
    },
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_a_masked_result_that_is_read_ends_the_execution(reader: str) -> None:
    """`***` is sent to nobody: the execution fails with the step whose result it is."""
    outcome, second = resumed(ECHO, READERS[reader], {"name": "never", "set": {"value": 1}})

    assert (outcome.state, outcome.error_code, outcome.failed_step) == (
        ExecutionState.FAILED, "recorded_result_masked", "echo",
    )  # fmt: skip
    assert "never" not in {path for path, _, _ in second.recorder.statuses()}
    assert "***" not in str([record.output for record in second.recorder.records])


@pytest.mark.parametrize("reader", [*READERS])
def test_a_result_that_was_left_out_is_not_null(reader: str) -> None:
    """What `record` keeps from the record is no null for a replacement either."""
    outcome, _ = resumed(PLAIN, READERS[reader])

    assert (outcome.error_code, outcome.failed_step) == ("recorded_result_left_out", "echo")


@pytest.mark.parametrize(
    "reader",
    [
        {"name": "reader", "set": {"value": "${steps.echo.status} ${steps.echo.attempts}"}},
        {"name": "reader", "python": {"code": "def run(context):\n  return f'{context.steps[\"echo\"].status} 1'"}},
    ],
)
@pytest.mark.parametrize("step", [ECHO, PLAIN], ids=["masked", "left out"])
def test_what_nobody_reads_may_be_missing(step: dict[str, Any], reader: dict[str, Any]) -> None:
    """The other members of such a step are there."""
    outcome, second = resumed(step, reader)

    assert outcome.state is ExecutionState.PASSED, outcome.error_message
    assert second.recorder.output("reader") == "passed 1"


def test_what_was_extracted_is_a_result_of_its_own() -> None:
    """A step whose output held a secret gives what it extracted without it."""
    step = ECHO | {"extract": {"id": "$.id"}}
    outcome, second = resumed(step, {"name": "reader", "set": {"value": "${steps.echo.extracted.id}"}})

    assert outcome.state is ExecutionState.PASSED, outcome.error_message
    assert second.recorder.output("reader") == 7


def test_a_result_without_effect_is_made_again() -> None:
    """A `set` whose value was left out is evaluated once more, by whoever reads it."""
    step = {"name": "echo", "set": {"value": {"key": "${config.key}"}}, "record": "metadata", "extract": {"k": "$.key"}}
    reader = {"name": "reader", "set": {"value": "${steps.echo.output.key} ${steps.echo.extracted.k}"}}
    first, second = Stand(), Stand()
    first.run(step, reader, config={"key": CANARY})

    outcome = second.run(step, reader, config={"key": CANARY}, recorded=before(first, "reader"))

    assert outcome.state is ExecutionState.PASSED, outcome.error_message
    assert second.recorder.output("reader") == f"{CANARY} {CANARY}"
    assert second.recorder.statuses() == [("reader", 1, "passed")]


def test_what_is_made_again_of_a_masked_result_is_not_made() -> None:
    """A `set` of what was masked has nothing that it could be made of."""
    between = {"name": "between", "set": {"value": "${steps.echo.output.key}"}}
    outcome, _ = resumed(ECHO, between, {"name": "reader", "set": {"value": "${steps.between.output}"}})

    assert (outcome.error_code, outcome.failed_step) == ("recorded_result_masked", "echo")


@pytest.mark.parametrize("reads", [True, False])
def test_a_loop_goes_on_behind_masked_items_and_its_output_is_no_result(reads: bool) -> None:
    """Also for a third runner, which finds the loop as passed."""
    loop = {"name": "loop", "forEach": {"items": [1, 2], "steps": [ECHO]}}
    reader = {"name": "reader", "set": {"value": "${steps.loop.output}" if reads else "${steps.loop.status}"}}
    first, second, third = Stand(), Stand(), Stand()
    first.run(loop, reader, **SECRETS)
    half = [row._replace(status=StepStatus.RUNNING) if row.path == "loop" else row for row in before(first, "reader")]
    half = [row for row in half if not row.path.startswith("loop/1")]

    one = second.run(loop, reader, recorded=half, **SECRETS)
    passed = [row for row in second.recorder.as_recorded() if row.path == "loop"]
    other = third.run(loop, reader, recorded=passed, **SECRETS)

    expected = "recorded_result_masked" if reads else None
    assert (one.error_code, other.error_code) == (expected, expected)


@pytest.mark.parametrize(("reads", "code"), [("message", "recorded_result_masked"), ("code", None)])
def test_a_masked_error_is_no_text_for_somebody_else(reads: str, code: str | None) -> None:
    """The message of a failure with a secret in it is not handed on; its code is."""
    outcome, _ = resumed(FAILS, {"name": "reader", "set": {"value": f"${{steps.echo.error.{reads}}}"}})

    assert outcome.error_code == (code or "completed_with_errors")


@pytest.mark.parametrize("mode", ["metadata", "none"])
def test_no_value_is_kept_in_errors_warnings_and_logs(mode: str) -> None:
    """Where a step keeps no values, neither do its error, the execution's, its warnings and its log."""
    lines = [
        "def run(context):", "  print('canary-printed')", "  context.log.info('canary-said', a='canary-field')",
        "  raise ValueError('canary-raised')",
    ]  # fmt: skip
    stand = Stand()
    inner = {
        "name": "py",
        "python": {"code": "\n".join(lines)},
        "record": mode,
        "retry": {"attempts": 2, "delay": "1ms"},
    }

    outcome = stand.run({"name": "case", "branch": [{"steps": [inner]}]})

    assert outcome.error_code == "step_failed"
    assert "python_error" in (outcome.error_message or "")
    kept = (outcome, stand.recorder.records, stand.recorder.starts, stand.recorder.logs)
    assert "canary" not in repr(kept)
    assert [severity for severity, *_ in stand.recorder.logs][:2] == ["info", "info"]
