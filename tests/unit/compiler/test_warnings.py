"""What is told at publication and keeps nothing from being published: what an author wrote, and the sentence that they read."""

from typing import Any

import pytest

from penstock_core.compiler import MAX_PROBLEMS, check_integration, resolve_config


def spec(*steps: dict[str, Any]) -> dict[str, Any]:
    """An Integration's spec with one flow of these steps."""
    return {"version": "1.0.0", "flows": [{"name": "demo", "trigger": {"webhook": {}}, "steps": list(steps)}]}


def warned(*steps: dict[str, Any]) -> list[str]:
    """The warnings of such an Integration, which has no problems."""
    verdict = check_integration(spec(*steps))

    assert verdict.problems == []
    return [str(warning) for warning in verdict.warnings]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{ trigger.body.id }}", "column 1: `{{ trigger.body.id }}` means nothing here and is sent as it stands: for a value of the flow write `${trigger.body.id}`"),
        ("Order {{trigger.body.id}} of ${trigger.body.name}", "column 7: `{{trigger.body.id}}` means nothing here and is sent as it stands: for a value of the flow write `${trigger.body.id}`"),
        ("${trigger.body.a}\n{{ steps.x.output | upper }}", "line 2 column 1: `{{ steps.x.output | upper }}` means nothing here and is sent as it stands: for a value of the flow write `${steps.x.output}`"),
        ("{{#each lines}}", "column 1: `{{#each lines}}` means nothing here and is sent as it stands: for a value of the flow write `${…}`"),
    ],
)  # fmt: skip
def test_another_tools_template_is_told(text: str, sentence: str) -> None:
    """Double braces are no expression here."""
    assert warned({"name": "a", "set": {"value": {"x": [text]}}}) == [f"flow demo, step a, set.value.x[0], {sentence}"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{trigger.body.id}", "`{trigger.body.id}` means nothing here and is sent as it stands: for a value of the flow write `${trigger.body.id}`"),
        ("a $trigger.body.id b", "`$trigger.body.id` means nothing here and is sent as it stands: for a value of the flow write `${trigger.body.id}`"),
        ("$(config.region)", "`$(config.region)` means nothing here and is sent as it stands: for a value of the flow write `${config.region}`"),
        ("#{ item.sku }", "`#{ item.sku }` means nothing here and is sent as it stands: for a value of the flow write `${item.sku}`"),
        ("<%= trigger.body.id %>", "`<%= trigger.body.id %>` means nothing here and is sent as it stands: for a value of the flow write `${trigger.body.id}`"),
        ("trigger.body.id", "this is the text as it stands: for the value write `${trigger.body.id}`"),
        ("trigger.body[0].id", "this is the text as it stands: for the value write `${trigger.body[0].id}`"),
    ],
)  # fmt: skip
def test_other_marks_around_a_variable_are_told(text: str, sentence: str) -> None:
    """Other languages' marks mean nothing, and a name alone is a text."""
    [warning] = warned({"name": "a", "set": {"value": text}})

    assert warning.endswith(f": {sentence}")


@pytest.mark.parametrize(("yaml", "word"), [("y: 1", "true"), ("n: 1", "false"), ("on: 1", "true"), ("No: 1", "false")])
@pytest.mark.parametrize("place", ["set.value", "http.json", "http.query"])
def test_a_key_that_yaml_read_as_true_or_false_is_told(yaml: str, word: str, place: str) -> None:
    """A bare y, n, on or no arrives as `true` or `false`, as kubectl writes it."""
    action, member = place.split(".")
    others = {"url": "https://example.test"} if action == "http" else {}
    [warning] = warned({"name": "a", action: {**others, member: {word: 1}}})

    assert warning == (
        f"flow demo, step a, {place}: a key is `{word}`: YAML reads bare y, yes and on as true, and n, no and off as false:"
        " put it in quotes where one of these is meant"
    ), yaml


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"if": True, "set": {"value": 1}}, "flow demo, step a, if: true is no text: YAML reads bare y, yes and on as true, and n, no and off as false: put it in quotes where one of these is meant"),
        ({"http": {"url": "https://a.test", "headers": {"X-Flag": False}}}, "flow demo, step a, http.headers.X-Flag: false is no text: YAML reads bare y, yes and on as true, and n, no and off as false: put it in quotes where one of these is meant"),
        ({"http": {"url": "https://a.test", "headers": {"X-Id": 7}}}, "flow demo, step a, http.headers.X-Id: 7 is a number, and a text is needed: put it in quotes"),
        ({"http": {"url": "https://a.test", "method": "post"}}, 'flow demo, step a, http.method: "post" is none of the values here: write one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; did you mean `POST`?'),
        ({"http": ["https://a.test"]}, 'flow demo, step a, http: ["https://a.test"] is written here, and a map is needed: correct the value'),
        ({"http": {"url": "https://a.test", "query": "a=1"}}, 'flow demo, step a, http.query: "a=1" is written here, and a map is needed: correct the value'),
        ({"if": "{{ trigger.body.id }}", "set": {"value": 1}}, "flow demo, step a, if: a condition is an expression as a whole: write it without `{{` and `}}`"),
    ],
)  # fmt: skip
def test_what_yaml_made_of_a_text_is_refused_in_words(step: dict[str, Any], sentence: str) -> None:
    """Where a text is needed, true, false and numbers are no text."""
    assert [str(problem) for problem in check_integration(spec({"name": "a", **step})).problems] == [sentence]


@pytest.mark.parametrize(
    "text", ["", '{"a": {"b": 1}}', "${{'a': {'b': 1}}.a.b}", "$${{a}", "${'{{ a }}'}", "a { b } c", "{{", "${trigger.body.a}", "{trigger}", "$5", "my trigger.body", "see trigger.body.id", "trigger.bodyy", "$.body.id"]
)  # fmt: skip
def test_braces_that_mean_something_are_not_told(text: str) -> None:
    """JSON, maps of expressions and literals stay."""
    assert warned({"name": "a", "set": {"value": text}}) == []


def test_a_key_of_extract_that_yaml_read_as_true_is_told() -> None:
    """Nobody could read it by the name that was written."""
    [warning] = warned({"name": "a", "set": {"value": {"y": 1}}, "extract": {"true": "$.y"}})

    assert "flow demo, step a, extract: a key is `true`: YAML reads bare y" in warning


def test_a_variable_that_yaml_read_as_true_is_told() -> None:
    """An Instance's values have keys, too."""
    _, [problem] = resolve_config([{"name": "y", "type": "string"}], {"true": "a"})

    assert "config.true: the Integration has no such variable (it has: y)" in problem
    assert "YAML reads bare y, yes and on as true" in problem


def test_the_number_of_warnings_is_bounded() -> None:
    """The last one counts the rest."""
    found = warned(*({"name": f"s{number}", "set": {"value": "{{ a }}"}} for number in range(MAX_PROBLEMS + 3)))

    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == "spec: 3 more warnings: correct these first"
