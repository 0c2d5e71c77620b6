"""One installation of Penstock for the whole session, a fresh namespace for each test, and a watch on the operator's restarts."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import httpx
import pytest
from testbed.errors import TestbedError
from testbed.release import enter, helm_install, images, reached

from installation import Installation, discard_namespace, remove_namespace, wait_rollout
from kubectl import CommandFailed, apply, get, kubectl, run

RELEASE = "penstock"
NAMESPACE = "penstock-e2e"


@pytest.fixture(scope="session")
def cluster() -> None:
    """A cluster that answers; without one the tests are skipped, and under CI they fail."""
    try:
        enter()
        kubectl("get", "--raw", "/readyz", timeout=10)
        images()
    except (CommandFailed, TestbedError, OSError) as error:
        reason = f"no cluster or no images ({error}): `make cluster-up images` first"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def penstock(cluster: None) -> Iterator[Installation]:
    """Penstock, installed by its chart into a namespace of its own."""
    # a short timeout for lost executions' image pulls is not wanted here: the tests run what users run
    helm_install(RELEASE, namespace=NAMESPACE)
    apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "namespace": NAMESPACE}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "penstock-e2e-reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": NAMESPACE}],
        },
    )
    token = kubectl("create", "token", "reader", "-n", NAMESPACE, "--duration", "6h").strip()
    with ExitStack() as stack:
        host, port = stack.enter_context(reached("penstock-gateway", 80, namespace=NAMESPACE))
        client = stack.enter_context(
            httpx.Client(base_url=f"http://{host}:{port}", timeout=30, transport=httpx.HTTPTransport(retries=2))
        )
        yield Installation(release=RELEASE, namespace=NAMESPACE, client=client, token=token)
    for item in get("namespaces")["items"]:
        if "deletionTimestamp" in item["metadata"]:
            remove_namespace(item["metadata"]["name"])
    run("helm", "uninstall", RELEASE, "--namespace", NAMESPACE, "--wait", "--timeout", "3m")
    kubectl("delete", "clusterrolebinding", "penstock-e2e-reader")
    remove_namespace(NAMESPACE)


@pytest.fixture
def tenant(penstock: Installation, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace for one test, under the restricted Pod Security standard, removed afterwards."""
    word = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:40].strip("-")
    name = f"e2e-{word}-{uuid4().hex[:4]}"
    apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        }
    )
    yield name
    discard_namespace(name)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test's report shows what a support engineer would look at first."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    values = getattr(item, "funcargs", {})
    if not report.failed or "penstock" not in values:
        return
    looks: dict[str, tuple[str, ...]] = {
        f"{part} log": ("-n", NAMESPACE, "logs", f"deployment/penstock-{part}", "--tail=40")
        for part in ("operator", "gateway")
    }
    looks |= (
        {"objects": ("-n", values["tenant"], "get", "penstock,jobs,pods,events", "-o", "wide")}
        if "tenant" in values
        else {}
    )
    for title, words in looks.items():
        try:
            report.sections.append((title, kubectl(*words)))
        except CommandFailed as error:
            report.sections.append((title, str(error)))


def operator_restarts() -> dict[str, int]:
    """Restarts of the operator's containers, by pod."""
    pods = get("pods", namespace=NAMESPACE, selector="app.kubernetes.io/component=operator")["items"]
    return {
        pod["metadata"]["name"]: sum(status["restartCount"] for status in pod["status"].get("containerStatuses", []))
        for pod in pods
    }


@pytest.fixture(autouse=True)
def operator_stays_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test: the operator did not restart, unless the test is about that."""
    watched = "penstock" in request.fixturenames and not request.node.get_closest_marker("disturbs_operator")
    if not watched:
        yield
        return
    wait_rollout("deployment", "penstock-operator", namespace=NAMESPACE)
    before = operator_restarts()
    yield

    assert operator_restarts() == before
