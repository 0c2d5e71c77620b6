"""Operator, gateway or database go away, or are told nonsense: what was accepted is not lost, and ends with its reason.

On a release of this file's own: the other tests go on meanwhile.
"""

import concurrent.futures
import threading
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import pytest
from httpx import HTTPError
from testbed.release import helm_install

import timeouts
from borders import own_namespace
from eventually import eventually
from installation import (
    Installation,
    connected,
    deploy,
    discard_namespace,
    instance,
    integration,
    kill,
    ready,
    remove_namespace,
    uninstall,
    webhook_flow,
)
from kubectl import CommandFailed, apply, get, items, kubectl, wait_rollout
from releases import settle

ONE_STEP = [{"name": "one", "set": {"value": 1}}]
RELEASE = "penstock"


def own_tests(request: pytest.FixtureRequest) -> list[pytest.Item]:
    """All tests of this file."""
    return [item for item in request.session.items if item.path == request.path]


@pytest.fixture(scope="module")
def places(cluster: None, request: pytest.FixtureRequest) -> list[str]:
    """A namespace for each test, under the restricted Pod Security standard: a release must find there what it serves."""
    names = [f"disturbed-{uuid4().hex[:6]}" for _ in own_tests(request)]
    for name in names:
        own_namespace(name, **{"pod-security.kubernetes.io/enforce": "restricted"})
    return names


@pytest.fixture(scope="module")
def penstock(places: list[str]) -> Iterator[Installation]:
    """A release that serves these namespaces, and that nobody else uses."""
    namespace = f"disturbed-{uuid4().hex[:6]}"
    own_namespace(namespace)
    helm_install(RELEASE, namespace=namespace, values=("--set", f"watchNamespaces={{{','.join(places)}}}"))
    settle(RELEASE, namespace=namespace)
    with connected(RELEASE, namespace=namespace) as installation:
        yield installation
    for name in places:
        discard_namespace(name)
    for name in places:
        remove_namespace(name)
    uninstall(RELEASE, namespace=namespace)


@pytest.fixture
def tenant(penstock: Installation, places: list[str], request: pytest.FixtureRequest) -> str:
    """The test's namespace."""
    return places[own_tests(request).index(request.node)]


@pytest.mark.disturbs("gateway")
def test_a_gateway_killed_between_row_and_job_loses_nothing(penstock: Installation, tenant: str) -> None:
    """No Job can be made (a quota forbids it), the gateway dies after its 202: the dispatcher starts the execution later."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": tenant},
        "spec": {"hard": {"count/jobs.batch": "0"}},
    }
    apply(quota)
    eventually(lambda: refused_by_quota(tenant), within=timeouts.RECONCILED, about="the quota holds")

    identifier = penstock.send(tenant, "acme", "order", {})
    for pod in items("pods", namespace=penstock.namespace, selector="app.kubernetes.io/component=gateway"):
        kill(pod["metadata"]["name"], namespace=penstock.namespace)
    assert items("jobs", namespace=tenant) == []
    settle(penstock.release, namespace=penstock.namespace)
    kubectl("-n", tenant, "delete", "resourcequota", "none")

    assert penstock.ended(identifier, within=timeouts.RECOVERED)["status"] == "passed"


def refused_by_quota(tenant: str) -> bool:
    """Whether the API server refuses a Job for the quota's sake: it sees a quota some time after its status is there."""
    try:
        kubectl("-n", tenant, "create", "job", "probe", "--image=none", "--dry-run=server")
    except CommandFailed as error:
        return "exceeded quota" in str(error)
    return False


