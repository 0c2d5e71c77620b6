"""The node's whole life on this machine: it needs root, the device names of the node, and so no other node."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from testbed import cgroups, debian, network, programs, record, tunables
from testbed.layout import KUBERNETES_VERSION, MACHINE_RUN, layout_from

from lacking import lacking

pytestmark = [pytest.mark.testbed_cycle, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
STATE = Path("/var/lib/penstock-testbed-cycle")
GONE_SECONDS = 15.0

# Places outside the state directory that Kubernetes or container programs like to write to.
TEMPTING = ("/etc/cni", "/opt", "/run", "/usr/libexec", "/var/lib", "/var/log")


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """The machine has no other node, and none is left afterwards."""
    current = record.read()
    if sys.platform != "linux" or os.geteuid() != 0 or (current and current.alive):
        lacking("the test of a node's whole life needs root on Linux, and no other node running (`make cluster-down`)")
    yield
    bed("down")


@pytest.fixture(scope="module")
def before(alone: None) -> dict[str, list[str]]:
    """The machine as it was before the first start, but with all that is installed and compiled for the node."""
    bed("down")
    debian.ensure(debian.NODE_PROGRAMS)
    programs.ensure(layout_from(os.environ))
    return machine()


def bed(*words: str) -> str:
    """Run a command of the test bed; its standard output and messages."""
    done = subprocess.run(
        [sys.executable, "-m", "testbed", *words],
        env={**os.environ, "PENSTOCK_STATE": str(STATE), "PENSTOCK_TESTBED_PROVIDER": "node"},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, f"testbed {words}: {done.stderr}"
    return done.stdout + done.stderr


def status() -> int:
    """The exit status of `status`: 0 where the cluster is Ready."""
    environment = {**os.environ, "PENSTOCK_STATE": str(STATE), "PENSTOCK_TESTBED_PROVIDER": "node"}
    command = [sys.executable, "-m", "testbed", "status"]
    return subprocess.run(command, env=environment, capture_output=True, check=False, cwd=ROOT).returncode


def machine() -> dict[str, list[str]]:
    """What a node changes on a machine: everything that could stay behind."""
    return {
        "processes": node_processes(),
        "mounts": lines(Path("/proc/self/mounts").read_text()),
        "devices": lines(output("ip", "-oneline", "link", "show", "type", "veth")),
        "routes": [
            route for table in ("-4", "-6") for route in lines(output("ip", table, "route", "show", "table", "all"))
        ],
        "addresses": lines(output("ip", "-brief", "address")),
        "namespaces": lines(output("ip", "netns", "list")),
        "control groups": [str(path) for path in cgroups.existing()],
        "iptables": [rule for rule in lines(output("iptables-save")) if not rule.startswith(("#", ":"))],
        "settings": [f"{name} {(tunables.SYSCTL / name).read_text()}" for name in tunables.SETTINGS],
        "places": places(),
    }


def places() -> list[str]:
    """What lies where programs like to leave things; the directory with the test bed's lock is meant to stay."""
    found = [path for place in TEMPTING if Path(place).is_dir() for path in Path(place).iterdir()]
    return sorted(str(path) for path in found if path != MACHINE_RUN)


def node_processes() -> list[str]:
    """Command lines of processes that belong to a node."""
    compiled = str(layout_from(os.environ).cache / "programs")
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if any(sign in words for sign in (compiled, str(STATE), "containerd", "init.py")):
            found.append(words)
    return sorted(found)


def lines(text: str) -> list[str]:
    return sorted(line.strip() for line in text.splitlines() if line.strip())


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def kubectl(*words: str) -> str:
    tools = programs.directory(layout_from(os.environ))
    return output(f"{tools}/kubectl", f"--kubeconfig={STATE / 'kubeconfig'}", *words)


def kill_component(name: str) -> None:
    """End one process of the node as a crash would."""
    current = record.read()
    assert current is not None
    for child in Path(f"/proc/{current.init}/task/{current.init}/children").read_text().split():
        if name in Path(f"/proc/{child}/cmdline").read_text():
            os.kill(int(child), signal.SIGKILL)


def wait_until_dead() -> None:
    current = record.read()
    assert current is not None
    deadline = time.monotonic() + GONE_SECONDS
    while current.alive:
        assert time.monotonic() < deadline, "the node goes on without one of its parts"
        time.sleep(0.05)


def test_down_leaves_the_machine_as_up_found_it(before: dict[str, list[str]]) -> None:
    """Processes, mounts, devices, routes, control groups, iptables, kernel settings and directories are as before, after pods ran."""
    bed("up")
    pause = next(part for part in output_images() if "penstock-pause" in part)
    kubectl("run", "sleeper", f"--image={pause}")
    kubectl("wait", "--for=condition=Ready", "pod/sleeper", "--timeout=60s")

    assert machine() != before

    bed("down")

    assert machine() == before
    assert not STATE.exists()


def output_images() -> list[str]:
    """The images in the node."""
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    listed = [name for image in nodes[0]["status"]["images"] for name in image["names"]] if nodes else []
    socket = STATE / "containerd.sock"
    return [*listed, *lines(output("ctr", "--address", str(socket), "--namespace", "k8s.io", "images", "ls", "-q"))]


def test_up_twice_is_harmless(before: dict[str, list[str]]) -> None:
    """The second one finds the first one's node, and says so."""
    bed("up")
    first = record.read()
    words = bed("up")

    assert first == record.read()
    assert "already running and Ready" in words
    assert f"v{KUBERNETES_VERSION}" in kubectl("version")
    assert status() == 0


def test_a_node_whose_component_died_ends_and_is_replaced(before: dict[str, list[str]]) -> None:
    """Nothing is restarted behind anybody's back: the node ends as a whole, and `up` makes a new one."""
    bed("up")
    kill_component("kube-scheduler")
    wait_until_dead()

    assert status() == 1

    bed("up")

    assert status() == 0


def test_a_start_that_was_interrupted_is_cleaned_up(before: dict[str, list[str]]) -> None:
    """The next `up` ends what the killed one had started, and starts anew."""
    bed("down")
    environment = {**os.environ, "PENSTOCK_STATE": str(STATE), "PENSTOCK_TESTBED_PROVIDER": "node"}
    command = [sys.executable, "-m", "testbed", "up"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as starting:
        while not network.exists():
            assert starting.poll() is None
            time.sleep(0.01)
        starting.kill()

    assert "interrupted" in bed("up")
    assert status() == 0


def test_a_state_directory_with_foreign_files_is_not_touched(before: dict[str, list[str]], tmp_path: Path) -> None:
    """`up` and `down` refuse to remove what is not theirs."""
    bed("down")
    foreign = Path("/var/lib/penstock-foreign")
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    environment = {**os.environ, "PENSTOCK_STATE": str(foreign), "PENSTOCK_TESTBED_PROVIDER": "node"}
    done = subprocess.run(
        [sys.executable, "-m", "testbed", "down"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert done.returncode == 1
    assert "not the test bed's" in done.stderr
    assert (foreign / "thesis.txt").exists()

    shutil.rmtree(foreign)
