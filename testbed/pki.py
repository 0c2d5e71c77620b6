"""Keys and certificates of the node, made with openssl for one cluster's life."""

from dataclasses import dataclass
from pathlib import Path

from testbed.layout import API_SERVICE_ADDRESS, CLUSTER_DOMAIN, NODE, NODE_ADDRESS
from testbed.shell import run

DAYS = "3650"

CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
{name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {names}
"""

API_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{CLUSTER_DOMAIN}",
    "localhost",
    NODE,
)
API_ADDRESSES = (API_SERVICE_ADDRESS, NODE_ADDRESS, "127.0.0.1")


@dataclass(frozen=True)
class Certificate:
    """One certificate to issue: its file's name, who it is for, and which of the two authorities signs it."""

    file: str
    user: str
    group: str = ""
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    authority: str = "ca"


CERTIFICATES = (
    Certificate("apiserver", "kube-apiserver", names=API_NAMES, addresses=API_ADDRESSES),
    Certificate("apiserver-kubelet", "kube-apiserver-kubelet-client", group="system:masters"),
    Certificate(
        "kubelet", f"system:node:{NODE}", group="system:nodes", names=(NODE,), addresses=(NODE_ADDRESS, "127.0.0.1")
    ),
    Certificate("controller-manager", "system:kube-controller-manager"),
    Certificate("scheduler", "system:kube-scheduler"),
    Certificate("proxy", "system:kube-proxy"),
    Certificate("admin", "kubernetes-admin", group="system:masters"),
    Certificate("front-proxy", "front-proxy-client", authority="front-proxy-ca"),
)


def create(directory: Path) -> None:
    """Make both authorities, all certificates and the key pair that signs service accounts' tokens."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for authority in ("ca", "front-proxy-ca"):
        _self_signed(directory, authority)
    for certificate in CERTIFICATES:
        _signed(directory, certificate)
    key, public = directory / "service-accounts.key", directory / "service-accounts.pub"
    run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", key])
    run(["openssl", "pkey", "-in", key, "-pubout", "-out", public])


def openssl_config(certificate: Certificate) -> str:
    """Return openssl's configuration for one certificate; one without names is only a client's, and is named by its user."""
    name = [f"O = {certificate.group}"] if certificate.group else []
    names = [f"DNS:{n}" for n in certificate.names] + [f"IP:{a}" for a in certificate.addresses]
    return CONFIG.format(
        name="\n".join([*name, f"CN = {certificate.user}"]), names=", ".join(names or [f"DNS:{certificate.file}"])
    )


def _self_signed(directory: Path, authority: str) -> None:
    _request(directory, Certificate(authority, f"penstock-testbed-{authority}"), extensions="authority", signer=[])


def _signed(directory: Path, certificate: Certificate) -> None:
    authority = directory / certificate.authority
    _request(
        directory, certificate, extensions="leaf", signer=["-CA", f"{authority}.crt", "-CAkey", f"{authority}.key"]
    )


def _request(directory: Path, certificate: Certificate, *, extensions: str, signer: list[str]) -> None:
    config = directory / f"{certificate.file}.cnf"
    config.write_text(openssl_config(certificate))
    key, out = directory / f"{certificate.file}.key", directory / f"{certificate.file}.crt"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run(
        [
            "openssl",
            "req",
            "-x509",
            "-config",
            config,
            "-extensions",
            extensions,
            "-days",
            DAYS,
            *curve,
            *signer,
            "-keyout",
            key,
            "-out",
            out,
        ]
    )
