"""The cookbook's objects before a real API server: what a recipe shows can be applied as it stands."""

from pathlib import Path

import pytest
from reference.recipes import folders, recipe

from kubectl import kubectl


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
@pytest.mark.usefixtures("penstock")
def test_a_recipe_can_be_applied(folder: Path) -> None:
    """Schema and rules of the CRDs, and the release's policies, take a recipe's objects."""
    files = (argument for file in ("integration.yaml", "instance.yaml") for argument in ("-f", str(folder / file)))

    applied = kubectl("apply", "--namespace", "default", "--dry-run=server", *files)

    assert applied.count("(server dry run)") == len(list(recipe(folder).objects()))
