"""A small HTTP server inside the cluster that flows call and tests question: it counts what arrives and answers as the path asks.

`ANY /status/<code>` answers with that code, everything else 200 with a JSON echo; `GET /-/requests` lists what came.
It runs in the runner's image, so nothing else needs to be there.
"""

from typing import Any

import httpx
from testbed.release import images, reached

import timeouts
from eventually import eventually
from kubectl import apply, kubectl, wait_for

PORT = 8080

SOURCE = """
import json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
seen, lock = [], threading.Lock()
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode("utf-8", "replace")
        code, value = 200, seen
        if self.path != "/-/requests":
            entry = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
            with lock:
                seen.append(entry)
                nth = sum(1 for e in seen if e["path"] == self.path)
            value = {"nth": nth, **entry}
            words = self.path.strip("/").split("/")
            if words[0] == "status":
                code = int(words[1])
            if words[0] == "failing":
                code = 503 if nth <= int(words[1]) else 200
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer
    def log_message(self, *words):
        pass
ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


def start(namespace: str) -> str:
    """Start the server in a namespace and wait until it is ready; gives its base URL inside the cluster."""
    secured: dict[str, Any] = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": "stub",
        "image": images()["runner"],
        "command": ["python3", "-c", SOURCE],
        "ports": [{"containerPort": PORT}],
        "securityContext": secured,
        # once it has answered it stays in its Service, however slow a loaded machine makes its answers
        "startupProbe": {
            "httpGet": {"path": "/-/requests", "port": PORT},
            "periodSeconds": 1,
            "failureThreshold": int(timeouts.ROLLED_OUT),
        },
    }
    apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "stub", "namespace": namespace, "labels": {"app": "stub"}},
            "spec": {
                "containers": [container],
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 0,
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "stub", "namespace": namespace},
            "spec": {"selector": {"app": "stub"}, "ports": [{"port": PORT}]},
        },
    )

    wait_for("pod", "stub", "condition=Ready", namespace=namespace, within=timeouts.ROLLED_OUT)
    url = f"http://stub.{namespace}.svc.cluster.local:{PORT}"
    # a pod is Ready a moment before the node's proxy leads the Service to it
    call = f"import urllib.request; print(urllib.request.urlopen('{url}/-/requests', timeout=2).status)"
    eventually(
        lambda: kubectl("-n", namespace, "exec", "stub", "--", "python3", "-c", call),
        within=timeouts.SEEN,
        about=f"{url} leads to the stub server",
    )
    return url


def requests(namespace: str) -> list[dict[str, Any]]:
    """What has arrived so far: method, path, headers (lower-case names), body."""
    with reached("stub", PORT, namespace=namespace) as (host, port):
        seen: list[dict[str, Any]] = httpx.get(f"http://{host}:{port}/-/requests", timeout=timeouts.ANSWERED).json()
        return seen


def count(namespace: str, path: str) -> int:
    """How often a path was called."""
    return sum(1 for request in requests(namespace) if request["path"] == path)
