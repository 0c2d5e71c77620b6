"""What the node is made of."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from testbed import configuration
from testbed.components import Component, components
from testbed.layout import CGROUP, NODE_ADDRESS, POD_RANGE, Layout

LAYOUT = Layout(state=Path("/srv/state"), cache=Path("/srv/cache"), checkout=Path("/srv/checkout"))


@pytest.fixture
def parts() -> dict[str, Component]:
    return {component.name: component for component in components(LAYOUT, Path("/programs"))}


def test_the_node_has_all_parts_of_a_cluster(parts: dict[str, Component]) -> None:
    """One process each, in the order of their start."""
    expected = [
        "etcd",
        "containerd",
        "kube-apiserver",
        "kubelet",
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "coredns",
    ]

    assert expected == list(parts)


def test_controllers_wait_until_the_api_server_is_ready(parts: dict[str, Component]) -> None:
    """Started earlier, they would give up or retry seconds later."""
    waiting = {name for name, part in parts.items() if part.after.endswith("/readyz")}

    assert waiting == {"kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns"}


def test_containerd_keeps_everything_in_the_state_directory() -> None:
    """Nothing of it is left when that directory is removed."""
    settings = tomllib.loads(configuration.containerd(LAYOUT, "localhost/pause:1"))
    cri = settings["plugins"]["io.containerd.grpc.v1.cri"]

    assert settings["root"] == "/srv/state/containerd"
    assert settings["grpc"]["address"] == "/srv/state/containerd.sock"
    assert cri["restrict_oom_score_adj"] is True
    assert cri["sandbox_image"] == "localhost/pause:1"


def test_pods_have_their_own_range_and_no_way_out() -> None:
    """The bridge does not masquerade, so no pod reaches the machine's networks."""
    settings: Any = configuration.bridge(LAYOUT.state)
    plugin, _ = settings["plugins"]

    assert plugin["ipMasq"] is False
    assert plugin["ipam"]["ranges"] == [[{"subnet": POD_RANGE}]]


def test_the_kubelet_uses_the_nodes_dns_and_control_group() -> None:
    """Pods ask the node's CoreDNS, and all live below one control group."""
    settings = configuration.kubelet(LAYOUT)

    assert settings["clusterDNS"] == [NODE_ADDRESS]
    assert settings["cgroupRoot"] == f"/{CGROUP}"
