"""A connection's value is found nowhere but in its Secret; a tenant's database role sees its own rows alone."""

import base64
import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from testbed.release import reached

import stub_server
from installation import Installation, deploy, instance, integration, webhook_flow
from kubectl import apply, get, kubectl, secret

CANARY = 'canary/Zq8+"7vK2w=x 91'
USER = "canary-user-5521"


@contextmanager
def database(penstock: Installation, dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the bundled Postgres as the role of a DSN, from outside the cluster."""
    with (
        reached("penstock-postgres", 5432, namespace=penstock.namespace) as (host, port),
        psycopg.connect(make_conninfo(dsn, host=host, port=port), autocommit=True) as connection,
    ):
        yield connection


def forms(value: str) -> dict[str, str]:
    """The shapes in which a value may turn up."""
    return {
        "as it is": value,
        "base64": base64.b64encode(value.encode()).decode().rstrip("="),
        "percent-encoded": urllib.parse.quote(value, safe=""),
        "JSON-escaped": json.dumps(value)[1:-1],
        "basic": base64.b64encode(f"{USER}:{value}".encode()).decode().rstrip("="),
    }


def test_a_canary_is_found_nowhere(penstock: Installation, tenant: str) -> None:
    """Credentials that a server echoes in every shape are masked in rows, logs, events, manifests and answers."""
    url = stub_server.start(tenant)
    flow = webhook_flow(
        "order",
        [
            {"name": "echo", "http": {"method": "POST", "url": f"{url}/echo", "connection": "erp", "json": {"a": 1}}},
            {"name": "again", "set": {"value": "${steps.echo.output.body}"}},
            {"name": "key", "http": {"method": "GET", "url": f"{url}/echo", "connection": "api"}},
            {"name": "fails", "check": {"that": ["string(steps.key.output.body) == 'x'"]}, "onError": "continue"},
            {
                "name": "logs",
                "python": {
                    "code": "def run(context):\n    print(context.steps['key'].output)\n    raise ValueError(str(context.steps['echo'].output))\n"
                },
            },
        ],
    )
    for name, fields in {"erp": {"username": USER, "password": CANARY}, "api": {"key": CANARY}}.items():
        apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": tenant, "labels": {"penstock.dev/connection": "true"}},
                "stringData": fields,
            }
        )
    connections = [
        {"name": "erp", "type": "basic", "required": True},
        {"name": "api", "type": "apiKey", "required": True, "header": "X-Key"},
    ]
    given = {name: {"secretRef": {"name": name}} for name in ("erp", "api")}
    deploy(
        tenant, integration("echoes", [flow], connections=connections), instance("acme", "echoes", connections=given)
    )

    identifier = penstock.send(tenant, "acme", "order", {})
    execution = penstock.ended(identifier)

    arrived = stub_server.requests(tenant)
    assert [request["path"] for request in arrived] == ["/echo", "/echo"]
    assert arrived[1]["headers"]["x-key"] == CANARY, "the server did get it"
    assert "***" in json.dumps(penstock.value(identifier, "echo")), "and the record shows that something was masked"
    places = {
        "answers": json.dumps(execution)
        + json.dumps(
            [
                penstock.value(identifier, step["path"], kind)
                for step in execution["steps"]
                for kind in ("input", "output")
                if step[f"{kind}Bytes"]
            ]
        ),
        "rows": dump(penstock),
        "pod logs": kubectl("-n", tenant, "logs", "-l", f"penstock.dev/execution={identifier}", "--tail=-1"),
        "gateway and operator logs": kubectl(
            "-n",
            penstock.namespace,
            "logs",
            "-l",
            "app.kubernetes.io/instance=penstock",
            "--tail=-1",
            "--all-containers",
        ),
        "objects": kubectl(
            "get", "jobs,pods,events,flows.penstock.dev,instances.penstock.dev", "-n", tenant, "-o", "json"
        ),
    }
    found = [(place, form) for place, text in places.items() for form, value in forms(CANARY).items() if value in text]
    assert found == []


def dump(penstock: Installation) -> str:
    """Every row of every table as text, the MessagePack unpacked."""
    from penstock_core import codec

    def show(value: object) -> str:
        if isinstance(value, bytes):
            try:
                return repr(codec.unpack(value)) + repr(value)
            except Exception:  # noqa: BLE001 - not MessagePack: a digest
                return repr(value)
        return str(value)

    texts = []
    with database(penstock, secret("penstock-postgres", "dsn", namespace=penstock.namespace)) as connection:
        tables = connection.execute("select format('%I.%I', schemaname, relname) from pg_stat_user_tables").fetchall()
        for (table,) in tables:
            texts += [" ".join(show(value) for value in row) for row in connection.execute(f"select * from {table}")]
    assert len(texts) > 5, "the dump has rows"
    return "\n".join(texts)


def test_a_tenants_role_sees_nothing_of_another(penstock: Installation, tenant: str, other_tenant: str) -> None:
    """The DSN in one namespace's Secret reads no table, and by the runner's functions nothing of another namespace."""
    documents = (
        integration("one", [webhook_flow("order", [{"name": "one", "set": {"value": 1}}])]),
        instance("acme", "one"),
    )
    ended = {}
    for name in (tenant, other_tenant):
        deploy(name, *documents)
        ended[name] = penstock.ended(penstock.send(name, "acme", "order", {}))["id"]

    with database(penstock, secret("penstock-database-penstock", "dsn", namespace=tenant)) as connection:
        for statement in ("select from executions", "delete from executions", "update live_executions set epoch = 0"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        seen = {
            name: connection.execute("select state from runner_finished_v1(%s)", [identifier]).fetchall()
            for name, identifier in ended.items()
        }

    assert seen == {tenant: [("passed",)], other_tenant: []}


@pytest.fixture
def other_tenant(penstock: Installation, tenant: str) -> Iterator[str]:
    """A second tenant's namespace."""
    name = f"{tenant}-b"
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def test_runner_pods_have_no_volumes_and_no_token(penstock: Installation, tenant: str) -> None:
    """A runner's pod carries neither a volume nor a service-account token, and its secrets only by reference."""
    deploy(
        tenant,
        integration("one", [webhook_flow("order", [{"name": "one", "set": {"value": 1}}])]),
        instance("acme", "one"),
    )
    identifier = penstock.send(tenant, "acme", "order", {})
    penstock.ended(identifier)

    pod = get("pods", namespace=tenant, selector=f"penstock.dev/execution={identifier}")["items"][0]["spec"]

    assert pod.get("volumes", []) == []
    assert pod["automountServiceAccountToken"] is False
    assert {entry["name"] for entry in pod["containers"][0]["env"] if "secretKeyRef" in entry.get("valueFrom", {})} == {
        "PENSTOCK_DSN"
    }
