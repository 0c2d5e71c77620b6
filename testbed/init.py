"""Process 1 of the node: prepares the namespaces, starts the components, and ends with the first of them that ends.

It runs as a plain script (`python3 init.py PLAN`) and reads all it does from the plan, a JSON file; so it imports nothing of the test bed.
Nothing is restarted: a component that dies is a fault to look at. As this is process 1, its end is the end of every process in the node.
"""

import contextlib
import json
import os
import resource
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEVICE_SECONDS = 20.0
TICK_SECONDS = 0.02
OPEN_FILES = 1 << 20


@dataclass(frozen=True)
class Plan:
    """What the node is made of; see `testbed.namespaces` for who writes it."""

    device: str
    hostname: str
    hidden: dict[str, str]
    kept: list[str]
    commands: list[list[str]]
    components: list[dict[str, Any]]
    environment: dict[str, str]
    logs: str
    authority: str
    failure: str


def main(plan_file: str) -> int:
    plan = Plan(**json.loads(Path(plan_file).read_text()))
    socket.sethostname(plan.hostname)
    cover(plan.hidden, plan.kept)
    raise_limits()
    wait_for_device(plan.device)
    for command in plan.commands:
        subprocess.run(command, check=True, env=plan.environment)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    name, status = run_components(plan)
    Path(plan.failure).write_text(json.dumps({"component": name, "status": status}))
    return 1


def cover(hidden: dict[str, str], kept: list[str]) -> None:
    """Lay the node's own directories over the machine's, but leave the places that both must see.

    `hidden` maps a directory of the machine to the one that covers it, or to "" for an empty one in memory.
    """
    open_places = {place: os.open(place, os.O_PATH) for place in kept}
    for place, source in hidden.items():
        if source:
            Path(source).mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--no-mtab", "--bind", source, place], check=True)
        else:
            subprocess.run(["mount", "--no-mtab", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place], check=True)
    for place, descriptor in open_places.items():
        if any(Path(place).is_relative_to(covered) for covered in hidden):
            Path(place).mkdir(parents=True, exist_ok=True)
            # Not canonicalized: the descriptor's path leads to what covers it now.
            subprocess.run(
                ["mount", "--no-mtab", "--no-canonicalize", "--bind", f"/proc/{os.getpid()}/fd/{descriptor}", place],
                check=True,
            )
        os.close(descriptor)


def raise_limits() -> None:
    """Allow as many open files as the machine grants, within reason; containers inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def wait_for_device(device: str) -> None:
    """Wait until the machine has put its device into this network namespace."""
    deadline = time.monotonic() + DEVICE_SECONDS
    while all(name != device for _, name in socket.if_nameindex()):
        if time.monotonic() > deadline:
            sys.exit(f"no network device {device} came within {DEVICE_SECONDS:.0f} s")
        time.sleep(TICK_SECONDS)


def run_components(plan: Plan) -> tuple[str, int]:
    """Start every component when what it waits for answers; return the first that ended, with its exit status."""
    waiting = list(plan.components)
    names: dict[int, str] = {}
    processes: list[
        subprocess.Popen[bytes]
    ] = []  # kept: when one is forgotten, `subprocess` collects its end behind our back
    while True:
        answered: dict[str, bool] = {}
        for component in list(waiting):
            after = component["after"]
            if after not in answered:
                answered[after] = answers(after, plan.authority)
            if answered[after]:
                processes.append(start(component, plan))
                names[processes[-1].pid] = component["name"]
                waiting.remove(component)
        ended = reap(names, block=not waiting)
        if ended is not None:
            return ended
        if waiting:
            time.sleep(TICK_SECONDS)


def answers(address: str, authority: str) -> bool:
    """Tell whether a TCP port accepts, or an https address answers 200; nothing to wait for counts as an answer."""
    if not address:
        return True
    if address.startswith("tcp://"):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return True
        return False
    context = ssl.create_default_context(cafile=authority)
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2, context=context) as reply:
        return bool(reply.status == 200)
    return False


def start(component: dict[str, Any], plan: Plan) -> subprocess.Popen[bytes]:
    """Start one component with its own log file."""
    with Path(plan.logs, f"{component['name']}.log").open("ab") as log:
        process = subprocess.Popen(
            component["argv"],
            env={**plan.environment, **component["environment"]},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    print(f"started {component['name']}", flush=True)
    return process


def reap(names: dict[int, str], *, block: bool) -> tuple[str, int] | None:
    """Collect ended processes, orphans among them; return name and status of a component that ended.

    With `block` this returns only for a component.
    """
    while True:
        try:
            pid, status = os.waitpid(-1, 0 if block else os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        if pid in names:
            return names[pid], os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
