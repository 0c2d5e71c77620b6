"""Which images are built and loaded."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from testbed import builders, images
from testbed.base import Base
from testbed.errors import TestbedError
from testbed.layout import Layout


@dataclass
class FakeBuilder:
    """Remembers what it built."""

    built: set[str] = field(default_factory=set)

    def base(self, wanted: Base) -> str | None:
        return wanted.name

    def make_base(self, wanted: Base) -> None:
        pass

    def holds(self, image: str) -> bool:
        return image in self.built

    def build(self, image: str, recipe: builders.Recipe) -> None:
        self.built.add(image)

    def export(self, image: str, directory: Path, *, present: builders.Present) -> Path:
        raise NotImplementedError

    def output(self, image: str, script: str) -> str:
        raise NotImplementedError

    def tidy(self) -> None:
        pass


@dataclass
class FakeCluster:
    """Remembers what was loaded."""

    pulls: bool = False
    loaded: list[str] = field(default_factory=list)

    def holds(self, image: str) -> bool:
        return image in self.loaded

    def load(self, image: str, builder: builders.Builder) -> None:
        self.loaded.append(image)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A checkout with one file for each source of each image."""
    checkout = tmp_path / "checkout"
    for source in {source for image in images.IMAGES for source in (image.dockerfile, *image.sources)}:
        path = checkout / source if Path(source).suffix or source.endswith(("Dockerfile", "entrypoint")) else None
        file = path or checkout / source / "module.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return Layout(state=tmp_path / "state", cache=tmp_path / "cache", checkout=checkout)


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> FakeBuilder:
    fake = FakeBuilder()
    monkeypatch.setattr(builders, "choose", lambda layout: fake)
    return fake


def test_all_images_are_built_loaded_and_written_down(layout: Layout, builder: FakeBuilder) -> None:
    """build/images.json names what is in the cluster."""
    cluster = FakeCluster()
    names = images.build_and_load(layout, cluster)

    assert names == images.built(layout)
    assert set(names) == {"runner", "operator", "gateway", "postgres"}
    assert builder.built == set(cluster.loaded) == set(names.values())


def test_a_second_time_does_nothing(layout: Layout, builder: FakeBuilder) -> None:
    """Caches of Python and new times of files are no change."""
    cluster = FakeCluster()
    first = images.build_and_load(layout, cluster)
    module = layout.checkout / "core" / "penstock_core" / "module.py"
    (module.parent / "__pycache__").mkdir()
    (module.parent / "__pycache__" / "module.cpython-311.pyc").write_bytes(b"\0")
    os.utime(module, (0, 0))

    assert first == images.build_and_load(layout, cluster)
    assert len(cluster.loaded) == len(first)


def test_a_change_builds_the_images_that_it_concerns(layout: Layout, builder: FakeBuilder) -> None:
    """The runner's code is in the runner's image alone."""
    first = images.build_and_load(layout, FakeCluster())
    (layout.checkout / "runner" / "penstock_runner" / "module.py").write_text("changed")
    second = images.build_and_load(layout, FakeCluster())

    assert {program for program in first if first[program] != second[program]} == {"runner"}


def test_what_is_missing_is_what_would_be_built(layout: Layout, builder: FakeBuilder) -> None:
    """Asking builds nothing."""
    assert images.missing(layout, builder, pulls=False) == ["runner", "operator", "gateway", "postgres"]
    assert images.missing(layout, builder, pulls=True) == ["runner", "operator", "gateway"]
    assert builder.built == set()

    images.build(layout, builder, pulls=False)
    (layout.checkout / "gateway" / "penstock_gateway" / "module.py").write_text("changed")

    assert images.missing(layout, builder, pulls=False) == ["gateway"]


def test_a_cluster_that_pulls_takes_public_images_from_their_registry(layout: Layout, builder: FakeBuilder) -> None:
    """Nothing stands in for the official Postgres image there."""
    assert "postgres" not in images.build_and_load(layout, FakeCluster(pulls=True))


def test_a_missing_source_is_named(layout: Layout, builder: FakeBuilder) -> None:
    """An incomplete checkout does not make an incomplete image."""
    (layout.checkout / "requirements" / "runner.txt").unlink()

    with pytest.raises(TestbedError, match=r"requirements/runner\.txt is missing"):
        images.build_and_load(layout, FakeCluster())


def test_before_the_first_build_there_are_no_images(layout: Layout) -> None:
    """`built` says so without failing."""
    assert images.built(layout) == {}


def test_of_many_images_the_newest_are_kept() -> None:
    """Old ones of a repository go when they are too many; another repository's few stay."""
    many = [(f"2026-01-{day:02d}", f"localhost/a:{day}") for day in range(1, builders.TOO_MANY + 2)]
    few = [("2025-01-01", "localhost/b:1")]
    kept = {name for _, name in [*many, *few]} - set(builders.outdated([*many, *few]))

    assert kept == {"localhost/b:1", *(name for _, name in many[-builders.KEPT :])}


def test_images_that_share_a_base_wait_for_the_one_that_brings_it() -> None:
    """The base is sent once: the first batch has one image of each base."""
    first, rest = images.batches(images.IMAGES)

    assert sorted(first) == ["postgres", "runner"]
    assert rest == ["operator", "gateway"]
