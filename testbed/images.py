"""The images of Penstock: built when their content changed, loaded where the cluster lacks them.

An image's tag is a hash of what goes into it. So nothing is built or loaded twice, and no tag ever means two things.
"""

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from testbed import builders
from testbed.base import POSTGRES, PYTHON, Base
from testbed.console import say, timed
from testbed.errors import TestbedError
from testbed.layout import Layout

TAG_LENGTH = 12
PARALLEL = 2

# Files get one time and one of two modes: layers are the same for the same content, and readable by any user.
FILE_TIME = 1_577_836_800


@dataclass(frozen=True)
class Image:
    """One image: a target of a Dockerfile, and the files and directories of the checkout that it is made of.

    One that `stands_in` is built only for a cluster that cannot pull the public image that the chart names.
    """

    program: str
    sources: tuple[str, ...]
    dockerfile: str = "Dockerfile"
    base: Base = PYTHON
    stands_in: bool = False


IMAGES = (
    Image("runner", ("requirements/runner.txt", "images/trim.py", "core/penstock_core", "runner/penstock_runner")),
    Image(
        "operator",
        ("requirements/operator.txt", "images/trim.py", "core/penstock_core", "operator/penstock_operator", "crds"),
    ),
    Image("gateway", ("requirements/gateway.txt", "images/trim.py", "core/penstock_core", "gateway/penstock_gateway")),
    Image(
        "postgres",
        ("images/postgres/entrypoint",),
        dockerfile="images/postgres/Dockerfile",
        base=POSTGRES,
        stands_in=True,
    ),
)


class Cluster(Protocol):
    """What takes the images: the part of a provider that is used here."""

    @property
    def pulls(self) -> bool:
        """See `testbed.provider.Provider`."""

    def holds(self, image: str) -> bool:
        """See `testbed.provider.Provider`."""

    def load(self, image: str, builder: builders.Builder) -> None:
        """See `testbed.provider.Provider`."""


def built(layout: Layout) -> dict[str, str]:
    """Return the images of the last build by program; empty before the first."""
    try:
        return dict(json.loads(layout.images_file.read_text()))
    except FileNotFoundError:
        return {}


def pushed(layout: Layout) -> dict[str, str]:
    """Return the images in build/images.json, for a cluster that pulls them; raises where one is not named there."""
    names = built(layout)
    absent = [image.program for image in IMAGES if not image.stands_in and image.program not in names]
    if absent:
        raise TestbedError(
            f"the test bed cannot load images into a cluster that is there already: build the Dockerfile's targets, push "
            f'them where the cluster can pull, and name them in {layout.images_file} as {{"runner": "registry.example/'
            f'penstock-runner:1", …}}; missing: {", ".join(absent)}'
        )
    return names


def build_and_load(layout: Layout, cluster: Cluster) -> dict[str, str]:
    """Build what changed, write build/images.json, and load what the cluster lacks."""
    builder = builders.choose(layout)
    names = build(layout, builder, pulls=cluster.pulls)
    for programs in batches(_wanted(pulls=cluster.pulls)):
        with ThreadPoolExecutor(PARALLEL) as pool:
            for load in [pool.submit(_load, cluster, builder, names[program]) for program in programs]:
                load.result()
    builder.tidy()
    return names


def batches(wanted: Sequence[Image]) -> tuple[list[str], list[str]]:
    """Name the first program on each base, then the others: those find their base in the cluster already."""
    firsts = {image.base: image.program for image in reversed(wanted)}
    return list(firsts.values()), [image.program for image in wanted if image.program not in firsts.values()]


def build(layout: Layout, builder: builders.Builder, *, pulls: bool) -> dict[str, str]:
    """Build what changed and write build/images.json; needs no cluster, only to know whether it `pulls`."""
    wanted = _wanted(pulls=pulls)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(PARALLEL) as pool:
        context = Path(scratch)
        copy_context(layout.checkout, context)
        bases = {base: pool.submit(builder.make_base, base) for base in dict.fromkeys(image.base for image in wanted)}
        builds = []
        for image in wanted:
            bases[image.base].result()
            builds.append(pool.submit(_build, builder, image, context))
        names = {image.program: build.result() for image, build in zip(wanted, builds, strict=True)}
    _write(layout.images_file, names)
    return names


def names(*, pulls: bool) -> list[str]:
    """Name the programs whose images a cluster that `pulls`, or does not, needs from here."""
    return [image.program for image in _wanted(pulls=pulls)]


def missing(layout: Layout, builder: builders.Builder, *, pulls: bool) -> list[str]:
    """Name the programs whose images `build` would build."""
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch)
        copy_context(layout.checkout, context)
        return [image.program for image in _wanted(pulls=pulls) if not builder.holds(_name(builder, image, context))]


def _wanted(*, pulls: bool) -> list[Image]:
    return [image for image in IMAGES if not (image.stands_in and pulls)]


def content_tag(context: Path, image: Image, base: str | None) -> str:
    """Hash all that goes into an image: the Dockerfile, its sources, the base's name and the processor."""
    digest = hashlib.sha256(repr((image.program, base, platform.machine())).encode())
    for path in _files(context, (image.dockerfile, *image.sources)):
        digest.update(f"\n{path.relative_to(context)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:TAG_LENGTH]


def copy_context(checkout: Path, context: Path) -> None:
    """Copy what the images are made of: what is hashed is what is built, even while somebody edits."""
    for source in dict.fromkeys(source for image in IMAGES for source in (image.dockerfile, *image.sources)):
        _copy(checkout / source, context / source)
    for path in (context, *context.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (FILE_TIME, FILE_TIME))


def _copy(source: Path, target: Path) -> None:
    if not source.exists():
        raise TestbedError(f"{source} is missing: the images cannot be built")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    else:
        shutil.copyfile(source, target)


def _files(context: Path, sources: tuple[str, ...]) -> Iterator[Path]:
    for source in sources:
        top = context / source
        yield from [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())


def _name(builder: builders.Builder, image: Image, context: Path) -> str:
    return f"localhost/penstock-{image.program}:{content_tag(context, image, builder.base(image.base))}"


def _build(builder: builders.Builder, image: Image, context: Path) -> str:
    name = _name(builder, image, context)
    if not builder.holds(name):
        base = builder.base(image.base)
        arguments = {"BASE": base} if base else {}
        with timed(f"built {name}"):
            builder.build(name, builders.Recipe(context, image.dockerfile, image.program, arguments))
    return name


def _load(cluster: Cluster, builder: builders.Builder, name: str) -> None:
    if cluster.holds(name):
        say(f"  {name} is in the cluster already")
        return
    with timed(f"loaded {name}"):
        cluster.load(name, builder)


def _write(file: Path, names: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(names, indent=2) + "\n")
