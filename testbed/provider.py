"""What every kind of test cluster can do, and the choice between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from testbed.builders import Builder, docker_answers
from testbed.errors import TestbedError
from testbed.existing import Existing
from testbed.kind import Kind
from testbed.layout import Layout
from testbed.namespaces import NodeInNamespaces

CHOICES = ("kind", "node", "existing")


class Provider(Protocol):
    """A Kubernetes cluster for tests."""

    @property
    def name(self) -> str:
        """One of `CHOICES`."""

    @property
    def pulls(self) -> bool:
        """Tell whether pods can use public images, or only those that were loaded."""

    def up(self) -> None:
        """Start the cluster, and return once it takes pods. Harmless where it runs already."""

    def down(self, *, purge: bool) -> None:
        """Remove the cluster and all that it left on the machine; with `purge` also what was kept for the next start."""

    def holds(self, image: str) -> bool:
        """Tell whether pods can use an image of this name already."""

    def load(self, image: str, builder: Builder) -> None:
        """Make an image that `builder` has available to pods, under the same name."""

    def running(self) -> bool:
        """Tell whether the cluster answers and its nodes are ready."""

    def kubeconfig(self) -> Path:
        """Return the file that `KUBECONFIG` should name."""

    def tools(self) -> Path | None:
        """Return a directory with `kubectl` and `helm` to be put first in PATH; None where the caller has his own."""


def choose(environment: Mapping[str, str], layout: Layout) -> Provider:
    """Take what `PENSTOCK_TESTBED_PROVIDER` names; else the cluster that is named and allowed; else what the machine can do."""
    wanted = environment.get("PENSTOCK_TESTBED_PROVIDER") or default(environment)
    if wanted == "kind":
        return Kind(layout)
    if wanted == "node":
        return NodeInNamespaces(layout)
    if wanted == "existing":
        return Existing(layout, environment)
    raise TestbedError(f"PENSTOCK_TESTBED_PROVIDER={wanted}: choose one of {', '.join(CHOICES)}")


def default(environment: Mapping[str, str]) -> str:
    """Return the provider's name that fits this machine."""
    if environment.get("PENSTOCK_TESTBED_CONTEXT"):
        return "existing"
    return "kind" if docker_answers() else "node"
