"""Order, conditions, failures and ends of a flow."""

import json
from typing import Any

import pytest

from engine_stand import Stand, unpacked
from penstock_core.executions.states import ExecutionState


def test_set_steps_see_what_ran_before(stand: Stand) -> None:
    """A later step's template reads an earlier step's output with its type."""
    outcome = stand.run(
        {"name": "first", "set": {"value": {"total": 41, "list": [1, 2]}}},
        {"name": "second", "set": {"value": "${steps.first.output.total + 1}"}},
    )

    assert outcome.state is ExecutionState.PASSED
    assert (outcome.steps_total, outcome.steps_failed) == (2, 0)
    assert stand.recorder.output("second") == 42


def test_trigger_body_is_parsed_from_the_raw_body(stand: Stand) -> None:
    """trigger.body is what the stored rawBody and contentType say."""
    body = json.dumps({"id": "A1", "lines": [{"sku": "x"}]}).encode()

    stand.run(
        {"name": "id", "set": {"value": "${trigger.body.id}/${trigger.method}"}},
        trigger={"rawBody": body, "contentType": "application/json", "method": "POST"},
    )

    assert stand.recorder.output("id") == "A1/POST"


def test_malformed_trigger_body_fails_the_step_that_reads_it(stand: Stand) -> None:
    """A body that does not parse is an error of the step, with line and column."""
    outcome = stand.run(
        {"name": "id", "set": {"value": "${trigger.body.id}"}},
        trigger={"rawBody": b"{,", "contentType": "application/json"},
    )

    assert outcome.state is ExecutionState.FAILED
    assert outcome.error_code == "trigger_body"
    assert "line 1, column 2" in (outcome.error_message or "")


def test_false_if_skips(stand: Stand) -> None:
    """A step whose `if` is false is recorded as skipped, and its members are null with status skipped."""
    stand.run(
        {"name": "off", "if": "config.on", "set": {"value": 1}},
        {"name": "after", "set": {"value": "${steps.off.status}:${steps.off.output}"}},
        config={"on": False},
    )

    assert stand.recorder.statuses()[0] == ("off", 1, "skipped")
    assert stand.recorder.output("after") == "skipped:"


def test_if_that_cannot_be_evaluated_fails_the_step(stand: Stand) -> None:
    """An `if` without an answer fails the flow and names the field."""
    outcome = stand.run(
        {"name": "odd", "if": "trigger.body.missing", "set": {"value": 1}},
        trigger={"rawBody": b"{}", "contentType": "application/json"},
    )

    assert outcome.state is ExecutionState.FAILED
    assert outcome.failed_step == "odd"
    assert "if: " in (outcome.error_message or "")


def test_if_that_cannot_be_evaluated_is_one_failure(stand: Stand) -> None:
    """With onError continue such a step has failed, once, and later steps see it so."""
    outcome = stand.run(
        {"name": "odd", "if": "trigger.body.missing > 1", "set": {"value": 1}, "onError": "continue"},
        {"name": "after", "set": {"value": "${steps.odd.status}"}},
        trigger={"rawBody": b"{}", "contentType": "application/json"},
    )

    assert outcome.state is ExecutionState.COMPLETED_WITH_ERRORS
    assert stand.recorder.statuses() == [("odd", 1, "failed"), ("after", 1, "passed")]
    assert stand.recorder.output("after") == "failed"


def test_failed_step_ends_the_flow(stand: Stand) -> None:
    """Steps behind a failed one do not run; the outcome names step, code and message."""
    outcome = stand.run(
        {"name": "valid", "check": {"that": ["config.total > 10", "config.total > 0"]}},
        {"name": "never", "set": {"value": 1}},
        config={"total": 5},
    )

    assert outcome.state is ExecutionState.FAILED
    assert (outcome.failed_step, outcome.error_code) == ("valid", "check_failed")
    assert outcome.error_message == (
        "step valid: `config.total > 10` is not true: the left side is 5, the right side 10"
    )
    assert [path for path, _, _ in stand.recorder.statuses()] == ["valid"]
    assert stand.recorder.output("valid")[0]["left"] == 5


def test_on_error_continue_completes_with_errors(stand: Stand) -> None:
    """With onError continue the flow goes on, sees the error and ends as completed_with_errors."""
    outcome = stand.run(
        {"name": "valid", "check": {"that": ["1 > 2"]}, "onError": "continue"},
        {"name": "after", "set": {"value": "${steps.valid.status}/${steps.valid.error.code}"}},
    )

    assert outcome.state is ExecutionState.COMPLETED_WITH_ERRORS
    assert (outcome.steps_total, outcome.steps_failed) == (2, 1)
    assert stand.recorder.output("after") == "failed/check_failed"


