"""`make demo`: from nothing to a webhook's step results on the screen, in the words of a newcomer.

It does what a user would do, with the user's tools (helm, kubectl, HTTP), and ends with commands that work as printed.
"""

import base64
import json
import os
import shlex
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from testbed import forecast  # noqa: E402
from testbed.commands import main as testbed  # noqa: E402
from testbed.errors import TestbedError  # noqa: E402
from testbed.layout import layout_from  # noqa: E402
from testbed.provider import choose  # noqa: E402
from testbed.release import enter, helm_install, images, reached  # noqa: E402
from testbed.shell import run  # noqa: E402

RELEASE, NAMESPACE = "penstock", "penstock-system"
EXAMPLES = ROOT / "examples"
FORWARDED = "127.0.0.1"
"""Where the cluster's addresses cannot be reached from here, as with kind, the gateway is reached by a port-forward."""
DEMO_SECONDS = 60
ENDED = {"passed", "failed", "completed_with_errors", "cancelled", "timed_out", "skipped"}
FORWARD = """\
   kubectl -n penstock-system port-forward service/penstock-gateway 8080:80 >/dev/null & sleep 2
   GATEWAY=http://127.0.0.1:8080"""
SUPPORT = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: support, namespace: acme}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: support, namespace: acme}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: support, namespace: acme}]
"""


def main() -> int:
    """Run the six acts; 0, or 1 with what went wrong."""
    started = time.monotonic()
    try:
        announce()
        cluster()
        build()
        install()
        apply_examples()
        with reached("penstock-gateway", 80, namespace=NAMESPACE) as (host, port):
            gateway = Gateway(f"http://{host}" if port == 80 else f"http://{host}:{port}")
            act(
                5,
                "Webhooks arrive",
                "ACME's shop sends two orders. The gateway answers as soon as each is safe in the database.",
            )
            good, bad = (send(gateway, sample) for sample in ("order.json", "order-with-a-bad-line.json"))
            act(
                6,
                "What was recorded",
                "each execution is one Kubernetes Job; every step, attempt, input and output is on record.",
            )
            show(gateway, good)
            show(gateway, bad)
            say(f"\nDone in {time.monotonic() - started:.0f} s.")
            what_next(gateway.url, bad, forwarded=host == FORWARDED)
    except TestbedError as error:
        say(f"\nThe demo stopped: {error}")
        return 1
    return 0


def announce() -> None:
    """Say how long it will take, and why, before anything takes long."""
    layout = layout_from(os.environ)
    machine = forecast.observe(layout, choose(os.environ, layout))
    own = forecast.Work("Penstock is installed, and two webhooks run", DEMO_SECONDS)
    say(f"The demo takes {forecast.words(machine, own)}")


def cluster() -> None:
    act(
        1,
        "A real Kubernetes",
        "API server, etcd, kubelet and all, on this machine. What is not there yet is made first, and kept.",
    )
    command("prepare")
    command("up")
    enter()


def build() -> None:
    act(2, "Penstock's images", "operator, gateway and runner, built from this checkout.")
    command("images")


def install() -> None:
    act(3, "Install", f"the Helm chart charts/penstock, with a small Postgres, into the namespace {NAMESPACE}.")
    helm_install(RELEASE, namespace=NAMESPACE, values=("--set", "gateway.replicas=1"))
    say(indented(kubectl("-n", NAMESPACE, "get", "pods")))


def apply_examples() -> None:
    act(
        4,
        "Two customers",
        "one integration, orders-to-erp, deployed for ACME and for Globex, each with its own settings and key.\n"
        "   A make-believe ERP stands in for the customers' systems.",
    )
    stub = (
        (EXAMPLES / "erp-stub" / "erp.yaml")
        .read_text()
        .replace("image: python:3.13-slim", f"image: {images()['runner']}")
    )
    apply("-f", str(EXAMPLES / "namespaces.yaml"))
    apply("-f", "-", stdin=stub)
    apply("-f", "-", stdin=SUPPORT)
    for name in ("orders-to-erp", "inventory-sync"):
        apply("-f", str(EXAMPLES / name))
    kubectl("wait", "--for=condition=Ready", "instances.penstock.dev", "--all", "--all-namespaces", "--timeout=90s")
    kubectl("-n", "erp", "rollout", "status", "deployment/erp", "--timeout=90s")
    say(indented(kubectl("get", "instances.penstock.dev", "--all-namespaces")))


class Gateway:
    """The gateway's HTTP, as ACME's shop and as a support engineer use it."""

    def __init__(self, url: str) -> None:
        self.url = url
        secret = json.loads(kubectl("-n", "acme", "get", "secret", "acme-orders-webhook-key", "-o", "json"))
        self._key = base64.b64decode(secret["data"]["key"]).decode()
        self._token = kubectl("-n", "acme", "create", "token", "support", "--audience=penstock").strip()

    def post(self, body: bytes) -> dict[str, Any]:
        headers = {"Api-Key": self._key, "Content-Type": "application/json"}
        return self._ask("/hooks/acme/acme-orders/importOrder", headers, body)

    def read(self, path: str) -> Any:
        return self._ask(f"/api/v1{path}", {"Authorization": f"Bearer {self._token}"})

    def _ask(self, path: str, headers: dict[str, str], body: bytes | None = None) -> Any:
        request = urllib.request.Request(self.url + path, data=body, headers=headers)  # noqa: S310 - our own gateway
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def send(gateway: Gateway, sample: str) -> str:
    body = json.loads((EXAMPLES / "orders-to-erp" / "samples" / sample).read_text())
    body["id"] += f"-{int(time.time())}"  # a new order at each demo: the same id would be the same execution
    answer = gateway.post(json.dumps(body).encode())
    say(f"   POST {sample:28} -> 202 accepted, execution {answer['executionId']}")
    return str(answer["executionId"])


def show(gateway: Gateway, identifier: str) -> None:
    execution = ended(gateway, identifier)
    say(
        f"\n   {execution['status'].upper()} after {execution['durationMs']} ms: flow {execution['flow']} of {execution['instance']}"
        f" for {execution['customer']['name']}, {execution['integration']['name']} {execution['integration']['version']}"
    )
    if execution["error"]:
        say(f"   {execution['error']['message']}")
    say(f"   {'STEP':24} {'TRY':>3} {'STATUS':8} {'MS':>6}  OUTPUT")
    for step in execution["steps"]:
        value = step["error"]["message"] if step["error"] else output(gateway, identifier, step)
        say(f"   {step['path']:24} {step['attempt']:>3} {step['status']:8} {step['durationMs'] or 0:>6}  {value[:90]}")


def ended(gateway: Gateway, identifier: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        execution: dict[str, Any] = gateway.read(f"/executions/{identifier}?include=steps")
        if execution["status"] in ENDED:
            return execution
        time.sleep(0.3)
    raise TestbedError(
        f"execution {identifier} has not ended within 90 s: kubectl -n acme get jobs,pods; kubectl -n {NAMESPACE} logs deployment/penstock-operator"
    )


def output(gateway: Gateway, identifier: str, step: dict[str, Any]) -> str:
    if not step["outputBytes"]:
        return ""
    path = urllib.parse.quote(step["path"], safe="")
    value = gateway.read(f"/executions/{identifier}/steps/{path}/attempts/{step['attempt']}/output")
    if step["action"] == "check":
        return f"{len(value)} of {len(value)} conditions hold"
    if step["action"] == "forEach":
        return f"{len(value)} items"
    if isinstance(value, dict) and "body" in value and "status" in value:
        return f"{value['status']} {json.dumps(value['body'])}"
    return json.dumps(value)


def what_next(url: str, identifier: str, *, forwarded: bool) -> None:
    say(f"""
