"""The key under which compiled programs are kept."""

import shutil
from pathlib import Path

from testbed.layout import KUBERNETES_VERSION, Layout
from testbed.programs import directory, linker_flags, source_key

MODULE = Path(__file__).parents[2] / "testbed" / "node"


def test_a_second_checkout_finds_the_programs_of_the_first(tmp_path: Path) -> None:
    """The key depends on what the Go module says, not on where it lies."""
    shutil.copytree(MODULE, tmp_path / "testbed" / "node")
    first = Layout(state=tmp_path / "a", cache=tmp_path / "cache", checkout=MODULE.parents[1])
    second = Layout(state=tmp_path / "b", cache=tmp_path / "cache", checkout=tmp_path)

    assert directory(first) == directory(second)


def test_a_changed_source_gets_programs_of_its_own(tmp_path: Path) -> None:
    """Each of the Go sources counts."""
    shutil.copytree(MODULE, tmp_path / "node")
    (tmp_path / "node" / "pause" / "main.go").write_text("package main\n\nfunc main() {}\n")

    assert source_key(MODULE) != source_key(tmp_path / "node")


def test_the_module_asks_for_the_kubernetes_version_that_is_stamped() -> None:
    """What `kubectl version` says is what was compiled."""
    assert f"k8s.io/kubernetes v{KUBERNETES_VERSION}" in (MODULE / "go.mod").read_text()
    assert f"version.gitVersion=v{KUBERNETES_VERSION}" in linker_flags()
