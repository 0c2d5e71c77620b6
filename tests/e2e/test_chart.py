"""The chart on a real cluster: installed, tested, upgraded, beside another release, refused what it must not do, removed."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from testbed.release import helm_install, images, reached

import timeouts
from borders import own_namespace
from installation import instance, integration, ready, remove_namespace, webhook_flow
from kubectl import CommandFailed, apply, exists, get, helm_uninstall, items, kubectl, run, secret
from penstock_core.manifests.job import RunnerPod, execution_job
from penstock_core.observed.flow import Flow
from releases import settle

RELEASE = "side"
EXECUTION = UUID("01a20706-7068-7d47-962d-8340ee9dfa40")


def install(namespace: str, *values: str) -> None:
    """A release that serves its own namespace alone; without a volume, of which the test bed has few."""
    own = (f"watchNamespaces={{{namespace}}}", "gateway.replicas=1", "postgres.storage.persistent=false")
    helm_install(RELEASE, namespace=namespace, values=(*(word for value in own for word in ("--set", value)), *values))
    settle(RELEASE, namespace=namespace)


def helm_test(namespace: str) -> None:
    """`helm test`: raises with the test's log where it fails."""
    run("helm", "test", RELEASE, "--namespace", namespace, "--timeout", f"{timeouts.EXECUTION_ENDED:.0f}s")


@pytest.fixture(scope="module")
def release(cluster: None) -> Iterator[str]:
    """A release in a namespace of its own; gives the namespace."""
    namespace = f"chart-{uuid4().hex[:6]}"
    own_namespace(namespace)
    install(namespace)
    yield namespace
    helm_uninstall(RELEASE, namespace=namespace)
    remove_namespace(namespace)


def as_program(program: str, release: str, document: dict[str, Any]) -> str:
    """Server-side dry run of a create, as one of the release's service accounts."""
    user = f"system:serviceaccount:{release}:{RELEASE}-{program}"
    return kubectl("create", "--dry-run=server", "-f", "-", "--as", user, stdin=json.dumps(document))


def job(release: str) -> dict[str, Any]:
    """The Job that the operator itself would make."""
    flow = {
        "metadata": {"name": "a.b", "namespace": release},
        "spec": {
            "instance": "a",
            "flow": "b",
            "integration": {"name": "i", "version": "1.0.0"},
            "trigger": "webhook",
            "timeoutSeconds": 60,
        },
    }
    runner = RunnerPod(
        image=images()["runner"], pull_policy="IfNotPresent", release=f"{release}.{RELEASE}", release_name=RELEASE
    )
    return execution_job(Flow.parse(flow), EXECUTION, runner=runner)


def test_helm_test_passes(release: str) -> None:
    """`helm test` sends a webhook through, and the programs were refused nothing by RBAC or admission on the way."""
    helm_test(release)

    for program in ("operator", "gateway"):
        log = kubectl("-n", release, "logs", f"deployment/{RELEASE}-{program}", "--tail=-1")
        assert "forbidden" not in log.lower()
    assert not exists("instance", f"{RELEASE}-test", namespace=release)


def test_namespace_is_restricted(release: str) -> None:
    """The release's namespace enforces Pod Security "restricted", and all of its pods run there."""
    labels = get("namespace", release)["metadata"]["labels"]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_upgrade_keeps_the_password(release: str) -> None:
    """An upgrade keeps Postgres' generated password, and the release works afterwards."""
    before = secret(f"{RELEASE}-postgres", "password", namespace=release)
    install(release, "--set", "logLevel=debug")

    assert secret(f"{RELEASE}-postgres", "password", namespace=release) == before
    helm_test(release)


def variable(pod: dict[str, Any], name: str) -> dict[str, Any]:
    """A variable of the runner's container."""
    found: dict[str, Any] = next(entry for entry in pod["containers"][0]["env"] if entry["name"] == name)
    return found


def test_own_job_is_allowed(release: str) -> None:
    """The Job that Penstock makes passes the admission policy."""
    assert "created" in as_program("operator", release, job(release))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pod: pod["containers"][0].update(image="other:1"), "runner image only"),
        (lambda pod: pod.update(automountServiceAccountToken=True), "spec.automountServiceAccountToken"),
        (lambda pod: pod.update(serviceAccountName="admin"), "spec.serviceAccountName"),
        (lambda pod: pod.update(volumes=[{"name": "v", "emptyDir": {}}]), "spec.volumes"),
        (lambda pod: pod.update(hostNetwork=True), "spec.hostNetwork"),
        (lambda pod: pod["containers"][0].update(command=["python3"]), r"containers\[0\].command"),
        (lambda pod: pod["securityContext"].update(runAsNonRoot=False), "template.spec.securityContext"),
        (lambda pod: pod["containers"][0]["securityContext"].update(runAsUser=0), r"containers\[0\].securityContext"),
        (lambda pod: variable(pod, "PENSTOCK_DSN").update(valueFrom=None, value="postgresql://mine"), "variables only"),
        (lambda pod: variable(pod, "PENSTOCK_DSN")["valueFrom"]["secretKeyRef"].update(name="x"), "variables only"),
        (lambda pod: pod["containers"][0]["env"].append({"name": "LD_PRELOAD", "value": "x"}), "variables only"),
    ],
    ids=["image", "token", "account", "volume", "host", "command", "root", "user", "dsn", "secret", "variable"],
)
def test_other_jobs_are_refused(release: str, change: Any, words: str) -> None:
    """With a stolen token of Penstock's no other Job can be made, and the message says why."""
    document = job(release)
    change(document["spec"]["template"]["spec"])

    with pytest.raises(CommandFailed, match=words):
        as_program("operator", release, document)


