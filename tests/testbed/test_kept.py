"""Directories that are made once."""

from pathlib import Path

import pytest
from testbed import kept
from testbed.errors import TestbedError


def test_a_directory_is_made_once(tmp_path: Path) -> None:
    """The second time it is there."""
    made: list[Path] = []
    for _ in range(2):
        assert kept.ensure(tmp_path / "cache" / "thing", made.append) == tmp_path / "cache" / "thing"

    assert len(made) == 1


def test_what_was_not_finished_is_not_there(tmp_path: Path) -> None:
    """A directory appears with all that is in it, or not at all."""

    def breaks(directory: Path) -> None:
        (directory / "half").touch()
        raise TestbedError("broken")

    with pytest.raises(TestbedError):
        kept.ensure(tmp_path / "thing", breaks)

    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