def test_failing_assertion_keeps_operands(stand: Stand) -> None:
    """A failing assertion records actual and expected, and the output all the same."""
    outcome = stand.run({"name": "made", "set": {"value": {"status": 500}}, "assert": ["output.status == 200"]})

    record = stand.recorder.last("made")
    assert outcome.error_code == "assertion_failed"
    assert "the left side is 500, the right side 200" in (record.error_message or "")
    assert stand.recorder.output("made") == {"status": 500}


def test_extract_gives_value_list_or_failure(stand: Stand) -> None:
    """One match gives the value, several a list, none a failure that names the path."""
    value = {"id": 7, "lines": [{"sku": "a"}, {"sku": "b"}]}

    outcome = stand.run(
        {"name": "made", "set": {"value": value}, "extract": {"id": "$.id", "skus": "$.lines[*].sku"}},
        {"name": "seen", "set": {"value": "${steps.made.extracted}"}},
        {"name": "none", "set": {"value": value}, "extract": {"gone": "$.nothing"}},
    )

    assert stand.recorder.output("seen") == {"id": 7, "skus": ["a", "b"]}
    assert outcome.error_code == "extract_failed"
    assert "`$.nothing`" in (outcome.error_message or "")
    assert "id, lines" in (outcome.error_message or "")


def test_retry_runs_again_until_attempts_are_used_up(stand: Stand) -> None:
    """Each failed attempt is recorded under its number, with the delay between them."""
    outcome = stand.run(
        {"name": "valid", "check": {"that": ["false"]}, "retry": {"attempts": 3, "delay": "1ms"}},
    )

    assert outcome.state is ExecutionState.FAILED
    assert stand.recorder.statuses() == [("valid", 1, "failed"), ("valid", 2, "failed"), ("valid", 3, "failed")]
    assert [severity for severity, *_ in stand.recorder.logs] == ["warn", "warn"]


def test_retry_when_decides_by_the_error(stand: Stand) -> None:
    """Where `when` is false for the error there is no further attempt."""
    rule = {"attempts": 3, "delay": "1ms", "when": "error.code == 'http_status'"}

    stand.run({"name": "valid", "check": {"that": ["false"]}, "retry": rule})

    assert stand.recorder.statuses() == [("valid", 1, "failed")]


def test_stop_passed_ends_without_the_rest(stand: Stand) -> None:
    """A stop step with status passed ends the execution as passed."""
    outcome = stand.run({"name": "end", "stop": {"message": "nothing to do"}}, {"name": "never", "set": {"value": 1}})

    assert outcome.state is ExecutionState.PASSED
    assert [path for path, _, _ in stand.recorder.statuses()] == ["end"]


def test_stop_failed_says_why(stand: Stand) -> None:
    """A stop step with status failed ends the execution as failed with its message."""
    outcome = stand.run(
        {"name": "end", "stop": {"status": "failed", "message": "no ${config.what}"}}, config={"what": "stock"}
    )

    assert (outcome.state, outcome.error_code, outcome.error_message, outcome.failed_step) == (
        ExecutionState.FAILED, "stopped", "no stock", "end",
    )  # fmt: skip


def test_unknown_action_is_named(stand: Stand) -> None:
    """A step of a later release fails with the members it has."""
    outcome = stand.run({"name": "sql", "sql": {"query": "select 1"}})

    assert outcome.error_code == "unknown_action"
    assert "sql" in (outcome.error_message or "")


def test_expression_error_names_field_and_place(stand: Stand) -> None:
    """A template that fails names the action's field, and what to do."""
    outcome = stand.run({"name": "made", "set": {"value": "${config.map.key}"}}, config={"map": {}})

    assert outcome.error_code == "expression_error"
    assert (outcome.error_message or "").startswith("step made: set.value: ")


def test_record_modes_leave_values_out(stand: Stand) -> None:
    """metadata keeps sizes without values, none keeps the state alone; later steps see the output all the same."""
    stand.run(
        {"name": "meta", "record": "metadata", "set": {"value": "secret-ish"}},
        {"name": "none", "record": "none", "set": {"value": "secret-ish"}},
        {"name": "seen", "set": {"value": "${steps.meta.output}${steps.none.output}"}},
    )

    meta, none = stand.recorder.last("meta"), stand.recorder.last("none")
    assert (meta.output, none.output) == (None, None)
    assert (meta.output_size > 0, none.output_size) == (True, 0)
    assert stand.recorder.output("seen") == "secret-ishsecret-ish"


