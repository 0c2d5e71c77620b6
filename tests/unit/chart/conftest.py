"""The chart as `helm template` renders it: objects, or the words with which Helm refuses."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from testbed import programs
from testbed.layout import layout_from

from lacking import lacking
from rendering import Find, Refused, Render, RunHelm

CHART = Path(__file__).resolve().parents[3] / "charts" / "penstock"


@pytest.fixture(scope="session")
def helm() -> str:
    """The helm program: on PATH, or the test bed's own. Without one the tests are skipped, and under CI they fail."""
    built = programs.directory(layout_from(os.environ)) / "helm"
    found = shutil.which("helm") or (str(built) if built.exists() else None)
    if found is None:
        lacking("there is no helm: neither on PATH nor built by `make cluster-up`")
    return found


@pytest.fixture(scope="session")
def chart() -> Path:
    """The chart's directory."""
    return CHART


@pytest.fixture(scope="session")
def refused() -> type[Exception]:
    """What `render` raises with Helm's words."""
    return Refused


@pytest.fixture(scope="session")
def run_helm(helm: str) -> RunHelm:
    """Runs helm; gives its output or raises Refused."""

    def run(*words: str) -> str:
        done = subprocess.run([helm, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(done.stderr + done.stdout)
        return done.stdout

    return run


@pytest.fixture(scope="session")
def render(run_helm: RunHelm) -> Render:
    """Renders the chart: `render({"gateway.replicas": 3}, release=…, namespace=…)` gives all objects, hooks included."""

    def run(
        values: dict[str, Any] | None = None, *, release: str = "penstock", namespace: str = "penstock-system"
    ) -> list[dict[str, Any]]:
        words = [
            word for path, value in (values or {}).items() for word in ("--set-json", f"{path}={json.dumps(value)}")
        ]
        text = run_helm("template", release, str(CHART), "--namespace", namespace, *words)
        return [document for document in yaml.safe_load_all(text) if document]

    return run


@pytest.fixture(scope="session")
def find() -> Find:
    """Finds the one object of a kind and name among rendered ones."""

    def look(objects: list[dict[str, Any]], kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        (found,) = [
            item
            for item in objects
            if (item["kind"], item["metadata"]["name"]) == (kind, name)
            and (namespace is None or item["metadata"].get("namespace") == namespace)
        ]
        return found

    return look
