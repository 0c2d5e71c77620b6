"""Debian packages that the node and the image builds need: installed when something is missing, and only then."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from testbed.console import say, timed
from testbed.errors import TestbedError
from testbed.shell import run, which

CNI_PLUGINS = Path("/usr/lib/cni")

NODE_PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    str(CNI_PLUGINS / "bridge"): "containernetworking-plugins",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "openssl": "openssl",
    "unshare": "util-linux",
    "mount": "mount",
}
IMAGE_PROGRAMS = {
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "gpg": "gpg",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
}
TEST_PROGRAMS = {"/usr/lib/postgresql/*/bin/initdb": "postgresql", "openssl": "openssl"}
"""A path may hold `*`: any version will do."""


def ensure(programs: Mapping[str, str]) -> None:
    """Install the packages of those programs (name or path to package) that are not there."""
    packages = missing(programs)
    if not packages:
        return
    if which("apt-get") is None or os.geteuid() != 0:
        raise TestbedError(
            f"please install {', '.join(packages)} (or run this as root on Debian or Ubuntu, which installs them)"
        )
    say(f"installing the Debian packages {', '.join(packages)}")
    with timed("installed"):
        _install(packages)


def missing(programs: Mapping[str, str]) -> list[str]:
    """Name the packages whose program is not installed, each once, in the order given."""
    return list(dict.fromkeys(package for program, package in programs.items() if not _installed(program)))


def _installed(program: str) -> bool:
    return any(Path("/").glob(program[1:])) if len(program) > 1 and program[0] == "/" else which(program) is not None


def _install(packages: Sequence[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "-qq", "update"], environment=quiet)
    run(["apt-get", "-qq", "-y", "install", "--no-install-recommends", *packages], environment=quiet)