@pytest.mark.disturbs("gateway")
def test_no_acknowledged_execution_is_lost_when_the_gateway_dies_under_load(
    penstock: Installation, tenant: str
) -> None:
    """Webhooks pour in, the gateway is killed: each one that got its 202 passes."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))

    accepted: list[str] = []
    enough = threading.Event()

    def pour() -> None:
        while not enough.is_set() and len(accepted) < 16:
            with suppress(HTTPError):
                answer = penstock.post(tenant, "acme", "order", json={})
                if answer.status_code == 202:  # a gateway that has too little time may say 503
                    accepted.append(answer.json()["executionId"])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        pouring = [pool.submit(pour) for _ in range(4)]
        try:
            eventually(lambda: len(accepted) >= 6, within=timeouts.EXECUTION_ENDED, every=0.02)
            for pod in items("pods", namespace=penstock.namespace, selector="app.kubernetes.io/component=gateway"):
                kill(pod["metadata"]["name"], namespace=penstock.namespace)
        finally:
            enough.set()
        for each in pouring:
            each.result()
    settle(penstock.release, namespace=penstock.namespace)

    assert {penstock.ended(identifier, within=timeouts.RECOVERED)["status"] for identifier in accepted} == {"passed"}


@pytest.mark.disturbs("operator", "gateway")
def test_postgres_restarted_under_load_loses_nothing(penstock: Installation, tenant: str) -> None:
    """The database goes away while flows run: webhooks get 503 meanwhile, accepted executions pass afterwards."""
    flow = webhook_flow(
        "order",
        [
            {"name": "first", "set": {"value": 1}},
            {"name": "wait", "sleep": {"for": f"{timeouts.STRUCK:.0f}s"}},
            {"name": "last", "set": {"value": 2}},
        ],
    )
    deploy(tenant, integration("slow", [flow]), instance("acme", "slow"))
    accepted = [penstock.send(tenant, "acme", "order", {"n": n}) for n in range(5)]
    penstock.until_running(accepted[-1], "wait")

    kill("penstock-postgres-0", namespace=penstock.namespace)
    during = penstock.post(tenant, "acme", "order", json={"n": 99})
    wait_rollout("statefulset", "penstock-postgres", namespace=penstock.namespace)
    settle(penstock.release, namespace=penstock.namespace)

    assert during.status_code in {202, 503}
    if during.status_code == 202:
        accepted.append(during.json()["executionId"])
    else:
        assert "Retry-After" in during.headers
    assert [penstock.ended(identifier, within=timeouts.RECOVERED)["status"] for identifier in accepted] == [
        "passed"
    ] * len(accepted)
    eventually(lambda: penstock.post(tenant, "acme", "order", json={}).status_code == 202, within=timeouts.RECONCILED)


@pytest.mark.disturbs("operator")
def test_a_killed_operator_comes_back_and_catches_up(penstock: Installation, tenant: str) -> None:
    """While the operator is dead webhooks are still accepted and run; what was applied meanwhile is deployed after."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))
    selector = "app.kubernetes.io/component=operator"
    kubectl("-n", penstock.namespace, "scale", "deployment/penstock-operator", "--replicas=0")
    for pod in items("pods", namespace=penstock.namespace, selector=selector):
        kill(pod["metadata"]["name"], namespace=penstock.namespace)
    eventually(lambda: not items("pods", namespace=penstock.namespace, selector=selector), within=timeouts.GONE)

    try:
        identifier = penstock.send(tenant, "acme", "order", {})
        assert penstock.ended(identifier)["status"] == "passed"
        late = instance("globex", "one")
        apply({**late, "metadata": {**late["metadata"], "namespace": tenant}})
        assert "status" not in get("instance", "globex", namespace=tenant)
    finally:
        kubectl("-n", penstock.namespace, "scale", "deployment/penstock-operator", "--replicas=1")
        settle(penstock.release, namespace=penstock.namespace)

    ready(tenant, "globex")
    assert penstock.ended(penstock.send(tenant, "globex", "order", {}))["status"] == "passed"


@pytest.mark.disturbs("operator", "gateway")
def test_a_wrong_image_ends_with_its_reason(penstock: Installation, tenant: str) -> None:
    """The release is upgraded to a runner image that does not exist: the execution ends after its start deadline and says so."""
    deploy(tenant, integration("one", [webhook_flow("order", ONE_STEP)]), instance("acme", "one"))
    try:
        wrong = ("--reuse-values", "--set-string", "images.runner.tag=absent")
        helm_install(penstock.release, namespace=penstock.namespace, values=wrong)
        settle(penstock.release, namespace=penstock.namespace)
        identifier = penstock.send(tenant, "acme", "order", {})
        execution = penstock.ended(identifier, within=timeouts.RECOVERED)
    finally:
        helm_install(penstock.release, namespace=penstock.namespace, values=("--reuse-values",))
        settle(penstock.release, namespace=penstock.namespace)

    assert execution["status"] == "failed"
    assert "image" in execution["error"]["message"]
    assert "penstock-runner:absent" in execution["error"]["message"]
    assert penstock.ended(penstock.send(tenant, "acme", "order", {}))["status"] == "passed"
