"""The Go programs of the node (Kubernetes, CoreDNS, helm, pause): compiled once, kept outside the checkout.

The directory's name is a hash of all that decides what comes out, so that a second checkout finds the same programs.
The compiler's flags must stay as they are: Go keeps a compile cache for each set of them.
"""

import hashlib
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from testbed import go, kept
from testbed.console import duration, say, timed
from testbed.errors import CommandFailed
from testbed.layout import KUBERNETES_VERSION, Layout
from testbed.shell import tail

TAGS = "providerless,dockerless,selinux_disabled"

# Two things cost a third of the compiler's time and bring a test bed little: debugging information, which the linker
# would leave out anyway, and inlining in Kubernetes' own packages, whose gain was too small to be measured.
# What they spend their time in (the standard library, protobuf, etcd) is compiled as ever.
COMPILER = ("-gcflags=all=-dwarf=false", "-gcflags=k8s.io/...=-dwarf=false -l")
FLAGS = ("-mod=readonly", "-tags", TAGS, *COMPILER)
PACKAGES = ("./kube", "./coredns", "./pause", "helm.sh/helm/v4/cmd/helm")
KUBE_NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
# Each of 3,000 compilers lives for half a second: what it does not collect within a gigabyte is a fifth of its work less.
# The linker takes more than two compilers can reach.
COLLECTOR = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
PROGRESS_SECONDS = 15


def directory(layout: Layout) -> Path:
    """Return where the programs of this checkout lie, built or not."""
    return layout.cache / "programs" / source_key(layout.go_module)


def source_key(module: Path) -> str:
    """Hash the Go module's files and the compiler's settings to 16 hex digits."""
    digest = hashlib.sha256(repr((PACKAGES, FLAGS, ENVIRONMENT, linker_flags(), platform.machine())).encode())
    for file in sorted([module / "go.mod", module / "go.sum", *module.rglob("*.go")]):
        digest.update(f"\n{file.relative_to(module)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def linker_flags() -> str:
    """Return the linker's flags: no symbols, and the version, without which all components say v0.0.0."""
    major, minor, _ = KUBERNETES_VERSION.split(".")
    base, client = "k8s.io/component-base/version", "k8s.io/client-go/pkg/version"
    stamps = [
        f"{base}.gitVersion=v{KUBERNETES_VERSION}",
        f"{base}.gitMajor={major}",
        f"{base}.gitMinor={minor}",
        f"{base}.gitTreeState=clean",
    ]
    stamps += [f"{client}.gitVersion=v{KUBERNETES_VERSION}", f"{client}.gitMajor={major}", f"{client}.gitMinor={minor}"]
    return " ".join(["-s -w", *(f"-X {stamp}" for stamp in stamps)])


def ensure(layout: Layout) -> Path:
    """Return the directory of the programs, after compiling them if they are not there."""
    return kept.ensure(directory(layout), lambda target: _build(layout, target))


def _build(layout: Layout, target: Path) -> None:
    toolchain = go.ensure(layout)
    say(f"compiling Kubernetes {KUBERNETES_VERSION}, CoreDNS and helm, once; kept in {target.parents[1]}")
    with timed("compiled"):
        _compile(toolchain, layout.go_module, target)
    for name in KUBE_NAMES:
        (target / name).symlink_to("kube")


def _compile(toolchain: go.Go, module: Path, output: Path) -> None:
    listing = ["list", "-deps", *FLAGS, *PACKAGES]
    needed = _watch(toolchain, listing, module, lambda lines: f"fetching Go modules, {lines} so far")
    total = len(needed.split())
    build = ["build", "-v", *FLAGS, "-ldflags", linker_flags(), "-o", f"{output}/", *PACKAGES]
    _watch(toolchain, build, module, lambda lines: f"compiling, {lines} of at most {total} packages")


def _watch(toolchain: go.Go, words: list[str], module: Path, progress: Callable[[int], str]) -> str:
    """Run Go, say every few seconds how far it is by the lines it wrote, and return its standard output."""
    argv = [str(toolchain.program), *words]
    environment = {**os.environ, **ENVIRONMENT, **COLLECTOR, **toolchain.environment}
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as answer, tempfile.TemporaryFile("w+") as messages:
        with subprocess.Popen(argv, cwd=module, env=environment, stdout=answer, stderr=messages) as process:
            try:
                while not _ended(process):
                    say(f"  {duration(time.monotonic() - started)}: {progress(_text(messages).count(chr(10)))}")
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            raise CommandFailed(f"{' '.join(argv[:2])} ended with {process.returncode}:\n{tail(_text(messages))}")
        return _text(answer)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(PROGRESS_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _text(file: TextIO) -> str:
    """Return what a process has written to its file so far; read by position, as both share one."""
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode(errors="replace")
