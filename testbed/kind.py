"""The provider `kind`: Kubernetes in Docker, where a Docker engine answers."""

import os
from pathlib import Path

from testbed.builders import Builder
from testbed.console import say, timed
from testbed.errors import TestbedError
from testbed.layout import CLUSTER, Layout
from testbed.shell import run, succeeds, which

READY_SECONDS = 180


class Kind:
    """A cluster of one node that `kind` makes; its kubeconfig is kept apart from the user's own."""

    name = "kind"
    pulls = True

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def up(self) -> None:
        _require("kind", "https://kind.sigs.k8s.io/docs/user/quick-start")
        _require("kubectl", "https://kubernetes.io/docs/tasks/tools")
        _require("helm", "https://helm.sh/docs/intro/install")
        file = self.kubeconfig()
        file.parent.mkdir(parents=True, exist_ok=True)
        if self._exists():
            run(["kind", "export", "kubeconfig", "--name", CLUSTER, "--kubeconfig", file])
            say("the cluster exists already")
        else:
            with timed("kind made the cluster"):
                run(
                    [
                        "kind",
                        "create",
                        "cluster",
                        "--name",
                        CLUSTER,
                        "--kubeconfig",
                        file,
                        "--wait",
                        f"{READY_SECONDS}s",
                    ]
                )
        run(
            [
                "kubectl",
                f"--kubeconfig={file}",
                "wait",
                "--for=condition=Ready",
                "nodes",
                "--all",
                f"--timeout={READY_SECONDS}s",
            ]
        )

    def down(self, *, purge: bool) -> None:
        if which("kind") is not None and self._exists():
            with timed("kind removed the cluster"):
                run(["kind", "delete", "cluster", "--name", CLUSTER, "--kubeconfig", self.kubeconfig()])
        self.kubeconfig().unlink(missing_ok=True)
        if purge:
            say("  images stay in Docker: `docker image prune` removes those that nothing uses")

    def holds(self, image: str) -> bool:
        return bool(
            run(
                [
                    "docker",
                    "exec",
                    f"{CLUSTER}-control-plane",
                    "ctr",
                    "-n",
                    "k8s.io",
                    "images",
                    "ls",
                    "-q",
                    f"name=={image}",
                ]
            ).strip()
        )

    def load(self, image: str, builder: Builder) -> None:
        run(["kind", "load", "docker-image", "--name", CLUSTER, image])

    def running(self) -> bool:
        file = self.kubeconfig()
        wait = ["kubectl", f"--kubeconfig={file}", "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=5s"]
        return file.exists() and succeeds(wait, environment=os.environ)

    def kubeconfig(self) -> Path:
        return self._layout.cache / "kind" / "kubeconfig"

    def tools(self) -> Path | None:
        return None

    def _exists(self) -> bool:
        return CLUSTER in run(["kind", "get", "clusters"]).split()


def _require(program: str, address: str) -> None:
    if which(program) is None:
        raise TestbedError(
            f"Docker answers, so the cluster is made with kind, but {program} is not in PATH: install it ({address}), "
            "or set PENSTOCK_TESTBED_PROVIDER=node to run a node without Docker (Linux, root)"
        )