def test_a_secret_at_the_end_of_what_a_message_shows_is_masked(stand: Stand) -> None:
    """Operands are masked before they are cut: the first half of a secret is found by nobody."""
    text = "x" * 190 + "canary-value"
    known: dict[str, Any] = {"descriptions": {"erp": {"type": "apiKey"}}, "fields": {"erp": {"key": "canary-value"}}}

    checked = stand.run({"name": "valid", "check": {"that": ["config.text == 'a'"]}}, config={"text": text}, **known)
    asserted = stand.run({"name": "made", "set": {"value": text}, "assert": ["output == 'a'"]}, **known)

    assert "***" in (checked.error_message or "")
    assert "***" in (asserted.error_message or "")
    assert "canary" not in f"{checked.error_message}{asserted.error_message}"


def test_a_value_in_an_expressions_error_is_masked_before_it_is_cut(stand: Stand) -> None:
    """What a message quotes of a value shows no part of a secret."""
    text = "x" * 70 + "canary-value"
    known: dict[str, Any] = {"descriptions": {"erp": {"type": "apiKey"}}, "fields": {"erp": {"key": "canary-value"}}}

    failed = stand.run({"name": "made", "set": {"value": "${config.text + 1}"}}, config={"text": text}, **known)
    stand.run({"name": "valid", "check": {"that": ["config.text > 1"]}}, config={"text": text}, **known)
    told = [record.error_message or "" for record in stand.recorder.records]

    assert failed.error_message == told[0].replace("set.value", "step made: set.value", 1)
    assert "`config.text` is " in told[0]
    assert all("canary" not in message and "xxxx" in message for message in told)


def test_a_check_of_hundreds_of_alternatives_fails_as_others_do(stand: Stand) -> None:
    """Its report takes no recursion for each of them."""
    outcome = stand.run({"name": "valid", "check": {"that": ["||".join(["1==2"] * 600)]}})

    assert outcome.error_code == "check_failed"


ORDER = {"id": 7, "lines": [{"sku": "a"}], "none": [], "null": None, "a b": {"c": 1}}
EXTRACTED: dict[str, tuple[Any, str, Any]] = {
    "a name": (ORDER, "$.id", 7),
    "a list as a value": (ORDER, "$.lines", [{"sku": "a"}]),
    "null is a value": (ORDER, "$.null", None),
    "a name in quotes": (ORDER, "$['a b'].c", 1),
    "an index": (ORDER, "$.lines[0].sku", "a"),
    "an index from the end": (ORDER, "$.lines[-1].sku", "a"),
    "all of it": (ORDER, "$", ORDER),
    "all of a text": ("[1]", "$", "[1]"),
    "one of all": (ORDER, "$.lines[*].sku", ["a"]),
    "none of all": (ORDER, "$.none[*]", []),
    "a slice of one": (ORDER, "$.lines[0:1]", [{"sku": "a"}]),
    "two names": (ORDER, "$['id','gone']", [7]),
    "anywhere": (ORDER, "$..sku", ["a"]),
    "a filter of one": (ORDER, "$.lines[?@.sku == 'a'].sku", ["a"]),
    "a filter of none": (ORDER, "$.lines[?@.sku == 'b']", []),
    "several of what has no members": ("[1]", "$[*]", []),
}


@pytest.mark.parametrize("case", EXTRACTED)
def test_a_path_says_whether_it_gives_a_value_or_a_list(stand: Stand, case: str) -> None:
    """Names and indexes alone give a value, any other path a list, whatever is there."""
    value, path, expected = EXTRACTED[case]

    outcome = stand.run({"name": "made", "set": {"value": value}, "extract": {"x": path}})

    assert outcome.state is ExecutionState.PASSED
    assert unpacked(stand.recorder.last("made").extracted) == {"x": expected}


@pytest.mark.parametrize(
    ("value", "path"), [(ORDER, "$.gone"), (ORDER, "$.lines[1]"), (ORDER, "$.id.x"), ("text", "$.x"), (None, "$[0]")]
)
def test_a_path_to_one_value_that_is_not_there(stand: Stand, value: Any, path: str) -> None:
    """It fails the step, and names the path."""
    outcome = stand.run({"name": "made", "set": {"value": value}, "extract": {"x": path}})

    assert outcome.error_code == "extract_failed"
    assert path in (outcome.error_message or "")


def test_a_regular_expression_in_an_extraction_ends(stand: Stand) -> None:
    """Python's engine would hold the whole process until long after the step's timeout."""
    value = [{"s": "a" * 200}, {"s": "aab"}]

    stand.run({"name": "made", "set": {"value": value}, "extract": {"found": "$[?search(@.s, '(a+)+b')].s"}})

    assert unpacked(stand.recorder.last("made").extracted) == {"found": ["aab"]}
