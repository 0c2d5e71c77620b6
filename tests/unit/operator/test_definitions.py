"""The CRDs that a release ships: applied, and never downgraded."""

from pathlib import Path

import pytest
import yaml

from fake_cluster import FakeCluster
from penstock_core.cluster import CRDS, Object
from penstock_operator.commands.crds import apply_all, is_downgrade, shipped


def definition(release: str) -> Object:
    return {"metadata": {"name": "flows.penstock.dev", "annotations": {"penstock.dev/crd-release": release}}}


@pytest.mark.parametrize(
    ("current", "wanted", "refused"),
    [("0.10.0", "0.9.0", True), ("0.9.0", "0.10.0", False), ("1.0.0", "1.0.0", False), ("", "1.0.0", False)],
)
def test_definitions_are_never_downgraded(current: str, wanted: str, refused: bool) -> None:
    """A CRD of a later release stays."""
    assert is_downgrade(definition(current), definition(wanted)) is refused


async def test_shipped_definitions_are_applied_but_newer_ones_stay(cluster: FakeCluster, tmp_path: Path) -> None:
    """All files of the folder are applied server-side, except where the cluster is ahead."""
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(definition("1.0.0")))
    other = {"metadata": {"name": "other.penstock.dev", "annotations": {"penstock.dev/crd-release": "1.0.0"}}}
    (tmp_path / "b.yaml").write_text(yaml.safe_dump(other))
    cluster.seed(CRDS, definition("2.0.0"))
    await apply_all(cluster, shipped(tmp_path))

    assert cluster.writes == [("apply", "customresourcedefinitions", "other.penstock.dev")]
