"""How long it will take until the test bed is up, and why: said before the work begins.

Seen, then reckoned: `observe` looks at what this machine has already, `work` knows what is left to do.
The seconds were measured on two cores; what compiles, takes fewer on more.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from testbed import builders, debian, go, images, programs
from testbed.console import roughly
from testbed.layout import KUBERNETES_VERSION, Layout
from testbed.provider import Provider

MEASURED_CORES = 2
COMPILE_SECONDS = 300
GO_SECONDS = 10
PACKAGES_SECONDS = 15
IMAGE_SECONDS = 20
KIND_SECONDS = 60
START_SECONDS = 15


@dataclass(frozen=True)
class Machine:
    """What matters of a machine: its cores, where the cluster is to run, and what is not there yet."""

    cores: int
    provider: str
    running: bool = False
    lacks_programs: bool = False
    lacks_go: bool = False
    packages: Sequence[str] = ()
    images: Sequence[str] = ()


@dataclass(frozen=True)
class Work:
    """One piece of what is to be done, and how many seconds it adds."""

    what: str
    seconds: float


def observe(layout: Layout, provider: Provider) -> Machine:
    """Look at this machine; takes a second at most, and changes nothing."""
    node = provider.name == "node"
    lacks_programs = node and not programs.directory(layout).exists()
    return Machine(
        cores=os.cpu_count() or 1,
        provider=provider.name,
        running=provider.running(),
        lacks_programs=lacks_programs,
        lacks_go=lacks_programs and go.installed(layout) is None and not go.brought(layout),
        packages=debian.missing(debian.NODE_PROGRAMS | debian.IMAGE_PROGRAMS) if node else (),
        images=() if provider.name == "existing" else _missing_images(layout, provider),
    )


def _missing_images(layout: Layout, provider: Provider) -> list[str]:
    builder = builders.at_hand(layout)
    if builder is None:
        return images.names(pulls=provider.pulls)
    return images.missing(layout, builder, pulls=provider.pulls)


def work(machine: Machine) -> list[Work]:
    """List what is to be done on a machine until Penstock can be installed."""
    found = []
    if machine.lacks_go:
        found.append(Work("Go is fetched, as there is none that is new enough", GO_SECONDS))
    if machine.lacks_programs:
        found.append(
            Work(
                f"Kubernetes {KUBERNETES_VERSION} is compiled, once for all checkouts",
                COMPILE_SECONDS * MEASURED_CORES / machine.cores,
            )
        )
    if machine.packages:
        found.append(Work(f"Debian packages: {', '.join(machine.packages)}", PACKAGES_SECONDS))
    if machine.images:
        found.append(Work(f"images: {', '.join(machine.images)}", IMAGE_SECONDS * len(machine.images)))
    if not machine.running and machine.provider != "existing":
        found.append(Work("the cluster starts", KIND_SECONDS if machine.provider == "kind" else START_SECONDS))
    return found


def words(machine: Machine, *more: Work) -> str:
    """Say how long the work takes, with what comes after it, and why."""
    lacking = work(machine)
    total = roughly(sum(part.seconds for part in [*lacking, *more]))
    if not lacking:
        return f"{total}, as all that it needs is here already"
    lines = [f"  {roughly(part.seconds):<16} {part.what}" for part in [*lacking, *more]]
    return "\n".join([f"{total} on {machine.cores} cores, for:", *lines])
