"""The examples: accepted by the compiler, consistent among one another, and their make-believe ERP does what it says."""

import base64
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock_core.compiler import compile_integration, resolve_config
from penstock_core.connections import TYPES
from penstock_core.resources import InstanceSpec

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
FILES = sorted(EXAMPLES.glob("*/*.yaml"))
OBJECTS = [item for file in FILES for item in yaml.safe_load_all(file.read_text())]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [item for item in OBJECTS if item["kind"] == kind]


def label(item: dict[str, Any]) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


INTEGRATIONS = {label(item): item for item in of_kind("Integration")}
SECRETS = {label(item): item for item in of_kind("Secret")}


@pytest.mark.parametrize("item", INTEGRATIONS.values(), ids=label)
def test_integration_compiles(item: dict[str, Any]) -> None:
    """should hold only Integrations that can be published."""
    assert compile_integration(item["spec"]) == []


@pytest.mark.parametrize("item", of_kind("Instance"), ids=label)
def test_instance_configured(item: dict[str, Any]) -> None:
    """should hold only Instances whose configuration, connections and flows fit their Integration."""
    spec = item["spec"]
    InstanceSpec.model_validate(spec)
    of = INTEGRATIONS[f"{spec['integration']['namespace']}/{spec['integration']['name']}"]["spec"]
    _, problems = resolve_config(of["configVariables"], spec["config"])

    assert problems == []
    assert spec["integration"].get("version", of["version"]) == of["version"]
    assert set(spec.get("flows", {})) <= {flow["name"] for flow in of["flows"]}
    assert set(spec["connections"]) == {connection["name"] for connection in of["connections"]}
    for connection in of["connections"]:
        reference = spec["connections"][connection["name"]]["secretRef"]["name"]
        secret = SECRETS[f"{item['metadata']['namespace']}/{reference}"]
        assert secret["metadata"]["labels"] == {"penstock.dev/connection": "true"}
        assert set(secret["stringData"]) == set(TYPES[connection["type"]].fields_of(connection))


def test_two_customers_each() -> None:
    """should deploy each Integration for two customers, each in a namespace that namespaces.yaml makes."""
    customers: dict[str, set[str]] = {}
    for item in of_kind("Instance"):
        customers.setdefault(item["spec"]["integration"]["name"], set()).add(item["metadata"]["namespace"])
    made = {item["metadata"]["name"] for item in yaml.safe_load_all((EXAMPLES / "namespaces.yaml").read_text())}

    assert customers == {"orders-to-erp": {"acme", "globex"}, "inventory-sync": {"acme", "globex"}}
    assert made == {"acme", "globex", "erp"}


@pytest.fixture(scope="module")
def erp() -> Iterator[str]:
    """The ERP's own script, served from here; gives its address."""
    (script,) = [item["data"]["server.py"] for item in of_kind("ConfigMap")]
    scope: dict[str, Any] = {"__name__": "erp"}
    exec(compile(script, "server.py", "exec"), scope)
    server = ThreadingHTTPServer(("127.0.0.1", 0), scope["Handler"])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
    """Status and decoded answer; `X_Api_Key` becomes the header X-Api-Key."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {k.replace("_", "-"): v for k, v in headers.items()}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_erp_takes_the_order(erp: str) -> None:
    """should let the ERP take the sample's lines, each once for its Idempotency-Key, and refuse an unknown article."""
    order = json.loads((EXAMPLES / "orders-to-erp/samples/order-with-a-bad-line.json").read_text())
    key = SECRETS["acme/acme-erp"]["stringData"]["key"]
    good, bad = (
        ask(f"{erp}/acme/lines", "POST", {"line": line}, X_Api_Key=key, Idempotency_Key=str(at))
        for at, line in enumerate(order["lines"])
    )

    assert good == (201, {"number": 1})
    assert bad[0] == 422
    assert ask(f"{erp}/acme/lines", "POST", {"line": order["lines"][0]}, X_Api_Key=key, Idempotency_Key="0") == good


def test_erp_customers(erp: str) -> None:
    """should know the samples' customers; the flaky one at the second try."""
    key = SECRETS["globex/globex-erp"]["stringData"]["key"]

    def look(customer: str) -> int:
        return ask(f"{erp}/globex/customers/{customer}", X_Api_Key=key)[0]

    assert [look("C-1"), look("flaky"), look("flaky"), look("nobody")] == [200, 503, 200, 404]


def test_erp_stock_and_shop(erp: str) -> None:
    """should carry stock from the ERP, by Basic authentication, to the shop, by its token."""
    user = SECRETS["acme/acme-stock-reader"]["stringData"]
    basic = base64.b64encode(f"{user['username']}:{user['password']}".encode()).decode()
    token = SECRETS["acme/acme-shop"]["stringData"]["token"]
    sku = json.loads((EXAMPLES / "inventory-sync/samples/refresh.json").read_text())["sku"]

    status, article = ask(f"{erp}/acme/stock/{sku}", Authorization=f"Basic {basic}")
    assert status == 200
    assert ask(f"{erp}/acme/shop/stock/{sku}", "PUT", article, Authorization=f"Bearer {token}")[0] == 200
    assert ask(f"{erp}/acme/shop/stock", Authorization=f"Bearer {token}") == (200, {sku: article["quantity"]})


def test_erp_wants_keys(erp: str) -> None:
    """should refuse another company's key."""
    key = SECRETS["globex/globex-erp"]["stringData"]["key"]

    assert ask(f"{erp}/acme/lines", X_Api_Key=key)[0] == 401
    assert ask(f"{erp}/acme/shop/stock")[0] == 401
