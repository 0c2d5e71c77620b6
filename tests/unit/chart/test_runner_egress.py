"""Where runner pods may go once `networkPolicy.runnerEgress` is on: the policy that the operator makes of it, evaluated."""

from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest

import builders
from network_policies import Destination, lets_out
from penstock_core import names
from penstock_core.environment import Environment
from penstock_core.manifests.egress import runner_policy
from penstock_core.manifests.job import RunnerPod, execution_job
from penstock_core.observed.flow import Flow
from rendering import Render

RELEASE = "penstock-system.penstock"
ON = {"networkPolicy.runnerEgress.enabled": True}
POSTGRES = {
    "app.kubernetes.io/name": "penstock",
    "app.kubernetes.io/instance": "penstock",
    "app.kubernetes.io/component": "postgres",
}
DESTINATIONS = {
    "a customer's system": Destination(address="203.0.113.7"),
    "a customer's system by IPv6": Destination(address="2001:db8::7"),
    "the metadata address": Destination(address="169.254.169.254"),
    "the metadata address of containers": Destination(address="169.254.170.2"),
    "the metadata address by IPv6": Destination(address="fd00:ec2::254"),
    "the metadata address embedded in IPv6": Destination(address="::ffff:169.254.169.254"),
    "the metadata address by NAT64": Destination(address="64:ff9b::a9fe:a9fe"),
    "the API server": Destination(address="10.96.0.1"),
    "a node": Destination(address="192.168.1.10"),
    "a private address": Destination(address="172.20.3.4"),
    "a carrier's address": Destination(address="100.100.100.200"),
    "a link-local address": Destination(address="fe80::1"),
    "cluster DNS": Destination(
        address="10.244.0.2", pod={"k8s-app": "kube-dns"}, namespace={"kubernetes.io/metadata.name": "kube-system"}
    ),
    "a look-alike of cluster DNS": Destination(
        address="10.244.0.9", pod={"k8s-app": "kube-dns"}, namespace={"kubernetes.io/metadata.name": "globex"}
    ),
    "Postgres": Destination(
        address="10.244.0.3", pod=POSTGRES, namespace={"kubernetes.io/metadata.name": "penstock-system"}
    ),
    "a look-alike of Postgres": Destination(
        address="10.244.0.8", pod=POSTGRES, namespace={"kubernetes.io/metadata.name": "globex"}
    ),
    "the gateway": Destination(
        address="10.244.0.4",
        pod={**POSTGRES, "app.kubernetes.io/component": "gateway"},
        namespace={"kubernetes.io/metadata.name": "penstock-system"},
    ),
    "another tenant's pod": Destination(
        address="10.244.0.5", pod={"app": "erp"}, namespace={"kubernetes.io/metadata.name": "globex"}
    ),
}


def runner_labels() -> dict[str, str]:
    """The labels of a runner's pod, as the builder of Jobs puts them."""
    runner = RunnerPod(image="runner:1", pull_policy="Never", release=RELEASE, release_name="penstock")
    job = execution_job(Flow.parse(builders.flow()), UUID(int=1), runner=runner)
    found: dict[str, str] = job["spec"]["template"]["metadata"]["labels"]
    return found


def policies(render: Render, values: dict[str, Any]) -> list[dict[str, Any]]:
    """What the operator makes in a namespace, of what the chart tells it."""
    [operator] = [
        item for item in render(values) if item["kind"] == "Deployment" and "operator" in item["metadata"]["name"]
    ]
    [container] = operator["spec"]["template"]["spec"]["containers"]
    told = {each["name"]: each.get("value", "") for each in container["env"]}
    rules = Environment(told).objects("PENSTOCK_RUNNER_EGRESS")
    if not rules:
        return []
    return [runner_policy(release=told["PENSTOCK_RELEASE"], release_name="penstock", namespace="acme", rules=rules)]


