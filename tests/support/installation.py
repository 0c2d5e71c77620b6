"""Penstock as a user has it: installed by its chart, reached over HTTP, with a token of Kubernetes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from testbed.release import reached

import timeouts
from eventually import eventually
from kubectl import apply, condition, exists, get, helm_uninstall, items, kubectl, secret, wait_for
from releases import served

FINAL = {"passed", "failed", "completed_with_errors", "cancelled", "timed_out", "skipped"}


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One release of Penstock and the way to it."""

    release: str
    namespace: str
    client: httpx.Client
    token: str

    def post(self, tenant: str, instance: str, flow: str, **request: Any) -> httpx.Response:
        """POST a webhook with the instance's generated key; `request` is what httpx takes (json, content, headers, …)."""
        key = secret(f"{instance}-webhook-key", "key", namespace=tenant)
        headers = {"Api-Key": key, **request.pop("headers", {})}
        return self.client.post(f"/hooks/{tenant}/{instance}/{flow}", headers=headers, **request)

    def send(self, tenant: str, instance: str, flow: str, body: Any) -> str:
        """POST a JSON webhook that must be accepted; gives the execution's id.

        A gateway sees a new Flow and its keys a moment after the operator wrote them: 404 and 503 are asked again.
        """

        def look() -> str:
            answer = self.post(tenant, instance, flow, json=body)
            assert answer.status_code == 202, answer.text
            identifier: str = answer.json()["executionId"]
            return identifier

        return eventually(look, within=timeouts.SEEN, about=f"a webhook of {instance} is accepted")

    def read(self, path: str, **query: Any) -> Any:
        """GET below /api/v1 with the tests' token; gives the JSON. A 503 is asked again, as it says."""

        def look() -> httpx.Response:
            answer = self.client.get(f"/api/v1{path}", params=query, headers={"Authorization": f"Bearer {self.token}"})
            assert answer.status_code != httpx.codes.SERVICE_UNAVAILABLE, answer.text
            return answer

        answer = eventually(look, within=timeouts.SEEN, about=f"an answer about {path}")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    def execution(self, identifier: str) -> dict[str, Any]:
        """An execution with its steps, all pages of them."""
        found: dict[str, Any] = self.read(f"/executions/{identifier}", include="steps", stepsLimit=5000)
        cursor = found["stepsNextCursor"]
        while cursor:
            page = self.read(f"/executions/{identifier}", include="steps", stepsLimit=5000, stepsCursor=cursor)
            found["steps"] += page["steps"]
            cursor = page["stepsNextCursor"]
        return found

    def ended(self, identifier: str, *, within: float = timeouts.EXECUTION_ENDED) -> dict[str, Any]:
        """The execution once it has a final state."""

        def look() -> dict[str, Any]:
            try:
                found = self.execution(identifier)
            except httpx.HTTPError as error:
                raise AssertionError(f"no answer: {error}") from error
            assert found["status"] in FINAL, {key: found.get(key) for key in ("status", "error", "steps")}
            return found

        return eventually(look, within=within, about=f"execution {identifier} ends")

    def until_running(self, identifier: str, path: str) -> None:
        """Wait until a step of an execution is recorded as running."""

        def look() -> bool:
            found = self.execution(identifier)
            if found["status"] in FINAL:
                pytest.fail(f"ended before step {path} ran: {found}")
            return found["status"] == "running" and steps(found).get(path, {}).get("status") == "running"

        eventually(look, within=timeouts.EXECUTION_ENDED, about=f"step {path} runs")

    def value(self, identifier: str, path: str, kind: str = "output", attempt: int = 1) -> Any:
        """A step's recorded input or output."""
        return self.read(f"/executions/{identifier}/steps/{quote(path, safe='')}/attempts/{attempt}/{kind}")

    def executions(self, tenant: str, **query: Any) -> list[dict[str, Any]]:
        """The namespace's executions, newest first."""
        found: list[dict[str, Any]] = self.read("/executions", namespace=tenant, **query)["items"]
        return found


