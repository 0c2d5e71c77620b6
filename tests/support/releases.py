"""Whether a release is as it was told to be: asked of each of its replicas, because a Service leads to any of them.

After `helm upgrade`, a kill or a scaling, Kubernetes calls a Deployment rolled out while pods of before still end, and these
still answer. After a Flow changed, each gateway sees it at a time of its own. Tests wait for facts about both here.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import timeouts
from eventually import eventually
from kubectl import api, condition, exists, last_words, secret, through_api, wait_rollout

PROGRAMS = ("operator", "gateway")
_PORT = 8080
_OTHER_METHODS = ("PUT", "PATCH", "DELETE", "GET", "POST")


def settle(release: str, *, namespace: str) -> None:
    """Wait until the release is nothing but what it was last told to be.

    Every pod of operator and gateway is of the newest revision and ready, those of before are gone, the gateway's Service leads
    to exactly these pods, and one of the operators holds the Lease.
    """
    for program in PROGRAMS:
        wait_rollout("deployment", f"{release}-{program}", namespace=namespace)

    def look() -> bool:
        unsettled = [fault for program in PROGRAMS for fault in _unsettled(release, program, namespace=namespace)]
        assert unsettled == []
        _same(
            "the gateway's Service leads to",
            endpoints(release, namespace=namespace),
            _pods(release, "gateway", namespace),
        )
        assert _lease_holder(release, namespace=namespace) in _pods(release, "operator", namespace), "nobody leads"
        return True

    eventually(look, within=timeouts.ROLLED_OUT, about=f"release {release} in {namespace} is settled")


def restarts(release: str, *, namespace: str) -> dict[str, dict[str, int]]:
    """Restarts of the containers of operator and gateway, by program and pod.

    Without the last one of an operator that was kept from renewing its Lease: it ends then, so that no two ever act at once.
    Where a machine's other work leaves the node next to nothing for ten seconds, that is what it promises.
    """
    return {
        program: {name: _restarts(pod) for name, pod in _pods(release, program, namespace).items()}
        for program in PROGRAMS
    }


def endpoints(release: str, *, namespace: str) -> set[str]:
    """Names of the pods that the gateway's Service leads to, those that end included."""
    selector = urlencode({"labelSelector": f"kubernetes.io/service-name={release}-gateway"})
    slices = api(f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices?{selector}")["items"]
    found = [endpoint for each in slices for endpoint in each["endpoints"] or []]
    return {endpoint["targetRef"]["name"] for endpoint in found if endpoint["conditions"].get("serving", True)}


def served(tenant: str, instance: str) -> None:
    """Wait until every gateway serves the instance's webhooks as its Flows say, and knows its keys."""

    def look() -> bool:
        selector = urlencode({"labelSelector": f"penstock.dev/instance={instance}"})
        flows = api(f"/apis/penstock.dev/v1alpha1/namespaces/{tenant}/flows?{selector}")["items"]
        for flow in flows:
            if flow["spec"]["trigger"] == "webhook":
                _assert_served(flow)
        return True

    eventually(look, within=timeouts.SEEN, about=f"all gateways serve {instance}")


def _assert_served(flow: dict[str, Any]) -> None:
    """Ask each gateway with a method that the flow does not take, and without a key: neither starts anything.

    Which methods there are is told to who may call alone: with the generated key, where the instance has one.
    """
    namespace, _, release = flow["metadata"]["labels"]["penstock.dev/release"].partition(".")
    spec, tenant = flow["spec"], flow["metadata"]["namespace"]
    path = f"/hooks/{tenant}/{spec['instance']}/{spec['flow']}"
    webhook = spec.get("webhook") or {}
    methods = sorted(webhook.get("methods") or ["POST"])
    other = next((method for method in _OTHER_METHODS if method not in methods), None)
    required = webhook.get("security", "required") == "required"
    made = f"{spec['instance']}-webhook-key"
    keys = {"Api-Key": secret(made, "key", namespace=tenant)} if exists("secret", made, namespace=tenant) else {}
    for pod in endpoints(release, namespace=namespace):
        if other and (keys or not required):
            answer = through_api(namespace, pod, _PORT, other, path, keys)
            assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED, f"{pod}: {answer.status_code} {answer.text}"
            _same(f"{pod} allows", answer.headers["Allow"].split(", "), methods)
        if required:
            answer = through_api(namespace, pod, _PORT, methods[0], path)
            assert answer.status_code == HTTPStatus.UNAUTHORIZED, f"{pod}: {answer.status_code} {answer.text}"


def _unsettled(release: str, program: str, *, namespace: str) -> list[str]:
    """What keeps a program from being as it was told to be, in words."""
    deployment = api(f"/apis/apps/v1/namespaces/{namespace}/deployments/{release}-{program}")
    newest = _newest_template(deployment)
    pods = _pods(release, program, namespace)
    wanted = deployment["spec"]["replicas"]
    faults = [] if len(pods) == wanted else [f"{len(pods)} pods of {program} instead of {wanted}"]
    for name, pod in pods.items():
        if pod["metadata"]["labels"]["pod-template-hash"] != newest:
            faults.append(f"{name} is of a revision before")
        if "deletionTimestamp" in pod["metadata"]:
            faults.append(f"{name} still ends")
        if condition(pod, "Ready").get("status") != "True":
            faults.append(f"{name} is not ready")
    return faults


def _newest_template(deployment: dict[str, Any]) -> str:
    """The hash of the pod template of the Deployment's newest ReplicaSet."""
    place, revision = "deployment.kubernetes.io/revision", deployment["metadata"]["annotations"]
    sets = api(f"/apis/apps/v1/namespaces/{deployment['metadata']['namespace']}/replicasets")["items"]
    (newest,) = (
        each["metadata"]["labels"]["pod-template-hash"]
        for each in sets
        if any(owner["uid"] == deployment["metadata"]["uid"] for owner in each["metadata"].get("ownerReferences", []))
        and each["metadata"]["annotations"][place] == revision[place]
    )
    return str(newest)


def _pods(release: str, program: str, namespace: str) -> dict[str, dict[str, Any]]:
    """The pods of a program by name, those that end included."""
    labels = f"app.kubernetes.io/instance={release},app.kubernetes.io/component={program}"
    found = api(f"/api/v1/namespaces/{namespace}/pods?{urlencode({'labelSelector': labels})}")["items"]
    return {pod["metadata"]["name"]: pod for pod in found}


def _lease_holder(release: str, *, namespace: str) -> str:
    lease = api(f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{release}-operator")
    return str(lease["spec"].get("holderIdentity") or "")


def _restarts(pod: dict[str, Any]) -> int:
    count: int = sum(status["restartCount"] for status in pod["status"].get("containerStatuses", []))
    return count - (count > 0 and "lease lost: ending" in last_words(pod["metadata"]))


def _same(about: str, seen: Any, wanted: Any) -> None:
    assert sorted(seen) == sorted(wanted), f"{about} {sorted(seen)}, not {sorted(wanted)}"
