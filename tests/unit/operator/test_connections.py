"""Connections of an Instance: what is wrong with one, and what a flow gets of it."""

import pytest

from observed_objects import CONTENT, secret
from penstock_core.observed.content import DeclaredConnection
from penstock_core.observed.data import Secret
from penstock_operator.instances.connections import resolve, used_by

DECLARED = [
    DeclaredConnection.parse({"name": "erp", "type": "basic", "description": "the ERP"}),
    DeclaredConnection.parse({"name": "mail", "type": "apiKey", "required": False}),
]
GIVEN = {"erp": "acme-erp"}


@pytest.mark.parametrize(
    ("given", "found", "fragments"),
    [
        (
            {},
            None,
            [
                "connection erp of type basic is required (the ERP)",
                "spec.connections.erp.secretRef.name",
                "username, password",
            ],
        ),
        (GIVEN, None, ["does not exist", "penstock.dev/connection=true"]),
        (GIVEN, secret(labels={}), ['lacks the label penstock.dev/connection: "true"']),
        (
            GIVEN,
            secret(labels={"penstock.dev/connection": "true", "app.kubernetes.io/managed-by": "penstock"}),
            ["Penstock's own"],
        ),
        (GIVEN, secret(fields=("username",)), ["lacks password", "it has: username"]),
        (
            GIVEN | {"typo": "x"},
            secret(fields=("username", "password")),
            ["connection typo is not declared", "erp, mail"],
        ),
    ],
)
def test_each_wrong_connection_is_named_with_its_remedy(
    given: dict[str, str], found: Secret | None, fragments: list[str]
) -> None:
    """What is wrong with a connection is one sentence that names the connection, the problem and the remedy."""
    _, problems = resolve(DECLARED, given, secret=lambda _: found)

    assert len(problems) == 1
    assert [fragment for fragment in fragments if fragment not in problems[0]] == []


def test_a_complete_connection_is_resolved_by_reference() -> None:
    """A connection that is complete yields the Secret's name and fields, never a value."""
    found, problems = resolve(DECLARED, GIVEN, secret=lambda _: secret(fields=("username", "password")))

    assert problems == []
    assert found["erp"].for_flow() == {
        "name": "erp",
        "type": "basic",
        "secretName": "acme-erp",
        "fields": ["username", "password"],
    }


def test_connections_are_found_in_nested_steps() -> None:
    """A flow's Job gets the connections that its steps name, at any depth, and no others."""
    assert used_by(CONTENT["flows"][0]["steps"]) == {"erp"}
    assert used_by(CONTENT["flows"][1]["steps"]) == frozenset()
