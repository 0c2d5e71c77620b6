"""What is made before there is a cluster."""

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from testbed import builders, debian, images, preparation, programs
from testbed.errors import TestbedError
from testbed.kind import Kind
from testbed.layout import Layout
from testbed.namespaces import NodeInNamespaces

LAYOUT = Layout(state=Path("/srv/state"), cache=Path("/srv/cache"), checkout=Path("/srv/checkout"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made, in the order of its end; nothing is, in truth."""
    done: list[str] = []

    def install(programs: Mapping[str, str]) -> None:
        done.append("packages")

    def build(layout: Layout, builder: object, *, pulls: bool) -> None:
        done.append("images")

    monkeypatch.setattr(programs, "ensure", lambda layout: done.append("programs"))
    monkeypatch.setattr(debian, "ensure", install)
    monkeypatch.setattr(builders, "choose", lambda layout: None)
    monkeypatch.setattr(images, "build", build)
    return done


def test_the_node_gets_programs_packages_and_images(made: list[str]) -> None:
    """Images come after the packages that build them."""
    preparation.prepare(LAYOUT, NodeInNamespaces(LAYOUT))

    assert sorted(made) == ["images", "packages", "programs"]
    assert made.index("packages") < made.index("images")


def test_images_are_built_while_the_programs_are_compiled(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler ends last here, as it waits for the images."""
    images_built = threading.Event()

    def compiles(layout: Layout) -> None:
        assert images_built.wait(10)
        made.append("programs")

    monkeypatch.setattr(programs, "ensure", compiles)
    monkeypatch.setattr(images, "build", lambda *_, **__: images_built.set())

    preparation.prepare(LAYOUT, NodeInNamespaces(LAYOUT))

    assert made == ["packages", "programs"]


def test_a_failure_beside_the_compiler_is_said_at_once_and_raised_at_the_end(
    made: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits for minutes to learn of it, and what was compiled is kept."""
    failed = threading.Event()

    def compiles(layout: Layout) -> None:
        assert failed.wait(10)
        made.append("programs")

    def say(text: str) -> None:
        print(text)
        failed.set()

    def fail(*_: object, **__: object) -> None:
        raise TestbedError("no network")

    monkeypatch.setattr(programs, "ensure", compiles)
    monkeypatch.setattr(preparation, "say", say)
    monkeypatch.setattr(images, "build", fail)

    with pytest.raises(TestbedError, match="no network"):
        preparation.prepare(LAYOUT, NodeInNamespaces(LAYOUT))
    assert "no network" in capsys.readouterr().out
    assert made == ["packages", "programs"]


def test_kind_makes_its_own(made: list[str]) -> None:
    """Its cluster comes ready from its image, and Docker builds ours when they are loaded."""
    preparation.prepare(LAYOUT, Kind(LAYOUT))

    assert made == []
