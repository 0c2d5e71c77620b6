"""The few calls to the Kubernetes API that the chart's hooks make, from inside a pod, with Python's standard library alone.

The hooks run in Penstock's own images, which hold no kubectl and no shell.
"""

import http.client
import json
import os
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MERGE = "application/merge-patch+json"


class ApiError(Exception):
    """The API server refused; `status` is its HTTP code, the message its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


def token() -> str:
    """The pod's service account token; read each time, as it is replaced while the pod lives."""
    return (ACCOUNT / "token").read_text()


def call(method: str, path: str, body: Any = None, *, content_type: str = "application/json") -> Any:
    """One request; gives the decoded answer, raises ApiError for a status from 400 on."""
    connection = http.client.HTTPSConnection(
        os.environ["KUBERNETES_SERVICE_HOST"],
        int(os.environ["KUBERNETES_SERVICE_PORT"]),
        timeout=20,
        context=ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt")),
    )
    try:
        headers = {"Authorization": f"Bearer {token()}", "Content-Type": content_type, "Accept": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        decoded = json.loads(answer.read() or b"{}")
    finally:
        connection.close()
    if answer.status >= 400:
        raise ApiError(answer.status, decoded.get("message", answer.reason))
    return decoded


def found(path: str) -> Any:
    """The object at a path, None where there is none."""
    try:
        return call("GET", path)
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def wait(what: str, look: Callable[[], Any], *, until: float) -> Any:
    """Call `look` twice a second until it gives something true; TimeoutError naming `what` after `until` (monotonic seconds)."""
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > until:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.5)
