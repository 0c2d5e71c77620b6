"""One installation of Penstock for all workers of a run, a fresh namespace for each test, and a watch on the programs' restarts."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from testbed.errors import TestbedError
from testbed.release import enter, helm_install, images
from xdist.scheduler import LoadScopeScheduling

import timeouts
from borders import keep_out, open_borders
from installation import Installation, connected, discard_namespace, remove_namespace, uninstall
from kubectl import CommandFailed, apply, get, kubectl
from lacking import lacking
from releases import PROGRAMS, restarts, settle
from turns import Turns

HERE = Path(__file__).parent
WHOLE = ("test_disturbances.py", "test_chart.py", "test_examples.py")
"""A file has a release of its own for its tests, or namespaces of given names; the longest comes first."""
LONG = "test_a_schedule_ticks_and_stops_ticking_while_paused"
"""Waits for two full minutes; at the end all others would wait for it."""
RELEASE = "penstock"
NAMESPACE = "penstock-e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, what disturbs the installation last; a test may wait longer for its turn than others run."""
    items.sort(key=_place)
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(timeouts.TEST))


def _place(item: pytest.Item) -> tuple[bool, int, bool]:
    """Where a test comes in the order of all."""
    whole = WHOLE.index(item.path.name) if item.path.name in WHOLE else len(WHOLE)
    last = whole == len(WHOLE) and item.get_closest_marker("disturbs") is not None
    return last, whole, item.name != LONG


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A worker takes one test after the other, but a file whose tests share what is costly to set up as a whole."""

    def unit(nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if Path(file).name in WHOLE else nodeid

    config.option.loadscopereorder = False  # the order is ours
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
        lacking(f"no cluster or no images ({error}): `make cluster-up images` first")


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
def office(meeting: Path) -> Turns:
    """Whose turn it is to install or remove what is for all, and to say who is there: no test waits for that."""
    directory = meeting / "office"
    directory.mkdir(exist_ok=True)
    return Turns(directory)


@pytest.fixture(scope="session", autouse=True)
def present(meeting: Path, office: Turns) -> Iterator[None]:
    """A worker is there from its first test to its last; the last of all removes the installation."""
    workers = meeting / "workers"
    with office.alone():
        workers.write_text(f"{workers.read_text() if workers.exists() else ''}+")
    yield
    with office.alone():
        workers.write_text(workers.read_text()[1:])
        if not workers.read_text() and (meeting / "installed").exists():
            (meeting / "installed").unlink()
            remove()


@pytest.fixture(scope="session")
def penstock(cluster: None, present: None, meeting: Path, office: Turns) -> Iterator[Installation]:
    """Penstock, installed by its chart into a namespace of its own: by the first worker that needs it, for all of them."""
    with office.alone():
        if not (meeting / "installed").exists():
            (meeting / "installed").touch()
            install()
    with connected(RELEASE, namespace=NAMESPACE) as installation:
        yield installation


def install() -> None:
    """The release, which keeps out of other releases' namespaces."""
    keep_out(f"{RELEASE}-operator", namespace=NAMESPACE)
    helm_install(RELEASE, namespace=NAMESPACE)
    settle(RELEASE, namespace=NAMESPACE)


def remove() -> None:
    """The tests' namespaces are gone before the release is: nothing of Penstock may hang in them."""
    for item in get("namespaces")["items"]:
        if "deletionTimestamp" in item["metadata"]:
            remove_namespace(item["metadata"]["name"])
    uninstall(RELEASE, namespace=NAMESPACE)
    open_borders()


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
    penstock = values["penstock"]
    looks: dict[str, tuple[str, ...]] = {
        f"{part} log": ("-n", penstock.namespace, "logs", f"deployment/{penstock.release}-{part}", "--tail=40")
        for part in PROGRAMS
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
    """A test's turn on its installation: alone where it disturbs the one for all, and left settled where it disturbs any.

    After every test: operator and gateway are the same and did not restart, but for those that the test disturbs.
    """
    if "penstock" not in request.fixturenames:
        yield
        return
    penstock = request.getfixturevalue("penstock")
    marker = request.node.get_closest_marker("disturbs")
    disturbed = set(marker.args) if marker else set()
    with turns.alone() if marker and penstock.namespace == NAMESPACE else turns.together():
        before = restarts(penstock.release, namespace=penstock.namespace)
        yield
        if marker:
            settle(penstock.release, namespace=penstock.namespace)
        after = restarts(penstock.release, namespace=penstock.namespace)
        assert {program: after[program] for program in PROGRAMS if program not in disturbed} == {
            program: before[program] for program in PROGRAMS if program not in disturbed
        }
