"""The configuration files of the node's components."""

import json
from pathlib import Path

from testbed import kubeconfig
from testbed.debian import CNI_PLUGINS
from testbed.layout import CGROUP, CLUSTER_DOMAIN, NODE, NODE_ADDRESS, POD_RANGE, Layout

# restrict_oom_score_adj: without CAP_SYS_RESOURCE runc dies with "can't get final child's PID from pipe: EOF".
CONTAINERD = """\
version = 2
root = "{state}/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause_image}"
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_plugins}"
    conf_dir = "{config}/cni"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false

[plugins."io.containerd.internal.v1.opt"]
  path = "{state}/opt"
"""

COREFILE = """\
.:53 {{
    bind {address}
    errors
    ready {address}:10253
    kubernetes {domain} in-addr.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 5
    }}
}}
"""


def write(layout: Layout, pause_image: str) -> None:
    """Write every configuration file that the components' flags name."""
    config = layout.config
    (config / "cni").mkdir(parents=True, exist_ok=True)
    (config / "containerd.toml").write_text(containerd(layout, pause_image))
    (config / "cni" / "10-bridge.conflist").write_text(json.dumps(bridge(layout.state), indent=2))
    (config / "kubelet.json").write_text(json.dumps(kubelet(layout), indent=2))
    (config / "kube-proxy.json").write_text(json.dumps(kube_proxy(config), indent=2))
    admin = config / "coredns.kubeconfig"
    (config / "Corefile").write_text(COREFILE.format(address=NODE_ADDRESS, domain=CLUSTER_DOMAIN, kubeconfig=admin))
    for name in ("kubelet", "controller-manager", "scheduler", "proxy"):
        kubeconfig.write(config / f"{name}.kubeconfig", pki=layout.pki, certificate=name)
    kubeconfig.write(admin, pki=layout.pki, certificate="admin")
    kubeconfig.write(layout.kubeconfig, pki=layout.pki, certificate="admin")


def containerd(layout: Layout, pause_image: str) -> str:
    """Return containerd's configuration; all of its places are the node's own."""
    return CONTAINERD.format(
        state=layout.state,
        socket=layout.containerd_socket,
        config=layout.config,
        cni_plugins=CNI_PLUGINS,
        pause_image=pause_image,
    )


def bridge(state: Path) -> dict[str, object]:
    """Return the pod network: one bridge, no masquerading, so nothing but the host's own end can be reached."""
    plugin = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": str(state / "cni"),
            "ranges": [[{"subnet": POD_RANGE}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    return {
        "cniVersion": "0.4.0",
        "name": NODE,
        "plugins": [plugin, {"type": "portmap", "capabilities": {"portMappings": True}}],
    }


def kubelet(layout: Layout) -> dict[str, object]:
    """Return the kubelet's configuration: no swap or disk worries of its own, and many small pods at once."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(layout.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(layout.pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": CLUSTER_DOMAIN,
        "resolvConf": "",
        "podLogsDir": str(layout.logs / "pods"),
        "volumePluginDir": str(layout.state / "volume-plugins"),
        "evictionHard": {
            "memory.available": "50Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
            "nodefs.inodesFree": "1%",
        },
        "imageGCHighThresholdPercent": 100,
        "serializeImagePulls": False,
        "maxPods": 500,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
    }


def kube_proxy(config: Path) -> dict[str, object]:
    """Return kube-proxy's configuration; limits of connection tracking are the machine's and stay as they are."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": NODE,
        "clusterCIDR": POD_RANGE,
        "clientConnection": {"kubeconfig": str(config / "proxy.kubeconfig")},
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpCloseWaitTimeout": "0s", "tcpEstablishedTimeout": "0s"},
    }
