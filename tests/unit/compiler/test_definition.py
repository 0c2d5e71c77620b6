"""What the runner gets."""

from typing import Any

import builders
from penstock_core.compiler import build_definition, definition_hash
from penstock_core.observed.content import Content, DeclaredConnection, DeclaredFlow
from penstock_core.observed.instance import Instance

INSTANCE = builders.instance(
    metadata={"labels": {"tier": "gold"}},
    integration={"name": "orders-to-erp", "version": "1.4.0"},
    customer={"id": "acme", "name": "ACME GmbH"},
)
STEPS: list[dict[str, Any]] = [{"name": "a", "set": {"value": None}}]
CONTENT = {"version": "1.4.0", "flows": [{"name": "importOrder", "timeout": "5m", "steps": STEPS}]}
CONNECTIONS = [
    {"name": "erp", "type": "apiKey", "header": "X-Api-Key", "description": "left out"},
    {"name": "shop", "type": "basic"},
    {"name": "own", "type": "custom", "fields": ["user"], "headers": {"X-Auth": "${user}"}},
]


def built(**changed: Any) -> dict[str, Any]:
    """The definition of the one flow."""
    given: dict[str, Any] = {
        "flow": CONTENT["flows"][0],
        "config": {"region": "eu"},
        "connections": CONNECTIONS,
        "urls": {"importOrder": "https://hooks.example/a"},
        "secrets": {"erp": "acme-erp", "own": "acme-own"},
    }
    wanted = {**given, **changed}
    return build_definition(
        Instance.parse(INSTANCE),
        Content.parse(CONTENT),
        flow=DeclaredFlow.parse(wanted["flow"]),
        connections=[DeclaredConnection.parse(one) for one in wanted["connections"]],
        config=wanted["config"],
        urls=wanted["urls"],
        secrets=wanted["secrets"],
    )


def test_a_definition_is_what_the_contract_says() -> None:
    """Everything that interpreting the flow needs, and no value of a connection."""
    assert built() == {
        "schema": 1,
        "flow": {"name": "importOrder", "urls": {"importOrder": "https://hooks.example/a"}},
        "instance": {
            "name": "acme-orders",
            "namespace": "acme",
            "customer": {"id": "acme", "name": "ACME GmbH"},
            "labels": {"tier": "gold"},
        },
        "integration": {"name": "orders-to-erp", "version": "1.4.0"},
        "config": {"region": "eu"},
        "connections": {
            "erp": {
                "type": "apiKey",
                "fields": ["key"],
                "secret": "acme-erp",
                "header": "X-Api-Key",
                "prefix": "",
            },
            "shop": {"type": "basic", "fields": ["username", "password"], "secret": None},
            "own": {"type": "custom", "fields": ["user"], "secret": "acme-own", "headers": {"X-Auth": "${user}"}},
        },
        "timeoutMs": 300_000,
        "steps": STEPS,
    }


def test_a_flow_without_timeout_has_an_hour() -> None:
    """The default is the schema's."""
    assert built(flow={"name": "importOrder", "steps": STEPS})["timeoutMs"] == 3_600_000


def test_the_hash_depends_on_content_alone() -> None:
    """The order of members does not count, a value does."""
    shuffled = dict(reversed(list(built().items())))

    assert definition_hash(shuffled) == definition_hash(built())
    assert definition_hash(built(config={"region": "us"})) != definition_hash(built())
    assert len(definition_hash(built())) == 64
