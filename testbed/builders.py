"""Programs that build images: Docker where its engine answers, else buildah, which needs none."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from testbed import debian, pip
from testbed.base import PYTHON, Base
from testbed.errors import TestbedError
from testbed.layout import Layout
from testbed.shell import run, succeeds

DOCKER_SECONDS = 10.0
KEPT = 5

# The file of a blob (by digest) where the image goes to; None where it is not there.
Present = Callable[[str], Path | None]


@dataclass(frozen=True)
class Recipe:
    """What an image is built from: a directory, a Dockerfile in it, one of that file's targets, and its arguments."""

    context: Path
    dockerfile: str = "Dockerfile"
    target: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)

    def options(self, image: str) -> list[str]:
        """Return the options that Docker and buildah have in common."""
        arguments = [word for name, value in self.arguments.items() for word in ("--build-arg", f"{name}={value}")]
        target = ["--target", self.target] if self.target else []
        return ["--tag", image, "--file", str(self.context / self.dockerfile), *target, *arguments]


class Builder(Protocol):
    """Builds images and keeps them."""

    def base(self, wanted: Base) -> str | None:
        """Return the image to build on; None for the public one that the Dockerfile names."""

    def holds(self, image: str) -> bool:
        """Tell whether it has an image of this name."""

    def build(self, image: str, recipe: Recipe) -> None:
        """Build an image."""

    def export(self, image: str, directory: Path, *, present: Present) -> Path:
        """Write an image into the directory, as a tar archive or in the OCI layout.

        In the latter the blobs that are `present` where it goes to are links.
        """


def docker_answers() -> bool:
    """Tell whether a Docker engine is at hand, not only its client."""
    return succeeds(["docker", "info"], seconds=DOCKER_SECONDS)


def choose(layout: Layout) -> Builder:
    """Return the builder that fits this machine."""
    return Docker() if docker_answers() else Buildah(layout)


class Docker:
    """Docker with BuildKit; on the official base images; PENSTOCK_BASE names another one with Python."""

    def base(self, wanted: Base) -> str | None:
        return os.environ.get("PENSTOCK_BASE") if wanted is PYTHON else None

    def holds(self, image: str) -> bool:
        return succeeds(["docker", "image", "inspect", image])

    def build(self, image: str, recipe: Recipe) -> None:
        with _secrets() as secrets:
            argv = ["docker", "build", *secrets, *recipe.options(image), str(recipe.context)]
            run(argv, environment={**os.environ, "DOCKER_BUILDKIT": "1"})

    def export(self, image: str, directory: Path, *, present: Present) -> Path:
        archive = directory / "image.tar"
        run(["docker", "save", "--output", archive, image])
        return archive


class Buildah:
    """buildah as root, with its own storage, on a Debian base that is made here, as there is no registry."""

    def __init__(self, layout: Layout) -> None:
        if os.geteuid() != 0:
            raise TestbedError("building images without Docker needs root")
        debian.ensure(debian.IMAGE_PROGRAMS)
        self._directory = layout.cache / "images"
        storage = ["--root", str(self._directory / "storage"), "--runroot", "/run/penstock-testbed/buildah"]
        self._buildah = ["buildah", *storage, "--storage-driver", "overlay"]

    def base(self, wanted: Base) -> str | None:
        if not self.holds(wanted.image):
            self._directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._directory) as scratch:
                wanted.write_context(Path(scratch))
                self.build(wanted.image, Recipe(context=Path(scratch)))
        return wanted.image

    def holds(self, image: str) -> bool:
        return succeeds([*self._buildah, "inspect", "--type", "image", image])

    def build(self, image: str, recipe: Recipe) -> None:
        with _secrets() as secrets:
            options = ["--isolation", "chroot", "--network", "host", "--layers", *secrets, *recipe.options(image)]
            run([*self._buildah, "bud", *options, recipe.context])
        self._remove_old(image.rpartition(":")[0])

    def export(self, image: str, directory: Path, *, present: Present) -> Path:
        """Write only layers that the receiver lacks: what buildah finds in its target, it does not write again."""
        blobs = directory / "image" / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        described = json.loads(run([*self._buildah, "inspect", "--type", "image", image]))
        for digest in described["OCIv1"]["rootfs"]["diff_ids"]:
            if found := present(digest):
                (blobs / digest.partition(":")[2]).symlink_to(found)
        run([*self._buildah, "push", "--quiet", "--format", "oci", image, f"oci:{directory / 'image'}:{image}"])
        return directory / "image"

    def _remove_old(self, repository: str) -> None:
        """Remove all but the newest images of a repository, with the layers that only they have."""
        listed = run([*self._buildah, "images", "--format", "{{.CreatedAtRaw}}\t{{.Name}}:{{.Tag}}"])
        rows = sorted((line.split("\t") for line in listed.splitlines() if f"\t{repository}:" in line), reverse=True)
        for _, image in rows[KEPT:]:
            # One that a build or a push holds just now stays until the next time.
            succeeds([*self._buildah, "rmi", image])


@contextmanager
def _secrets() -> Iterator[list[str]]:
    """Offer the machine's pip configuration and certificates to the build; neither ends up in an image."""
    with tempfile.TemporaryDirectory() as scratch:
        configuration = Path(scratch, "pip.conf")
        configuration.write_text(pip.configuration(os.environ))
        options = ["--secret", f"id=pip,src={configuration}"]
        certificates = pip.certificates(os.environ)
        if certificates is not None:
            options += ["--secret", f"id=certificates,src={certificates}"]
        yield options