What to type next. This line puts kubectl, helm and the cluster into your shell:

   eval "$(env -C {shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m testbed env)"

What is deployed, and what ran last:

   kubectl get instances,flows -A
   kubectl describe instance acme-orders -n acme

The execution above that had errors, over the REST API (as the service account `support`, whose rights are plain RBAC):

{FORWARD if forwarded else f"   GATEWAY={url}"}
   TOKEN=$(kubectl -n acme create token support --audience=penstock)
   curl -s -H "Authorization: Bearer $TOKEN" "$GATEWAY/api/v1/executions/{identifier}?include=steps"; echo

Send an order yourself; the same order again is answered with the same execution; pause ACME, and a new one gets a 503:

   KEY=$(kubectl -n acme get secret acme-orders-webhook-key -o jsonpath='{{.data.key}}' | base64 -d)
   order() {{ curl -s -H "Api-Key: $KEY" -H 'Content-Type: application/json' -d "{{\\"id\\": \\"$1\\", \\"customer\\": \\"C-1\\", \\"total\\": 5, \\"lines\\": [{{\\"sku\\": \\"PEN-1\\", \\"quantity\\": 1}}]}}" "$GATEWAY/hooks/acme/acme-orders/importOrder"; echo; }}
   order O-1; order O-1
   kubectl -n acme patch instance acme-orders --type=merge -p '{{"spec": {{"paused": true}}}}'; sleep 1; order O-2
   kubectl -n acme patch instance acme-orders --type=merge -p '{{"spec": {{"paused": false}}}}'

Write a flow of your own: start from examples/orders-to-erp/integration.yaml; kubectl explain integration.spec.flows.steps explains every field.
`make cluster-down` stops the cluster, `make clean` removes all that the demo made.""")


def command(word: str) -> None:
    if testbed([word]):
        raise TestbedError(f"`python3 -m testbed {word}` failed, see above")


def act(number: int, title: str, text: str) -> None:
    say(f"\n{number}/6  {title}: {text}")


def kubectl(*words: str) -> str:
    return run(["kubectl", *words])


def apply(*words: str, stdin: str | None = None) -> None:
    run(["kubectl", "apply", "--server-side", "--force-conflicts", *words], stdin=stdin)


def indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.strip().splitlines())


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (subprocess.SubprocessError, OSError) as error:
        say(f"\nThe demo stopped: {error}")
        sys.exit(1)