def reached(render: Render, values: dict[str, Any], **port: Any) -> set[str]:
    """The destinations that a runner reaches on a port."""
    made, labels = policies(render, values), runner_labels()
    return {name for name, to in DESTINATIONS.items() if lets_out(made, labels, to, **port)}


OUTSIDE = {"a customer's system", "a customer's system by IPv6"}


@pytest.mark.parametrize(
    ("port", "inside"),
    [
        ({"port": 443}, set()),
        ({"port": 53, "protocol": "UDP"}, {"cluster DNS"}),
        ({"port": 53}, {"cluster DNS"}),
        ({"port": 5432}, {"Postgres"}),
        ({"port": 8080}, set()),
    ],
    ids=["https", "dns", "dns over TCP", "postgres", "another port"],
)
def test_the_cluster_is_closed(render: Render, port: dict[str, Any], inside: set[str]) -> None:
    """should lead outside, to names and to the database, and to no metadata address, node, Service or pod."""
    assert reached(render, ON, **port) == OUTSIDE | inside


def test_off(render: Render) -> None:
    """should make no policy unless asked for, so that an upgrade closes nothing."""
    assert policies(render, {}) == []
    assert reached(render, {}, port=443) == set(DESTINATIONS)


def test_metadata_stays_closed(render: Render) -> None:
    """should keep metadata addresses closed where the cluster's ranges are named anew."""
    values = {**ON, "networkPolicy.runnerEgress.closedRanges": ["10.0.0.0/8"]}

    assert reached(render, values, port=80) == OUTSIDE | {"a node", "a private address", "a carrier's address"}


def test_what_is_listed_is_open(render: Render) -> None:
    """should open what the release lists, on the ports that it lists, with the database of one's own."""
    values = {
        **ON,
        "postgres.bundled": False,
        "postgres.existingSecret.name": "mine",
        "networkPolicy.runnerEgress.database": [
            {"to": [{"ipBlock": {"cidr": "192.168.1.10/32"}}], "ports": [{"port": 6432}]}
        ],
        "networkPolicy.runnerEgress.allow": [
            {
                "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "globex"}}}],
                "ports": [{"port": 8080}],
            }
        ],
    }

    assert reached(render, values, port=6432) == OUTSIDE | {"a node"}
    assert reached(render, values, port=5432) == OUTSIDE
    assert reached(render, values, port=8080) == OUTSIDE | {
        "a look-alike of cluster DNS", "a look-alike of Postgres", "another tenant's pod",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"postgres.bundled": False, "postgres.existingSecret.name": "mine"}, "must say where the database"),
        ({"networkPolicy.runnerEgress.dns": []}, "would open port 53 everywhere"),
        ({"networkPolicy.runnerEgress.allow": [{"to": []}]}, "minItems"),
        ({"networkPolicy.runnerEgress.allow": [{"ports": [{"port": 443}]}]}, "missing property 'to'"),
        ({"networkPolicy.runnerEgress.closedRanges": ["10.0.0.1"]}, "does not match pattern"),
    ],
    ids=["no database", "no dns", "nowhere", "everywhere", "no range"],
)
def test_refused_egress(render: Render, refused: type[Exception], values: dict[str, Any], words: str) -> None:
    """should refuse what would keep runners from their database, or open more than was meant."""
    with pytest.raises(refused, match=words):
        render({**ON, **values})


def test_exceptions_lie_within(render: Render) -> None:
    """should except only what lies within the range that it is excepted from, as the API server demands."""
    [policy] = policies(render, ON)
    blocks = [peer["ipBlock"] for rule in policy["spec"]["egress"] for peer in rule["to"] if "ipBlock" in peer]

    assert {block["cidr"] for block in blocks} == {"0.0.0.0/0", "::/0"}
    for block in blocks:
        for closed in block["except"]:
            assert ip_network(closed).version == ip_network(block["cidr"]).version
    assert policy["metadata"]["name"] == names.runner_policy("penstock")
