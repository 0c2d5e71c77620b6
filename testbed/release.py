"""Penstock in the test cluster: installed by its chart with the images of this checkout, and reached from this machine.

The demo, the e2e tests and the bench all install and reach it this way, which is a user's way: helm and HTTP.
"""

import json
import os
import re
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from testbed.errors import TestbedError
from testbed.images import built
from testbed.layout import layout_from
from testbed.provider import choose
from testbed.shell import run

FORWARD_SECONDS = 20.0
PROGRAM_PATTERN = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


def enter() -> None:
    """Put kubectl, helm and the cluster's configuration into this process's environment, and so into its children's."""
    layout = layout_from(os.environ)
    provider = choose(os.environ, layout)
    tools = provider.tools()
    if tools and str(tools) not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    os.environ["KUBECONFIG"] = str(provider.kubeconfig())


def images() -> dict[str, str]:
    """The images that `python3 -m testbed images` built, by program; raises `TestbedError` before the first build."""
    names = built(layout_from(os.environ))
    if not names:
        raise TestbedError("there are no images yet: `make images` builds them")
    return names


def image_values() -> list[str]:
    """Helm's words for the images of this checkout."""
    words = []
    for program, image in images().items():
        repository, _, tag = image.rpartition(":")
        words += ["--set", f"images.{program}.repository={repository}", "--set-string", f"images.{program}.tag={tag}"]
    return words


def helm_install(release: str, *, namespace: str, values: tuple[str, ...] = ()) -> None:
    """`helm upgrade --install --wait` of the chart; `values` are more words, such as `("--set", "gateway.replicas=1")`."""
    chart = layout_from(os.environ).checkout / "charts" / "penstock"
    run(
        [
            *("helm", "upgrade", "--install", release, chart, "--namespace", namespace, "--create-namespace"),
            *("--wait", "--timeout", "5m", *image_values(), *values),
        ]
    )


@contextmanager
def reached(service: str, port: int, *, namespace: str) -> Iterator[tuple[str, int]]:
    """Host and port at which a Service answers from here: its own address where that can be reached, else a port-forward."""
    found = json.loads(run(["kubectl", "-n", namespace, "get", "service", service, "-o", "json"]))
    address = found["spec"]["clusterIP"]
    with ExitStack() as stack:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            yield "127.0.0.1", stack.enter_context(forwarded(f"service/{service}", port, namespace=namespace))
        else:
            yield address, port


@contextmanager
def forwarded(target: str, port: int, *, namespace: str) -> Iterator[int]:
    """A local port that reaches a port of a Service or pod, by `kubectl port-forward`, while the context lasts."""
    process = subprocess.Popen(
        ["kubectl", "-n", namespace, "port-forward", target, f":{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield _forwarded_port(process, f"{target} in {namespace}")
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


def _forwarded_port(process: "subprocess.Popen[bytes]", target: str) -> int:
    said = b""
    deadline = time.monotonic() + FORWARD_SECONDS
    while process.stdout and (left := deadline - time.monotonic()) > 0:
        if not select.select([process.stdout], [], [], left)[0]:
            break
        chunk = os.read(process.stdout.fileno(), 4096)
        said += chunk
        if found := PROGRAM_PATTERN.search(said.decode(errors="replace")):
            return int(found[1])
        if not chunk:
            break
    raise TestbedError(
        f"no port-forward to {target}: {said.decode(errors='replace').strip() or 'kubectl said nothing'}"
    )
