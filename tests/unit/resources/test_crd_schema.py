"""The generated CRDs: structural, described in full, and small enough."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock_core.resources.crd import RELEASE_ANNOTATION, definitions, structural
from penstock_core.resources.generate import differences, main, manifests

DEFINITIONS = definitions("1.2.3")
MIB = 1024 * 1024


def root(definition: dict[str, Any]) -> dict[str, Any]:
    """The schema of a CRD."""
    found: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a schema with its path."""
    for name, below in schema.get("properties", {}).items():
        yield f"{path}.{name}", below
        yield from fields(below, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from fields(schema["additionalProperties"], f"{path}.*")


ALL = [
    pytest.param(schema, id=definition["spec"]["names"]["kind"] + path)
    for definition in DEFINITIONS.values()
    for path, schema in fields(root(definition))
    if path not in (".metadata", ".spec", ".status")
]


def schema_of(case: Any) -> dict[str, Any]:
    """The one value of a case."""
    [schema] = case.values
    found: dict[str, Any] = schema
    return found


def test_every_field_is_described_with_an_example() -> None:
    """`kubectl explain` reads like a manual."""
    bare = [case.id for case in ALL if "Example: " not in schema_of(case).get("description", "")]

    assert bare == []


def test_every_optional_field_tells_its_default() -> None:
    """What happens without it is said in its description."""
    silent = []
    for name, definition in DEFINITIONS.items():
        for path, schema in fields(root(definition)):
            required = schema.get("required", [])
            silent += [
                f"{name}{path}.{member}"
                for member, below in schema.get("properties", {}).items()
                if member not in required and "Default: " not in below["description"]
            ]

    assert silent == []


def test_the_schema_is_structural() -> None:
    """No references, no null alternatives, and a type or a declared freedom everywhere."""
    wrong = [
        case.id
        for case in ALL
        for schema in [schema_of(case)]
        if {"$ref", "oneOf", "title", "$defs"} & schema.keys()
        or not {"type", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"} & schema.keys()
    ]

    assert wrong == []


def test_lists_of_steps_are_atomic() -> None:
    """Order counts, so two appliers never merge their steps."""
    for case in ALL:
        schema = schema_of(case)
        if str(case.id).endswith((".steps", ".branch")) and schema.get("type") == "array":
            assert schema["x-kubernetes-list-type"] == "atomic", case.id


def test_steps_nest_three_levels() -> None:
    """The third level's loop and branch have no schema of their own."""
    ids = {str(case.id) for case in ALL}
    loop = "Integration.spec.flows[].steps[].forEach.steps[].forEach.steps[]"

    assert f"{loop}.http.url" in ids
    assert f"{loop}.forEach" in ids
    assert not any(found.startswith(f"{loop}.forEach.") for found in ids)


def test_rules_stand_on_no_nested_step() -> None:
    """There they would exceed the API server's cost budget."""
    nested = [
        case.id
        for case in ALL
        if str(case.id).count(".steps[]") > 1 and "x-kubernetes-validations" in json.dumps(case.values[0])
    ]

    assert nested == []


def test_every_rule_has_a_message_with_a_remedy() -> None:
    """Problem and remedy are divided by a colon."""

    def rules(value: Any) -> Iterator[dict[str, str]]:
        if isinstance(value, dict):
            yield from value.get("x-kubernetes-validations", [])
            for below in value.values():
                yield from rules(below)
        elif isinstance(value, list):
            for below in value:
                yield from rules(below)

    found = [rule["message"] for definition in DEFINITIONS.values() for rule in rules(definition)]

    assert len(found) > 20
    assert [message for message in found if ":" not in message or not message[0].islower()] == []


def test_a_null_is_kept_where_any_value_may_stand() -> None:
    """Without `nullable` the API server drops it."""
    steps = root(DEFINITIONS["integrations.penstock.dev.yaml"])["properties"]["spec"]["properties"]["flows"]["items"]
    action = steps["properties"]["steps"]["items"]["properties"]["set"]

    assert action["properties"]["value"]["nullable"] is True


@pytest.mark.parametrize(("name", "short"), [("integrations", "pint"), ("integrationversions", "pintv"), ("instances", "pinst"), ("flows", "pflow")])  # fmt: skip
def test_names_and_release(name: str, short: str) -> None:
    """Short name, category, status subresource and the release that the CRD belongs to."""
    definition = DEFINITIONS[f"{name}.penstock.dev.yaml"]

    assert definition["spec"]["names"]["shortNames"] == [short]
    assert definition["spec"]["names"]["categories"] == ["penstock"]
    assert definition["spec"]["versions"][0]["subresources"] == {"status": {}}
    assert definition["metadata"]["annotations"] == {RELEASE_ANNOTATION: "1.2.3"}


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_a_crd_is_well_below_what_is_stored_at_most(name: str) -> None:
    """An object has 1.5 MiB at most; growth to come needs room."""
    assert len(json.dumps(DEFINITIONS[name])) < MIB / 2


def test_the_files_in_the_checkout_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """`penstock-crds` was run after the last change of a model."""
    directory = Path(__file__).parents[3] / "crds"

    assert main(["--check", "--directory", str(directory)]) == 0, capsys.readouterr().out


def test_check_shows_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and a diff for a changed, a missing and a superfluous file."""
    assert main(["--directory", str(tmp_path)]) == 0
    assert main(["--check", "--directory", str(tmp_path)]) == 0
    changed = tmp_path / "flows.penstock.dev.yaml"
    changed.write_text(changed.read_text().replace("pflow", "pflw"))
    (tmp_path / "instances.penstock.dev.yaml").unlink()
    (tmp_path / "others.yaml").write_text("a: 1\n")

    assert main(["--check", "--directory", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert [
        word
        for word in ("-    - pflw", "+    - pflow", "+  name: instances.penstock.dev", "-a: 1")
        if word not in shown
    ] == []


def test_the_files_parse_back_to_the_definitions() -> None:
    """YAML loses nothing."""
    texts = manifests("1.2.3")

    assert {name: yaml.safe_load(text) for name, text in texts.items()} == DEFINITIONS
    assert differences(Path("/nonexistent"), {}) == []


def test_an_alternative_of_null_disappears() -> None:
    """Optional fields are left out, not null."""
    schema = {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "description": "outer", "default": None}
    shared = {"A": {"type": "object", "description": "inner", "properties": {"b": {"type": "string", "title": "B"}}}}

    assert structural(schema, shared) == {
        "type": "object",
        "description": "outer",
        "properties": {"b": {"type": "string"}},
    }
