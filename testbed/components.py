"""The node's components: what each is started with. Pure, so that a test can read it."""

from dataclasses import dataclass, field
from pathlib import Path

from testbed.layout import (
    API_PORT,
    CLUSTER_DOMAIN,
    NODE,
    NODE_ADDRESS,
    POD_RANGE,
    SERVICE_RANGE,
    Layout,
)

ETCD_PORT = 2379


@dataclass(frozen=True)
class Component:
    """One process of the node, started once `after` (a TCP port, an https address, or nothing) answers."""

    name: str
    argv: list[str]
    after: str = ""
    environment: dict[str, str] = field(default_factory=dict)


ETCD_UP = f"tcp://127.0.0.1:{ETCD_PORT}"
API_LISTENS = f"tcp://{NODE_ADDRESS}:{API_PORT}"
API_READY = f"https://{NODE_ADDRESS}:{API_PORT}/readyz"


def components(layout: Layout, programs: Path) -> list[Component]:
    """Return all processes of the node in the order of their start."""
    return [
        etcd(layout, programs),
        Component("containerd", ["containerd", "--config", str(layout.config / "containerd.toml")]),
        api_server(layout, programs),
        kubelet(layout, programs),
        controller_manager(layout, programs),
        scheduler(layout, programs),
        Component(
            "kube-proxy",
            [str(programs / "kube-proxy"), f"--config={layout.config / 'kube-proxy.json'}"],
            after=API_READY,
        ),
        Component("coredns", [str(programs / "coredns"), "-conf", str(layout.config / "Corefile")], after=API_READY),
    ]


def etcd(layout: Layout, programs: Path) -> Component:
    """A test bed's data need not survive a power cut, so nothing is synced to the disk."""
    client, peer = f"http://127.0.0.1:{ETCD_PORT}", "http://127.0.0.1:2380"
    argv = [
        str(programs / "etcd"),
        f"--name={NODE}",
        f"--data-dir={layout.state / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={NODE}={peer}",
        "--log-level=warn",
    ]
    return Component("etcd", argv)


def api_server(layout: Layout, programs: Path) -> Component:
    """Aggregated APIs work, and a kubelet is called by its address, as nothing resolves its name."""
    pki = layout.pki
    argv = [
        str(programs / "kube-apiserver"),
        f"--advertise-address={NODE_ADDRESS}",
        f"--secure-port={API_PORT}",
        f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
        f"--service-account-key-file={pki / 'service-accounts.pub'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        "--enable-aggregator-routing=true",
        f"--proxy-client-cert-file={pki / 'front-proxy.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy.key'}",
        f"--requestheader-client-ca-file={pki / 'front-proxy-ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    ]
    return Component("kube-apiserver", argv, after=ETCD_UP)


def kubelet(layout: Layout, programs: Path) -> Component:
    """Started as soon as the API server listens: its own retries would come seconds later."""
    argv = [
        str(programs / "kubelet"),
        f"--config={layout.config / 'kubelet.json'}",
        f"--kubeconfig={layout.config / 'kubelet.kubeconfig'}",
        f"--hostname-override={NODE}",
        f"--node-ip={NODE_ADDRESS}",
        f"--root-dir={layout.state / 'kubelet'}",
    ]
    return Component("kubelet", argv, after=API_LISTENS)


def controller_manager(layout: Layout, programs: Path) -> Component:
    argv = [
        str(programs / "kube-controller-manager"),
        *_client(layout, "controller-manager"),
        f"--cluster-cidr={POD_RANGE}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--flex-volume-plugin-dir={layout.state / 'volume-plugins'}",
        "--use-service-account-credentials=true",
        f"--root-ca-file={layout.pki / 'ca.crt'}",
        f"--service-account-private-key-file={layout.pki / 'service-accounts.key'}",
        f"--cluster-signing-cert-file={layout.pki / 'ca.crt'}",
        f"--cluster-signing-key-file={layout.pki / 'ca.key'}",
    ]
    return Component("kube-controller-manager", argv, after=API_READY)


def scheduler(layout: Layout, programs: Path) -> Component:
    return Component(
        "kube-scheduler", [str(programs / "kube-scheduler"), *_client(layout, "scheduler")], after=API_READY
    )


def _client(layout: Layout, name: str) -> list[str]:
    """Flags of the controllers that call the API server; it is the only one of its kind, so nobody is elected."""
    kubeconfig = layout.config / f"{name}.kubeconfig"
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]
