"""An Instance's values against the Integration's variables."""

from typing import Any

import pytest

from penstock_core.compiler import resolve_config

VARIABLES: list[dict[str, Any]] = [
    {"name": "erpUrl", "type": "string", "format": "uri", "required": True, "description": "Base URL of the ERP"},
    {"name": "code", "type": "string", "pattern": "[A-Z]{2}"},
    {"name": "region", "type": "picklist", "options": ["eu", "us"], "default": "eu"},
    {"name": "dryRun", "type": "boolean", "default": False},
    {"name": "least", "type": "number", "minimum": 0, "maximum": 10.5},
]
URL = {"erpUrl": "https://erp.example"}


def test_defaults_are_applied_and_the_rest_is_null() -> None:
    """Every variable has a value."""
    assert resolve_config(VARIABLES, URL) == (
        {"erpUrl": "https://erp.example", "code": None, "region": "eu", "dryRun": False, "least": None},
        [],
    )


def test_a_missing_required_value_is_told_with_its_purpose() -> None:
    """And where to set it."""
    _, problems = resolve_config(VARIABLES, {})

    assert problems == ["config.erpUrl: required (Base URL of the ERP), and has no value: set spec.config.erpUrl"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("erpUrl", 5, "is not a string"),
        ("erpUrl", "erp.example", "begins with https://"),
        ("erpUrl", "ftp://erp.example", "begins with https://"),
        ("erpUrl", "https://", "and a host"),
        ("erpUrl", "https://[", "and a host"),
        ("code", "ABC", "does not match the pattern"),
        ("code", "AB\n", "does not match the pattern"),
        ("code", "A" * 513, "512 at most"),
        ("region", "asia", "choose one of eu, us"),
        ("region", ["eu"], "choose one of eu, us"),
        ("dryRun", "yes", "write true or false"),
        ("dryRun", 1, "write true or false"),
        ("least", "5", "without quotes"),
        ("least", True, "is not a number"),
        ("least", float("nan"), "is not a number"),
        ("least", -1, "below the minimum 0"),
        ("least", 10.6, "above the maximum 10.5"),
        ("nope", 1, "has no such variable (it has: erpUrl, code, region, dryRun, least)"),
    ],
)
def test_a_wrong_value_is_told(name: str, value: Any, message: str) -> None:
    """One sentence that begins with the variable's name."""
    _, problems = resolve_config(VARIABLES, {**URL, name: value})

    assert len(problems) == 1
    assert problems[0].startswith(f"config.{name}: ")
    assert message in problems[0]


def test_texts_of_config_maps_are_converted_and_weaker() -> None:
    """Keys that are no variables are left aside; what `config` sets wins."""
    texts = {"dryRun": "true", "least": "5", "region": "us", "other": "x"}

    resolved, problems = resolve_config(VARIABLES, {**URL, "region": "eu"}, texts)

    assert problems == []
    assert (resolved["dryRun"], resolved["least"], resolved["region"]) == (True, 5, "eu")


def test_a_text_that_does_not_convert_is_told() -> None:
    """As it stands in the ConfigMap."""
    _, problems = resolve_config(VARIABLES, URL, {"least": "many", "dryRun": "1"})

    assert [problem.split(":")[0] for problem in problems] == ["config.dryRun", "config.least"]


def test_a_pattern_is_matched_in_linear_time() -> None:
    """Python's engine would try the ways to divide these characters for longer than anybody lives."""
    variables = [{"name": "code", "type": "string", "pattern": "(a+)+b"}]

    _, problems = resolve_config(variables, {"code": "a" * 512})

    assert len(problems) == 1
    assert "does not match the pattern (a+)+b" in problems[0]


def test_a_pattern_of_an_older_version_that_cannot_be_used_is_told() -> None:
    """A version published before patterns were checked deploys no further, and says why."""
    _, problems = resolve_config([{"name": "code", "type": "string", "pattern": "(?=a)"}], {"code": "a"})

    assert problems[0].startswith("config.code: the pattern `(?=a)` cannot be used")
