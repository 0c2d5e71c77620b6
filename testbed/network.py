"""The machine's end of the node's network: one veth pair and the routes to the node's ranges.

Nothing here forwards or masquerades: the node reaches the machine's end of the pair and nothing behind it.
"""

import socket
import time
from pathlib import Path

from testbed.errors import TestbedError
from testbed.layout import HOST_ADDRESS, HOST_DEVICE, LINK_RANGE, NODE_ADDRESS, NODE_DEVICE, POD_RANGE, SERVICE_RANGE
from testbed.shell import run, succeeds

RANGES = (SERVICE_RANGE, POD_RANGE)

# Behind every real route: what is meant for a node that is down goes nowhere, least of all by the default route.
LAST_RESORT_METRIC = "4000000000"


def connect(init_pid: int) -> None:
    """Give the node whose init has this process id its device, and the machine its routes."""
    for addresses in (*RANGES, LINK_RANGE):
        run(["ip", "route", "replace", "unreachable", addresses, "metric", LAST_RESORT_METRIC])
    run(["ip", "link", "add", HOST_DEVICE, "type", "veth", "peer", "name", NODE_DEVICE, "netns", str(init_pid)])
    run(["ip", "address", "add", f"{HOST_ADDRESS}/{LINK_RANGE.partition('/')[2]}", "dev", HOST_DEVICE])
    Path(f"/proc/sys/net/ipv4/conf/{HOST_DEVICE}/forwarding").write_text("0")
    run(["ip", "link", "set", HOST_DEVICE, "up"])
    for addresses in RANGES:
        run(["ip", "route", "replace", addresses, "via", NODE_ADDRESS, "dev", HOST_DEVICE])


def disconnect(seconds: float = 10) -> None:
    """Remove the device and the routes, whichever of them are there."""
    if exists():
        succeeds(["ip", "link", "delete", HOST_DEVICE])
    for addresses in (*RANGES, LINK_RANGE):
        while succeeds(["ip", "route", "delete", "unreachable", addresses, "metric", LAST_RESORT_METRIC]):
            pass
    deadline = time.monotonic() + seconds
    while exists():
        if time.monotonic() > deadline:
            raise TestbedError(f"the network device {HOST_DEVICE} does not go away: see `ip link show {HOST_DEVICE}`")
        time.sleep(0.05)


def exists() -> bool:
    """Tell whether the machine has the node's device."""
    return any(name == HOST_DEVICE for _, name in socket.if_nameindex())
