"""What is typed, and what is answered."""

from pathlib import Path

import pytest
from testbed.commands import main


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PENSTOCK_TESTBED_PROVIDER", "node")
    monkeypatch.setenv("PENSTOCK_STATE", "/srv/penstock test")
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_env_prints_one_line_for_the_shell(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It puts the tools first in PATH and names the kubeconfig, quoted where needed."""
    assert main(["env"]) == 0

    line = capsys.readouterr().out
    assert line.startswith(f"export PATH={environment}/cache/programs/")
    assert line.endswith(":\"$PATH\" KUBECONFIG='/srv/penstock test/kubeconfig'\n")


def test_status_tells_by_its_exit_status_whether_the_cluster_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts ask so."""
    assert main(["status"]) == 1
    assert "not running" in capsys.readouterr().out


def test_an_error_is_one_message_and_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for what the user can put right."""
    monkeypatch.setenv("PENSTOCK_STATE", "relative")

    assert main(["status"]) == 1
    assert capsys.readouterr().err.startswith("testbed: PENSTOCK_STATE=relative")
