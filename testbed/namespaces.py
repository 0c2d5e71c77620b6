"""The node in namespaces: one real Kubernetes node on a Linux machine with neither Docker nor systemd.

It lives in its own process, mount, network, host name and IPC namespaces, below one process.
Ending that process ends the node; what is left then is directories, which `down` removes.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from testbed import api, cgroups, configuration, containerd, debian, network, pki, programs, record, storage, tunables
from testbed.builders import Builder
from testbed.components import components
from testbed.console import say, timed
from testbed.errors import TestbedError
from testbed.layout import HOST_ADDRESS, LINK_RANGE, NODE, NODE_ADDRESS, NODE_DEVICE, Layout
from testbed.shell import tail

UNSHARE = ["unshare", "--pid", "--mount", "--net", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"]
MARKER = "penstock-testbed"

START_SECONDS = 120.0
ANSWER_SECONDS = 60.0
POLL_SECONDS = 0.1


class NodeInNamespaces:
    """The provider `node`."""

    name = "node"
    pulls = False

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def up(self) -> None:
        _require_root()
        with record.locked():
            debian.ensure(debian.NODE_PROGRAMS)
            tools = programs.ensure(self._layout)
            if self._runs_already():
                return
            self._clean()
            try:
                self._start(tools)
            except BaseException:
                say(f"the start failed or was interrupted: ending the node; its logs stay in {self._layout.logs}")
                self._end()
                raise

    def down(self, *, purge: bool) -> None:
        _require_root()
        with record.locked():
            self._refuse_foreign(record.read())
            with timed("the node is down and nothing of it is left"):
                self._clean()
            if purge:
                _refuse_mounts(self._layout.cache)
                for part in ("programs", "images", "go"):
                    shutil.rmtree(self._layout.cache / part, ignore_errors=True)
                say(f"  removed the caches in {self._layout.cache}")

    def holds(self, image: str) -> bool:
        self._require_running()
        return containerd.holds(self._layout, image)

    def load(self, image: str, builder: Builder) -> None:
        self._require_running()
        with tempfile.TemporaryDirectory(dir=self._layout.state / "tmp") as scratch:
            exported = builder.export(image, Path(scratch), present=partial(containerd.present, self._layout))
            containerd.load(self._layout, image, exported)

    def running(self) -> bool:
        current = record.read()
        ours = current is not None and current.alive and current.state == str(self._layout.state)
        return ours and api.node_ready(self._layout.pki)

    def kubeconfig(self) -> Path:
        return self._layout.kubeconfig

    def tools(self) -> Path | None:
        return programs.directory(self._layout)

    def _runs_already(self) -> bool:
        current = record.read()
        self._refuse_foreign(current)
        if current is None or not current.alive:
            return False
        if not current.ready:
            say("a start was interrupted: cleaning up what it left")
            return False
        self._wait("the node to answer", lambda: api.node_ready(self._layout.pki), current, seconds=ANSWER_SECONDS)
        storage.offer(self._kubectl(), self._layout.volumes)
        say("the cluster is already running and Ready")
        return True

    def _refuse_foreign(self, current: record.Record | None) -> None:
        if current is not None and current.alive and current.state != str(self._layout.state):
            raise TestbedError(
                f"another node runs on this machine, with its state in {current.state}: "
                f"use it, or end it with `PENSTOCK_STATE={current.state} python3 -m testbed down`"
            )

    def _require_running(self) -> None:
        if not self.running():
            raise TestbedError("the cluster does not run: `python3 -m testbed up` starts it")

    def _start(self, tools: Path) -> None:
        layout = self._layout
        pause = f"localhost/penstock-pause:{tools.name}"
        with timed("certificates and configuration written"):
            self._prepare(tools, pause)
        current = self._spawn()
        with timed("containerd runs, pause image loaded"):
            self._wait("containerd", layout.containerd_socket.exists, current)
            containerd.load_single_program(layout, tools / "pause", pause)
        with timed("API server answers"):
            self._wait("the API server", lambda: api.get(layout.pki, "/api/v1/namespaces/default") is not None, current)
        with timed("node is Ready"):
            self._wait("the node to be Ready", lambda: api.node_ready(layout.pki), current)
        with timed(f"storage class with {len(storage.volume_names())} volumes made"):
            storage.offer(self._kubectl(), layout.volumes)
            self._wait("the default service account", lambda: api.default_account_exists(layout.pki), current)
        record.write(current.with_cluster())

    def _prepare(self, tools: Path, pause: str) -> None:
        layout = self._layout
        layout.state.mkdir(mode=0o755, parents=True, exist_ok=True)
        (layout.state / MARKER).touch()
        for directory in ("etcd", "log", "tmp", "config", "volumes", "kubelet"):
            (layout.state / directory).mkdir(mode=0o700 if directory == "etcd" else 0o755)
        pki.create(layout.pki)
        configuration.write(layout, pause)
        self._plan_file().write_text(json.dumps(self._plan(tools), indent=2))
        tunables.note()
        cgroups.create()

    def _plan(self, tools: Path) -> dict[str, object]:
        """Return what the node's init (`testbed/init.py`) is to do."""
        layout = self._layout
        return {
            "device": NODE_DEVICE,
            "hostname": NODE,
            "hidden": {
                "/run": "",
                "/var/lib": str(layout.state / "var-lib"),
                "/var/log": str(layout.state / "var-log"),
            },
            "kept": [str(layout.state), str(layout.cache)],
            "commands": [
                ["ip", "link", "set", "lo", "up"],
                ["ip", "address", "add", f"{NODE_ADDRESS}/{LINK_RANGE.partition('/')[2]}", "dev", NODE_DEVICE],
                ["ip", "link", "set", NODE_DEVICE, "up"],
                ["ip", "route", "add", "default", "via", HOST_ADDRESS],
            ],
            "components": [asdict(component) for component in components(layout, tools)],
            "environment": {
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": str(layout.state),
                "TMPDIR": str(layout.state / "tmp"),
                "LANG": "C.UTF-8",
            },
            "logs": str(layout.logs),
            "authority": str(layout.pki / "ca.crt"),
            "failure": str(layout.failure),
        }

    def _plan_file(self) -> Path:
        return self._layout.config / "plan.json"

    def _spawn(self) -> record.Record:
        argv = [*UNSHARE, sys.executable, "-I", str(Path(__file__).with_name("init.py")), str(self._plan_file())]
        with (self._layout.logs / "init.log").open("ab") as log:
            holder = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
            )
        current = record.of_holder(holder.pid, self._layout.state)
        record.write(current)
        current = current.with_init(record.child_of(holder.pid))
        record.write(current)
        network.connect(current.init)
        return current

    def _wait(
        self, what: str, answered: Callable[[], bool], current: record.Record, seconds: float = START_SECONDS
    ) -> None:
        deadline = time.monotonic() + seconds
        while not answered():
            if not current.alive:
                raise TestbedError(f"the node ended while waiting for {what}: {self._cause()}")
            if time.monotonic() > deadline:
                raise TestbedError(f"waited {seconds:.0f} s for {what} in vain; see the logs in {self._layout.logs}")
            time.sleep(POLL_SECONDS)

    def _cause(self) -> str:
        try:
            component = str(json.loads(self._layout.failure.read_text())["component"])
        except (OSError, ValueError, KeyError):
            component = "init"
        log = self._layout.logs / f"{component}.log"
        return f"{component} ended; the end of {log}:\n{tail(log.read_text(errors='replace')) if log.exists() else '(no log)'}"

    def _kubectl(self) -> list[str]:
        return [str(programs.directory(self._layout) / "kubectl"), f"--kubeconfig={self._layout.kubeconfig}"]

    def _end(self) -> None:
        """End the processes and remove all but the state directory."""
        current = record.read()
        if current is not None:
            current.kill()
        network.disconnect()
        cgroups.remove()
        tunables.restore()
        record.forget()

    def _clean(self) -> None:
        self._end()
        state = self._layout.state
        if not state.exists():
            return
        if any(state.iterdir()) and not (state / MARKER).exists():
            raise TestbedError(
                f"PENSTOCK_STATE={state} holds files that are not the test bed's: name another directory"
            )
        _refuse_mounts(state)
        shutil.rmtree(state)


def _refuse_mounts(directory: Path) -> None:
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    if inside := [place for place in mounted if Path(place).is_relative_to(directory)]:
        raise TestbedError(f"{', '.join(inside)} is mounted in {directory}: unmount it first")


def _require_root() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise TestbedError(
            "a node in namespaces needs Linux and root; or start Docker and install kind (https://kind.sigs.k8s.io)"
        )
