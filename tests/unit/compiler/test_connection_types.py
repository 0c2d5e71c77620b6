"""Types of connections are a table: compiler, operator and runner know none by its name."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import builders
from penstock_core import connections
from penstock_core.compiler import build_definition, compile_integration
from penstock_core.connections import ConnectionType, FieldValue
from penstock_core.observed.content import Content, DeclaredConnection
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_operator.instances.references.connections import resolve
from penstock_runner.engine.connections import Connection

DECLARED = {"name": "erp", "type": "signed", "header": "X-Signed-By"}


class Signed(ConnectionType):
    """A toy: a name and a seal in one header."""

    fields = ("name", "seal")

    def described(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        """The header."""
        return {"header": declared["header"]}

    def headers(self, description: Mapping[str, Any], field: FieldValue) -> dict[str, str]:
        """Both fields in it."""
        return {description["header"]: f"{field('name')}/{field('seal')}"}

    def secrets(self, description: Mapping[str, Any], fields: Mapping[str, str]) -> Iterator[str]:
        """The header's value."""
        yield f"{fields['name']}/{fields['seal']}"


@pytest.fixture(autouse=True)
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy in the table, for one test."""
    monkeypatch.setitem(connections.TYPES, "signed", Signed())


def spec(**connection: Any) -> dict[str, Any]:
    """An Integration's spec with one connection, which its one step uses."""
    step = {"name": "ask", "http": {"url": "https://erp.example", "connection": "erp"}}
    flow = {"name": "demo", "trigger": {"webhook": {}}, "steps": [step]}
    return {"version": "1.0.0", "connections": [connection], "flows": [flow]}


def test_a_toy_type_is_published() -> None:
    """The compiler takes a type that is in the table, and refuses others with its sentence."""
    assert compile_integration(spec(**DECLARED)) == []
    [problem] = compile_integration(spec(**DECLARED | {"type": "sealed"}))
    assert str(problem).startswith("connections[0].type: a connection is of type apiKey, basic, bearer or custom")


def test_a_toy_type_is_resolved() -> None:
    """The operator asks its Secret for the type's fields."""
    raw = {"metadata": {"labels": {"penstock.dev/connection": "true"}}, "data": {"name": "bg=="}}
    secret = Secret.parse(raw)

    _, problems = resolve([DeclaredConnection.parse(DECLARED)], {"erp": "acme-erp"}, secret=lambda _: secret)

    assert problems == ["connection erp: the Secret acme-erp lacks seal (it has: name): add what is missing to it"]


def test_a_toy_type_signs_in() -> None:
    """The runner gets the type's description, sends its headers, and hides its secrets."""
    content = Content.parse(spec(**DECLARED))
    definition = build_definition(
        Instance.parse(builders.instance()),
        content,
        flow=content.flows[0],
        config={},
        connections=content.connections,
        urls={},
        secrets={"erp": "acme-erp"},
    )
    description = definition["connections"]["erp"]
    connection = Connection(name="erp", description=description, fields={"name": "n", "seal": "s\n"})

    assert description == {
        "type": "signed",
        "fields": ["name", "seal"],
        "secret": "acme-erp",
        "header": "X-Signed-By",
    }
    assert connection.headers() == {"X-Signed-By": "n/s"}
    assert list(connection.secrets()) == ["n", "s\n", "n/s\n"]
