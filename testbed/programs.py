"""The Go programs of the node (Kubernetes, CoreDNS, helm, pause): compiled once, kept outside the checkout.

The directory's name is a hash of all that decides what comes out, so that a second checkout finds the same programs.
The compiler's flags must stay as they are: Go keeps a compile cache for each set of them.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from testbed import debian
from testbed.console import duration, say, timed
from testbed.errors import CommandFailed, TestbedError
from testbed.layout import KUBERNETES_VERSION, Layout
from testbed.shell import succeeds, tail, which

GO = (1, 26)
TAGS = "providerless,dockerless,selinux_disabled"
PACKAGES = ("./kube", "./coredns", "./pause", "helm.sh/helm/v4/cmd/helm")
KUBE_NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
PROGRESS_SECONDS = 15


def directory(layout: Layout) -> Path:
    """Return where the programs of this checkout lie, built or not."""
    return layout.cache / "programs" / source_key(layout.go_module)


def source_key(module: Path) -> str:
    """Hash the Go module's files and the compiler's settings to 16 hex digits."""
    digest = hashlib.sha256(repr((PACKAGES, TAGS, linker_flags(), platform.machine())).encode())
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
    target = directory(layout)
    if (target / "kube").exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "kube").exists():
            _build(layout, target)
    return target


def _build(layout: Layout, target: Path) -> None:
    go = _go(layout)
    say(
        f"compiling Kubernetes {KUBERNETES_VERSION}, CoreDNS and helm: 6 to 15 minutes the first time, kept in {target.parent}"
    )
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as scratch, timed("compiled"):
        output = Path(scratch) / "programs"
        output.mkdir(mode=0o755)
        _compile(go, layout.go_module, output)
        for name in KUBE_NAMES:
            (output / name).symlink_to("kube")
        shutil.rmtree(target, ignore_errors=True)
        output.rename(target)


def _go(layout: Layout) -> Path:
    remedy = f"install Go {GO[0]}.{GO[1]} or newer from https://go.dev/dl and put it in PATH"
    if which("go") is None:
        version = debian.candidate("golang-go")
        if version is None or version < GO:
            raise TestbedError(f"the node's programs are compiled with Go, which is not installed: {remedy}")
        debian.ensure({"go": "golang-go"})
    go = which("go")
    if go is None or not succeeds([go, "-C", layout.go_module, "list", "-m"]):
        raise TestbedError(f"the Go that is installed is too old for this module: {remedy}")
    return go


def _compile(go: Path, module: Path, output: Path) -> None:
    flags = ["-mod=readonly", "-tags", TAGS]
    needed = _watch(
        [str(go), "list", "-deps", *flags, *PACKAGES], module, lambda lines: f"fetching Go modules, {lines} so far"
    )
    total = len(needed.split())
    build = [str(go), "build", "-v", *flags, "-ldflags", linker_flags(), "-o", f"{output}/", *PACKAGES]
    _watch(build, module, lambda lines: f"compiling, {lines} of at most {total} packages")


def _watch(argv: list[str], module: Path, progress: Callable[[int], str]) -> str:
    """Run Go, say every few seconds how far it is by the lines it wrote, and return its standard output."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as answer, tempfile.TemporaryFile("w+") as messages:
        with subprocess.Popen(argv, cwd=module, env=environment, stdout=answer, stderr=messages) as go:
            try:
                while not _ended(go):
                    say(f"  {duration(time.monotonic() - started)}: {progress(_text(messages).count(chr(10)))}")
            except BaseException:
                go.terminate()
                raise
        if go.returncode != 0:
            raise CommandFailed(f"{' '.join(argv[:2])} ended with {go.returncode}:\n{tail(_text(messages))}")
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
