"""Programs that build images: Docker where its engine answers, else buildah, which needs none."""

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
TOO_MANY, KEPT = 10, 4

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
        """Name the image to build on; None for the public one that the Dockerfile names."""

    def make_base(self, wanted: Base) -> None:
        """Make the image to build on where it is not there and cannot be pulled."""

    def holds(self, image: str) -> bool:
        """Tell whether it has an image of this name."""

    def build(self, image: str, recipe: Recipe) -> None:
        """Build an image."""

    def export(self, image: str, directory: Path, *, present: Present) -> Path:
        """Write an image into the directory, as a tar archive or in the OCI layout.

        In the latter the blobs that are `present` where it goes to are links.
        """

    def output(self, image: str, script: str) -> str:
        """Run a script of the shell in an image as root, without a network, and return what it wrote."""

    def tidy(self) -> None:
        """Make room, when all else is done."""


def docker_answers() -> bool:
    """Tell whether a Docker engine is at hand, not only its client."""
    return succeeds(["docker", "info"], seconds=DOCKER_SECONDS)


def choose(layout: Layout) -> Builder:
    """Return the builder that fits this machine."""
    return Docker() if docker_answers() else Buildah(layout)


def at_hand(layout: Layout) -> Builder | None:
    """Return the builder that fits this machine if it is installed; installs nothing."""
    if docker_answers():
        return Docker()
    return Buildah(layout) if os.geteuid() == 0 and not debian.missing(debian.IMAGE_PROGRAMS) else None


class Docker:
    """Docker with BuildKit; on the official base images; PENSTOCK_BASE names another one with Python."""

    def base(self, wanted: Base) -> str | None:
        return os.environ.get("PENSTOCK_BASE") if wanted is PYTHON else None

    def make_base(self, wanted: Base) -> None:
        """Leave it to Docker, which pulls what is named."""

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

    def output(self, image: str, script: str) -> str:
        return run(["docker", "run", "--rm", "--network=none", "--user=0", "--entrypoint=sh", image, "-c", script])

    def tidy(self) -> None:
        """Leave it to Docker's own `image prune`."""


class Buildah:
    """buildah as root, with its own storage, on a Debian base that is made here, as there is no registry."""

    def __init__(self, layout: Layout) -> None:
        if os.geteuid() != 0:
            raise TestbedError("building images without Docker needs root")
        debian.ensure(debian.IMAGE_PROGRAMS)
        self._directory = layout.cache / "images"
        storage = ["--root", str(self._directory / "storage"), "--runroot", "/run/penstock-testbed/buildah"]
        self._directory.mkdir(parents=True, exist_ok=True)
        self._lock = (self._directory / "lock").open("a")
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        self._buildah = ["buildah", *storage, "--storage-driver", "overlay"]

    def base(self, wanted: Base) -> str | None:
        return wanted.image

    def make_base(self, wanted: Base) -> None:
        if not self.holds(wanted.image):
            with tempfile.TemporaryDirectory(dir=self._directory) as scratch:
                wanted.write_context(Path(scratch))
                self.build(wanted.image, Recipe(context=Path(scratch)))

    def holds(self, image: str) -> bool:
        return succeeds([*self._buildah, "inspect", "--type", "image", image])

    def build(self, image: str, recipe: Recipe) -> None:
        with _secrets() as secrets:
            options = ["--isolation", "chroot", "--network", "host", "--layers", *secrets, *recipe.options(image)]
            run([*self._buildah, "bud", *options, recipe.context])

    def export(self, image: str, directory: Path, *, present: Present) -> Path:
        """Write only layers that the receiver lacks: what buildah finds in its target, it does not write again.

        Into that layout it packs what it writes; where nothing is present, an archive of unpacked layers takes half the time.
        """
        described = json.loads(run([*self._buildah, "inspect", "--type", "image", image]))
        links = {digest: found for digest in described["OCIv1"]["rootfs"]["diff_ids"] if (found := present(digest))}
        push = [*self._buildah, "push", "--quiet"]
        if not links:
            run([*push, image, f"docker-archive:{directory / 'image.tar'}:{image}"])
            return directory / "image.tar"
        blobs = directory / "image" / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        for digest, found in links.items():
            (blobs / digest.partition(":")[2]).symlink_to(found)
        run([*push, "--format", "oci", image, f"oci:{directory / 'image'}:{image}"])
        return directory / "image"

    def output(self, image: str, script: str) -> str:
        container = run([*self._buildah, "from", "--pull-never", image]).strip()
        try:
            return run([*self._buildah, "run", "--isolation=chroot", "--user=0", container, "--", "sh", "-c", script])
        finally:
            run([*self._buildah, "rm", container])

    def tidy(self) -> None:
        """Remove old images with the layers that only they have; not while another process builds, which may use them."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        listed = run([*self._buildah, "images", "--format", "{{.CreatedAtRaw}}|{{.Name}}:{{.Tag}}"])
        for image in outdated(line.split("|") for line in listed.splitlines()):
            run([*self._buildah, "rmi", image])


def outdated(images: Iterable[Sequence[str]]) -> list[str]:
    """Choose from pairs of time and name what to remove: where a repository has too many images, all but its newest."""
    repositories: dict[str, list[str]] = {}
    for _, name in sorted(map(tuple, images), reverse=True):
        repositories.setdefault(name.rpartition(":")[0], []).append(name)
    return [name for names in repositories.values() if len(names) > TOO_MANY for name in names[KEPT:]]


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
