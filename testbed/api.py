"""The few reads of the Kubernetes API that the test bed does itself, so that waiting does not start a program each time."""

import json
import ssl
import urllib.request
from pathlib import Path
from typing import Any

from testbed.layout import API_PORT, NODE, NODE_ADDRESS

SECONDS = 5.0


def get(pki: Path, path: str) -> Any:
    """Read one path as the administrator; None where the API server does not answer, or not with 200."""
    try:
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        with urllib.request.urlopen(
            f"https://{NODE_ADDRESS}:{API_PORT}{path}", timeout=SECONDS, context=context
        ) as reply:
            return json.load(reply)
    except (OSError, ValueError):
        return None


def node_ready(pki: Path) -> bool:
    """Tell whether the node says `Ready`."""
    node = get(pki, f"/api/v1/nodes/{NODE}") or {}
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def default_account_exists(pki: Path) -> bool:
    """Tell whether pods can be made in the namespace `default`: before this exists, they are refused."""
    return get(pki, "/api/v1/namespaces/default/serviceaccounts/default") is not None
