"""The table of manifests against the real API server, and against the operator's conditions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.e2e.admission.table import Row, rows

import timeouts
from installation import Installation, deploy, discard_namespace, instance, integration, told, webhook_flow
from kubectl import CommandFailed, apply, get, kubectl

CRDS = Path(__file__).parents[2] / "crds"
KIBIBYTE = 1024


@pytest.fixture(scope="module")
def schema(cluster: None) -> None:
    """The CRDs of this checkout, established in the cluster; no operator is needed."""
    kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
    kubectl("wait", "--for=condition=Established", "-f", str(CRDS), f"--timeout={timeouts.SEEN:.0f}s")


@pytest.fixture(scope="module")
def place(schema: None) -> Iterator[str]:
    """A namespace for manifests that only meet the API server."""
    name = f"admission-{uuid4().hex[:6]}"
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    discard_namespace(name)


@pytest.fixture(scope="module")
def published(penstock: Installation) -> Iterator[str]:
    """A namespace for manifests that meet the operator too."""
    name = f"conditions-{uuid4().hex[:6]}"
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    discard_namespace(name)


def placed(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The manifest in a namespace."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def missing(row: Row, message: str) -> list[str]:
    """The fragments that a message should hold and does not."""
    return [fragment for fragment in row.says if fragment not in message]


@pytest.mark.parametrize("row", rows("accepted", "invalid", "unconfigured"), ids=lambda row: row.name)
def test_the_api_server_accepts(row: Row, place: str) -> None:
    """What only the operator can judge, or what is right, is taken by the API server, and so is its change."""
    apply(placed(row.integration, place))
    if row.then:
        apply(placed(row.changed, place))
    if row.instance:
        apply(placed(row.deployment, place))

    kept = get("integrations", row.name, namespace=place)["spec"]

    assert kept == row.changed["spec"]


@pytest.mark.parametrize("row", rows("refused"), ids=lambda row: row.name)
def test_the_api_server_refuses_and_says_why(row: Row, place: str) -> None:
    """A refusal names the field, the problem and the remedy."""
    manifests = [row.deployment] if row.instance else [row.integration]
    if row.then:
        apply(placed(row.integration, place))
        manifests = [row.changed]
    with pytest.raises(CommandFailed) as refusal:
        apply(*(placed(manifest, place) for manifest in manifests))

    assert missing(row, str(refusal.value)) == [], str(refusal.value)


@pytest.mark.parametrize("row", rows("accepted", "invalid"), ids=lambda row: row.name)
def test_the_operator_says_whether_it_is_valid(row: Row, published: str) -> None:
    """Valid=False holds the table's fragments; everything else becomes Valid=True."""
    apply(placed(row.integration, published))

    message = told(published, "integrations", row.name, "Valid", status="False" if row.expect == "invalid" else "True")

    assert row.expect == "accepted" or missing(row, message) == [], message


@pytest.mark.parametrize("row", rows("unconfigured"), ids=lambda row: row.name)
def test_the_operator_says_what_an_instance_lacks(row: Row, published: str) -> None:
    """Configured=False lists in words everything that is missing or wrong."""
    apply(placed(row.integration, published), placed(row.deployment, published))

    message = told(published, "instances", row.name, "Configured", status="False")

    assert missing(row, message) == [], message


def test_what_never_compiled_may_be_corrected(published: str) -> None:
    """A version that is not valid was never published: it may change as it is, and then no more."""

    def version(value: str) -> dict[str, Any]:
        return placed(
            integration("typing", [webhook_flow("demo", [{"name": "one", "set": {"value": value}}])]), published
        )

    apply(version("${trigger.bodi.id}"))
    told(published, "integrations", "typing", "Valid", status="False")

    apply(version("${trigger.body.id}"))
    told(published, "integrations", "typing", "Published", status="True")

    with pytest.raises(CommandFailed, match="a published version does not change"):
        apply(version("${trigger.body.name}"))


def test_an_integration_of_900_kib_runs(penstock: Installation, tenant: str) -> None:
    """An Integration near the limit of what the store keeps is taken, published, deployed and executed."""
    code = 'def run(context):\n    return len("""' + "x" * (225 * KIBIBYTE) + '""")\n'
    steps = [{"name": f"large{number}", "python": {"code": code}} for number in range(4)]
    deploy(tenant, integration("large", [webhook_flow("demo", steps)]), instance("acme", "large"))

    identifier = penstock.send(tenant, "acme", "demo", {})

    kept = get("integrations", "large", namespace=tenant)["spec"]["flows"][0]["steps"]
    assert sum(len(step["python"]["code"]) for step in kept) > 900 * KIBIBYTE
    assert penstock.ended(identifier)["status"] == "passed"
    assert penstock.value(identifier, "large3") == 225 * KIBIBYTE


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("integrations.spec.flows.steps.retry.delay", ["units d, h, m, s, ms", "Default: 1s", "Example: 2s"]),
        ("integrations.spec.flows.steps.forEach.steps.http.url", ["Address", "Example:"]),
        ("instances.spec.whenPaused", ["503", "Default: reject"]),
        ("pflow.spec.timeoutSeconds", ["Seconds", "Example: 300"]),
    ],
)
def test_kubectl_explain_reads_like_a_manual(schema: None, path: str, words: list[str]) -> None:
    """A field's explanation holds its unit, its default and an example."""
    text = kubectl("explain", path, "--api-version=penstock.dev/v1alpha1")
    text = " ".join(text.split())

    assert [word for word in words if word not in text] == [], text


def test_the_category_lists_all_kinds(schema: None) -> None:
    """`kubectl get penstock` knows the four kinds."""
    listed = kubectl("api-resources", "--categories=penstock", "--no-headers", "-o", "name").split()

    assert sorted(listed) == [
        f"{plural}.penstock.dev" for plural in ("flows", "instances", "integrations", "integrationversions")
    ]