def test_gateway_may_not_create_jobs_without_instances(release: str) -> None:
    """The gateway creates Jobs only where the operator has bound its role: never where no Instance is."""
    document = job(release)
    document["metadata"]["namespace"] = "default"

    with pytest.raises(CommandFailed, match="cannot create resource"):
        as_program("gateway", release, document)


def test_flows_are_the_operators(release: str) -> None:
    """An administrator's change of a Flow is refused with the remedy; annotating and deleting it are not."""
    steps = [{"name": "one", "set": {"value": 1}}]
    for document in (integration("mine", [webhook_flow("go", steps)]), instance("mine", "mine")):
        apply({**document, "metadata": {**document["metadata"], "namespace": release}})
    ready(release, "mine")

    with pytest.raises(CommandFailed, match="Change the Instance"):
        kubectl("-n", release, "patch", "flow", "mine.go", "--type=merge", "-p", '{"spec": {"paused": true}}')
    kubectl("-n", release, "annotate", "flow", "mine.go", "seen=yes")
    kubectl("-n", release, "delete", "instance", "mine", f"--timeout={timeouts.GONE:.0f}s")
    kubectl("-n", release, "delete", "integration", "mine")


def test_who_may_pause_may_change_nothing_else(release: str) -> None:
    """With the role penstock-operator an Instance can be paused and unpaused, and not pointed elsewhere."""
    steps = [{"name": "one", "set": {"value": 1}}]
    for document in (integration("mine", [webhook_flow("go", steps)]), instance("mine", "mine")):
        apply({**document, "metadata": {**document["metadata"], "namespace": release}})
    for step in ("viewer", "operator"):  # each role holds its own step only
        role = f"{release}.{RELEASE}-{step}"
        kubectl("-n", release, "create", "rolebinding", f"pauser-{step}", f"--clusterrole={role}", "--user=pauser")

    def patch(spec: dict[str, Any]) -> None:
        words = ("patch", "instance", "mine", "--type=merge", "-p", json.dumps({"spec": spec}), "--as=pauser")
        kubectl("-n", release, *words)

    patch({"paused": True, "flows": {"go": {"paused": True}}})
    patch({"paused": False, "flows": {"go": {"paused": False}}})
    for spec in ({"config": {"url": "http://mine"}}, {"flows": {"go": {"concurrency": {"limit": 1}}}}):
        with pytest.raises(CommandFailed, match="nothing else"):
            patch(spec)
    kubectl("-n", release, "delete", "instance", "mine", f"--timeout={timeouts.GONE:.0f}s")
    kubectl("-n", release, "delete", "integration/mine", "rolebinding/pauser-viewer", "rolebinding/pauser-operator")


def give_database(release: str, to: str) -> None:
    """A database in the first release's Postgres, its owner a role with CREATEROLE alone, its URL in a Secret of `to`."""
    password = uuid4().hex
    host, port = f"{RELEASE}-postgres.{release}.svc.cluster.local", 5432
    with (
        reached(f"{RELEASE}-postgres", port, namespace=release) as (address, at),
        psycopg.connect(
            secret(f"{RELEASE}-postgres", "dsn", namespace=release),
            user="postgres",
            password=secret(f"{RELEASE}-postgres", "superuserPassword", namespace=release),
            host=address,
            port=at,
            autocommit=True,
        ) as connection,
    ):
        connection.execute(f"create role other login createrole password '{password}'")
        connection.execute("create database other owner other")
    apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "database", "namespace": to},
            "stringData": {"url": f"postgresql://other:{password}@{host}:{port}/other"},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "database-of-another", "namespace": release},
            "spec": {
                "podSelector": {"matchLabels": {"app.kubernetes.io/component": "postgres"}},
                "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": to}}}]}],
            },
        },
    )


def test_side_by_side_and_removed(release: str) -> None:
    """A second release, with a database of its own outside, works beside the first; removing it leaves CRDs and Instances, nothing that hangs, and the first as it was."""
    other = f"chart-{uuid4().hex[:6]}"
    own_namespace(other)
    give_database(release, other)
    gone = f"gone-{uuid4().hex[:6]}"
    own_namespace(gone)
    external = ("bundled=false", "existingSecret.name=database", "existingSecret.key=url")
    install(
        other,
        *(word for value in external for word in ("--set", f"postgres.{value}")),
        *("--set", f"watchNamespaces={{{other},{gone}}}"),
    )
    remove_namespace(gone)
    helm_test(other)
    helm_test(release)
    schedule = {"name": "tick", "trigger": {"schedule": {"cron": "0 0 1 1 *", "timeZone": "Etc/UTC"}}}
    flow = {**schedule, "steps": [{"name": "one", "set": {"value": 1}}]}
    for document in (integration("stays", [flow]), instance("stays", "stays")):
        apply({**document, "metadata": {**document["metadata"], "namespace": other}})
    ready(other, "stays")

    helm_uninstall(RELEASE, namespace=other)

    assert "finalizers" not in get("instance", "stays", namespace=other)["metadata"]
    assert items("cronjobs", namespace=other) == []
    assert exists("crd", "instances.penstock.dev")
    for kind in ("clusterroles", "clusterrolebindings", "validatingadmissionpolicies"):
        assert f"{other}." not in kubectl("get", kind, "-o", "name")
    remove_namespace(other)
    helm_test(release)
