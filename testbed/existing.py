"""The provider `existing`: a cluster of yours, if you name its context twice.

Tests create and delete namespaces, cluster roles and CRDs. So the context must be chosen and allowed, by two variables,
and it is used through a copy of the kubeconfig with that context alone.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from testbed.builders import Builder
from testbed.console import say
from testbed.errors import TestbedError
from testbed.layout import Layout
from testbed.shell import run, succeeds, which


class Existing:
    """A cluster that is there already, and stays."""

    name = "existing"
    pulls = True

    def __init__(self, layout: Layout, environment: Mapping[str, str]) -> None:
        self._layout = layout
        self._context = allowed_context(environment)

    def up(self) -> None:
        for program in ("kubectl", "helm"):
            if which(program) is None:
                raise TestbedError(
                    f"{program} is not in PATH: install it to use the cluster of the context {self._context}"
                )
        text = run(["kubectl", "config", "view", "--minify", "--flatten", f"--context={self._context}"])
        file = self.kubeconfig()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text)
        if not self.running():
            raise TestbedError(
                f"the cluster of the context {self._context} does not answer: try `kubectl --context {self._context} get nodes`"
            )
        say(f"using the cluster of the context {self._context}")

    def down(self, *, purge: bool) -> None:
        self.kubeconfig().unlink(missing_ok=True)
        say(f"the cluster of the context {self._context} is not the test bed's: it stays as it is")

    def holds(self, image: str) -> bool:
        return False

    def load(self, image: str, builder: Builder) -> None:
        raise TestbedError(
            f"the test bed cannot load images into the cluster of the context {self._context}: push {image} to a "
            "registry that the cluster pulls from"
        )

    def running(self) -> bool:
        return self.kubeconfig().exists() and succeeds(
            ["kubectl", f"--kubeconfig={self.kubeconfig()}", "get", "nodes"], environment=os.environ
        )

    def kubeconfig(self) -> Path:
        return self._layout.cache / "existing" / "kubeconfig"

    def tools(self) -> Path | None:
        return None


def allowed_context(environment: Mapping[str, str]) -> str:
    """Return the context to use; it must be named in `PENSTOCK_TESTBED_CONTEXT` and listed in `PENSTOCK_TESTBED_ALLOW`."""
    context = environment.get("PENSTOCK_TESTBED_CONTEXT", "")
    allowed = environment.get("PENSTOCK_TESTBED_ALLOW", "").replace(",", " ").split()
    if not context:
        raise TestbedError(
            "name the context of the cluster to use in PENSTOCK_TESTBED_CONTEXT, and again in PENSTOCK_TESTBED_ALLOW"
        )
    if context not in allowed:
        raise TestbedError(
            f"the context {context} is not in PENSTOCK_TESTBED_ALLOW ({', '.join(allowed) or 'empty'}). "
            "Tests create and delete namespaces, cluster roles and CRDs: "
            f"if that may happen in this cluster, set PENSTOCK_TESTBED_ALLOW={context}"
        )
    return context
