"""What is told at publication and keeps nothing from being published: what an author wrote, and the sentence that they read."""

from typing import Any

import pytest

from penstock_core.compiler import MAX_PROBLEMS, check_integration


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
    "text", ["", '{"a": {"b": 1}}', "${{'a': {'b': 1}}.a.b}", "$${{a}", "${'{{ a }}'}", "a { b } c", "{{", "${trigger.body.a}"]
)  # fmt: skip
def test_braces_that_mean_something_are_not_told(text: str) -> None:
    """JSON, maps of expressions and literals stay."""
    assert warned({"name": "a", "set": {"value": text}}) == []


def test_the_number_of_warnings_is_bounded() -> None:
    """The last one counts the rest."""
    found = warned(*({"name": f"s{number}", "set": {"value": "{{ a }}"}} for number in range(MAX_PROBLEMS + 3)))

    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == "spec: 3 more warnings: correct these first"
