"""Kubeconfig files, written as JSON, which is YAML as well."""

import base64
import json
from pathlib import Path

from testbed.layout import API_PORT, CLUSTER, NODE_ADDRESS


def write(file: Path, *, pki: Path, certificate: str) -> None:
    """Write a kubeconfig that holds its certificates itself and is its owner's alone."""
    file.touch(mode=0o600)
    file.write_text(json.dumps(content(pki=pki, certificate=certificate), indent=2))


def content(*, pki: Path, certificate: str) -> dict[str, object]:
    """Return the kubeconfig of the user that `certificate` (a file's name without suffix) was issued for."""
    cluster = {"server": f"https://{NODE_ADDRESS}:{API_PORT}", "certificate-authority-data": _base64(pki / "ca.crt")}
    user = {
        "client-certificate-data": _base64(pki / f"{certificate}.crt"),
        "client-key-data": _base64(pki / f"{certificate}.key"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CLUSTER, "cluster": cluster}],
        "users": [{"name": certificate, "user": user}],
        "contexts": [{"name": CLUSTER, "context": {"cluster": CLUSTER, "user": certificate}}],
        "current-context": CLUSTER,
    }


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