@contextmanager
def connected(release: str, *, namespace: str) -> Iterator[Installation]:
    """The way to a release that is there, with an account that may read everything."""
    account = {"name": "reader", "namespace": namespace}
    apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": _reader(namespace)},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
            "subjects": [{"kind": "ServiceAccount", **account}],
        },
    )
    token = kubectl(
        "create", "token", account["name"], "--audience=penstock", "-n", namespace, "--duration", "6h"
    ).strip()
    # each request has a connection of its own: one that was kept may lead to a gateway that has ended since
    transport = httpx.HTTPTransport(retries=5, limits=httpx.Limits(max_keepalive_connections=0))
    with (
        reached(f"{release}-gateway", 80, namespace=namespace) as (host, port),
        httpx.Client(base_url=f"http://{host}:{port}", timeout=timeouts.ANSWERED, transport=transport) as client,
    ):
        yield Installation(release=release, namespace=namespace, client=client, token=token)


def uninstall(release: str, *, namespace: str) -> None:
    """Remove a release with its namespace, and the account that could read everything."""
    helm_uninstall(release, namespace=namespace)
    kubectl("delete", "clusterrolebinding", _reader(namespace))
    remove_namespace(namespace)


def _reader(namespace: str) -> str:
    return f"{namespace}-reader"


def steps(execution: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """An execution's steps by path; of a step with several attempts the last."""
    return {step["path"]: step for step in execution["steps"]}


def ready(tenant: str, instance: str, *, version: str = "") -> dict[str, Any]:
    """The Instance once it is Ready (and, where given, at a version), and every gateway serves what it says."""
    wait_for("instance", instance, "condition=Ready", namespace=tenant)
    if version:
        wait_for("instance", instance, f"jsonpath={{.status.version}}={version}", namespace=tenant)
    served(tenant, instance)
    return get("instance", instance, namespace=tenant)


def told(tenant: str, kind: str, name: str, of: str, *, status: str) -> str:
    """The message of a condition once it has the status."""
    found = condition(wait_for(kind, name, f"condition={of}={status}", namespace=tenant), of)
    message: str = found["message"]
    return message


def integration(name: str, flows: list[dict[str, Any]], **spec: Any) -> dict[str, Any]:
    """An Integration as a dict."""
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Integration",
        "metadata": {"name": name},
        "spec": {"version": "1.0.0", "flows": flows, **spec},
    }


def instance(name: str, of: str, **spec: Any) -> dict[str, Any]:
    """An Instance as a dict; its customer is called as the instance."""
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Instance",
        "metadata": {"name": name},
        "spec": {"integration": {"name": of}, "customer": {"id": name, "name": name.title()}, **spec},
    }


def webhook_flow(name: str, flow_steps: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A flow with a webhook that wants a key."""
    return {
        "name": name,
        "trigger": {"webhook": {"methods": ["POST"], "security": "required"}},
        "steps": flow_steps,
        **fields,
    }


def deploy(tenant: str, *documents: dict[str, Any]) -> None:
    """Apply documents into a namespace and wait for the Instances among them."""
    placed = [{**document, "metadata": {**document["metadata"], "namespace": tenant}} for document in documents]
    apply(*placed)
    for document in placed:
        if document["kind"] == "Instance":
            ready(tenant, document["metadata"]["name"])


def discard_namespace(name: str) -> None:
    """Delete a namespace without waiting; the session's end waits for all of them at once."""
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


def remove_namespace(name: str, *, within: float = timeouts.GONE) -> None:
    """Delete a namespace and wait until it is gone: nothing of Penstock may hang in it."""
    discard_namespace(name)
    eventually(lambda: not exists("namespace", name), within=within, about=f"namespace {name} is gone")


def pods_of(tenant: str, execution: str) -> list[dict[str, Any]]:
    """The pods of an execution's Jobs."""
    found: list[dict[str, Any]] = get("pods", namespace=tenant, selector=f"penstock.dev/execution={execution}")["items"]
    return found


def running(namespace: str, selector: str = "") -> bool:
    """Whether a Job, which records an execution, has not ended."""
    jobs = items("jobs", namespace=namespace, selector=selector)
    return any(not (condition(job, "Complete") or condition(job, "Failed")) for job in jobs)


def kill(pod: str, *, namespace: str) -> None:
    """End a pod at once, as a lost node or the kernel would."""
    kubectl("-n", namespace, "delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")
