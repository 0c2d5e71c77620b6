"""One installation of Penstock for all workers of a run, a fresh namespace for each test, and a watch on the programs' restarts."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from testbed.errors import TestbedError
from testbed.release import enter, helm_install, images, reached
from xdist.scheduler import LoadScopeScheduling

import timeouts
from installation import Installation, discard_namespace, remove_namespace
from kubectl import CommandFailed, apply, get, helm_uninstall, kubectl
from releases import PROGRAMS, restarts, settle
from turns import Turns

HERE = Path(__file__).parent
WHOLE = {"test_chart.py", "test_examples.py"}
"""One release is for all tests of the first; the second's namespaces have names that the examples give."""
RELEASE = "penstock"
NAMESPACE = "penstock-e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that disturb the installation come last, and a test may wait for its turn longer than other tests may run."""
    items.sort(key=lambda item: item.get_closest_marker("disturbs") is not None)
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(timeouts.TEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A worker takes one test after the other, but a file whose tests share what is costly to set up as a whole."""

    def unit(nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if Path(file).name in WHOLE else nodeid

    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = unit
    return scheduling


@pytest.fixture(scope="session")
def cluster() -> None:
    """A cluster that answers; without one the tests are skipped, and under CI they fail."""
    try:
        enter()
        kubectl("get", "--raw", "/readyz", timeout=timeouts.SEEN)
        images()
    except (CommandFailed, TestbedError, OSError) as error:
        reason = f"no cluster or no images ({error}): `make cluster-up images` first"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of this run, the same for all of its workers."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def turns(meeting: Path) -> Turns:
    """Who may use the installation now."""
    return Turns(meeting)


@pytest.fixture(scope="session")
def penstock(cluster: None, meeting: Path, turns: Turns) -> Iterator[Installation]:
    """Penstock, installed by its chart into a namespace of its own: by the first worker that needs it, for all of them."""
    users = meeting / "users"
    with turns.alone():
        if not users.exists():
            install()
        users.write_text(f"{users.read_text() if users.exists() else ''}+")
    token = kubectl("create", "token", "reader", "--audience=penstock", "-n", NAMESPACE, "--duration", "6h").strip()
    with ExitStack() as stack:
        host, port = stack.enter_context(reached("penstock-gateway", 80, namespace=NAMESPACE))
        # each request has a connection of its own: one that was kept may lead to a gateway that has ended since
        transport = httpx.HTTPTransport(retries=5, limits=httpx.Limits(max_keepalive_connections=0))
        client = stack.enter_context(
            httpx.Client(base_url=f"http://{host}:{port}", timeout=timeouts.ANSWERED, transport=transport)
        )
        yield Installation(release=RELEASE, namespace=NAMESPACE, client=client, token=token)
    with turns.alone():
        users.write_text(users.read_text()[1:])
        if not users.read_text():
            users.unlink()
            remove()


def install() -> None:
    """The release, and an account that may read everything."""
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
    settle(RELEASE, namespace=NAMESPACE)


def remove() -> None:
    """The tests' namespaces are gone before the release is: nothing of Penstock may hang in them."""
    for item in get("namespaces")["items"]:
        if "deletionTimestamp" in item["metadata"]:
            remove_namespace(item["metadata"]["name"])
    helm_uninstall(RELEASE, namespace=NAMESPACE)
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


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest, turns: Turns) -> Iterator[None]:
    """A test's turn on the installation: alone where it disturbs it, which it leaves settled.

    After every test: operator and gateway are the same and did not restart, but for those that the test disturbs.
    """
    if "penstock" not in request.fixturenames:
        yield
        return
    marker = request.node.get_closest_marker("disturbs")
    disturbed = set(marker.args) if marker else set()
    with turns.alone() if marker else turns.together():
        before = restarts(RELEASE, namespace=NAMESPACE)
        yield
        if marker:
            settle(RELEASE, namespace=NAMESPACE)
        after = restarts(RELEASE, namespace=NAMESPACE)
        assert {program: after[program] for program in PROGRAMS if program not in disturbed} == {
            program: before[program] for program in PROGRAMS if program not in disturbed
        }
