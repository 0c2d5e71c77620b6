"""Base images where no registry can be asked: Debian with what is needed, made by mmdebstrap.

They stand in for the public images that the Dockerfiles name.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from testbed.console import timed
from testbed.shell import run

SUITE = "bookworm"
LEFT_OUT = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
    "/usr/lib/*/gconv/*",
)
# The packages' own scripts want these while they are set up; nobody does later.
TAKEN_OUT = (
    "usr/lib/python3*/lib2to3",
    "usr/lib/python3*/pydoc_data",
    "usr/lib/python3*/test",
    "var/cache/debconf/*-old",
)

DOCKERFILE = """\
FROM scratch
ADD base.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
"""


@dataclass(frozen=True)
class Base:
    """One base: its name, its Debian packages beside the essential ones, and what is done before those are set up."""

    name: str
    packages: tuple[str, ...]
    hook: str = ""

    @property
    def image(self) -> str:
        """The image's name; its tag is a hash of all that makes it."""
        recipe = repr((SUITE, self.options, DOCKERFILE))
        return f"localhost/penstock-{self.name}:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"

    @property
    def options(self) -> list[str]:
        """The options of mmdebstrap; with /usr merged beforehand, the package that merges it need not be there."""
        return [
            "--variant=essential",
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            f"--include={','.join(('usr-is-merged', 'ca-certificates', 'tzdata', *self.packages))}",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
            *([f"--essential-hook={self.hook}"] if self.hook else []),
            *(f'--customize-hook=rm -rf "$1"/{pattern}' for pattern in TAKEN_OUT),
        ]

    def write_context(self, directory: Path) -> None:
        """Write the base's Dockerfile and file system into a directory; takes half a minute."""
        (directory / "Dockerfile").write_text(DOCKERFILE)
        with timed(f"made the base {self.image} from Debian {SUITE}, once"):
            run(["mmdebstrap", "--quiet", *self.options, SUITE, directory / "base.tar"])


# The official Python image has all of the standard library, certificates and time zones.
# libstdc++6: the CEL library is C++; Debian's public images have it because of apt
PYTHON = Base("base", ("python3", "python3-venv", "libstdc++6"))

# A database comes with the pod's volume, none with the package.
POSTGRES = Base(
    "postgres-base",
    ("postgresql-15",),
    hook='mkdir -p "$1/etc/postgresql-common" && echo create_main_cluster=false >"$1/etc/postgresql-common/createcluster.conf"',
)
