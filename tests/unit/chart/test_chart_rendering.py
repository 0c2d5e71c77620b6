"""What the chart makes of its values."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from penstock_operator import __main__ as program
from penstock_operator.commands.send_webhook import TOKEN
from penstock_operator.settings import watched_namespaces
from rendering import Find, Render, RunHelm

WORKLOADS = {"Deployment", "StatefulSet", "Job"}
CLUSTER_SCOPED = {
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}
EVERYTHING = {
    "ingress.enabled": True,
    "ingress.host": "hooks.example",
    "ingress.tlsSecret": "hooks-tls",
    "watchNamespaces": ["acme", "globex"],
    "catalogNamespaces": ["shared"],
    "images.pullSecrets": ["pull"],
    "operator.replicas": 2,
    "gateway.replicas": 3,
    "gateway.service.port": 8000,
    "postgres.runnerHost": "pgbouncer:6432",
    "networkPolicy.gatewayFrom": [{"namespaceSelector": {}}],
    "operator.nodeSelector": {"disk": "ssd"},
    "gateway.tolerations": [{"operator": "Exists"}],
    "gateway.podLabels": {"team": "integration"},
    "operator.podAnnotations": {"note": "x"},
}
LEAN = {
    "networkPolicy.enabled": False,
    "admissionPolicy.enabled": False,
    "userRoles.create": False,
    "podDisruptionBudget.enabled": False,
    "podSecurity.enforce": "",
    "postgres.bundled": False,
    "postgres.existingSecret.name": "my-database",
}

BLOCK = {"cidr": "10.0.0.0/8"}


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pod specs among rendered objects, by kind and name."""
    found = {}
    for item in objects:
        if item["kind"] in WORKLOADS:
            found[f"{item['kind']}/{item['metadata']['name']}"] = item["spec"]["template"]["spec"]
        elif item["kind"] == "Pod":
            found[f"Pod/{item['metadata']['name']}"] = item["spec"]
    return found


def environment(pod: dict[str, Any]) -> dict[str, Any]:
    """A pod's first container's variables: the value, or the reference."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in pod["containers"][0]["env"]}


def test_lint(run_helm: RunHelm, chart: Path) -> None:
    """should pass helm lint."""
    assert "0 chart(s) failed" in run_helm("lint", str(chart), "--strict")


@pytest.mark.parametrize("values", [{}, EVERYTHING, LEAN], ids=["default", "everything", "lean"])
def test_names_unique(render: Render, values: dict[str, Any]) -> None:
    """should never render two objects of the same kind, namespace and name."""
    keys = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in render(values)]

    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("values", [{}, EVERYTHING, LEAN], ids=["default", "everything", "lean"])
def test_restricted_pods(render: Render, values: dict[str, Any]) -> None:
    """should render only pods that meet Pod Security "restricted", with a read-only root and no limit on CPU."""
    rendered = pods(render(values))

    assert rendered
    for name, pod in rendered.items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["enableServiceLinks"] is False, name
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name
            assert "cpu" not in container["resources"]["limits"], name


def test_two_releases_disjoint(render: Render) -> None:
    """should give two releases disjoint cluster-scoped names, whatever their namespaces and names look like."""
    releases = [("penstock", "a"), ("penstock", "b"), ("b", "a-penstock"), ("other", "a")]
    rendered = [
        {(item["kind"], item["metadata"]["name"]) for item in render({}, release=release, namespace=namespace)
         if item["kind"] in CLUSTER_SCOPED}
        for release, namespace in releases
    ]  # fmt: skip

    assert all(rendered)
    assert len(set.union(*rendered)) == sum(len(names) for names in rendered)


def test_two_releases_in_one_watched_namespace(render: Render) -> None:
    """should give two releases disjoint names of Roles in a namespace that both may touch, such as a shared catalogue."""
    rendered = [
        {(item["kind"], item["metadata"]["name"]) for item in render(values, release="penstock", namespace=namespace)
         if item["metadata"].get("namespace") == "shared"}
        for namespace, values in (
            ("a", {"watchNamespaces": ["acme"], "catalogNamespaces": ["shared"]}),
            ("b", {"watchNamespaces": ["globex"], "catalogNamespaces": ["shared"]}),
        )
    ]  # fmt: skip

    assert all(rendered)
    assert not set.intersection(*rendered)


def test_settings(render: Render, find: Find) -> None:
    """should tell operator and gateway the settings of docs/contracts.md."""
    objects = render()
    operator = environment(pods(objects)["Deployment/penstock-operator"])
    gateway = environment(pods(objects)["Deployment/penstock-gateway"])

    assert operator["PENSTOCK_RELEASE"] == gateway["PENSTOCK_RELEASE"] == "penstock-system.penstock"
    assert operator["PENSTOCK_RUNNER_IMAGE"] == gateway["PENSTOCK_RUNNER_IMAGE"] == "penstock-runner:0.1.0"
    assert operator["PENSTOCK_DSN"] == {"secretKeyRef": {"name": "penstock-postgres", "key": "dsn"}}
    assert "PENSTOCK_DSN" not in gateway
    assert gateway["PENSTOCK_MAX_BODY_BYTES"] == "10485760"
    assert operator["PENSTOCK_WATCH_NAMESPACES"] == ""
    assert operator["PENSTOCK_CATALOGUE_NAMESPACES"] == "penstock-system"
    assert find(objects, "ClusterRole", operator["PENSTOCK_JOBS_ROLE"])["rules"][0]["resources"] == ["jobs"]
    assert find(objects, "ServiceAccount", operator["PENSTOCK_GATEWAY_SERVICE_ACCOUNT"])


def test_release_label_is_the_programs_rule(render: Render) -> None:
    """should cut a long release label as penstock_core.names does, so that both sides mean the same Jobs."""
    from penstock_core import names

    namespace, release = "n" * 40, "r" * 40
    found = environment(pods(render({}, namespace=namespace, release=release))["Deployment/" + release + "-operator"])

    assert found["PENSTOCK_RELEASE"] == names.release(namespace=namespace, name=release)


def test_own_pods_lack_the_release_label(render: Render) -> None:
    """should not put the label penstock.dev/release on its own pods: the operator takes what carries it for a runner."""
    for item in render():
        labels = item.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
        assert "penstock.dev/release" not in {**labels, **item["metadata"].get("labels", {})}


def test_database_role_prefix_short(render: Render) -> None:
    """should start role names so that they differ between releases and stay below 63 bytes with the operator's hash."""
    prefixes = {
        environment(pods(render({}, namespace=namespace, release=release))[f"Deployment/{release}-operator"])[
            "PENSTOCK_DATABASE_ROLE_PREFIX"
        ]
        for namespace, release in (("a", "r" * 40), ("b", "r" * 40), ("a", "r" * 39 + "x"))
    }

    assert len(prefixes) == 3
    assert all(len(prefix) <= 63 - 17 for prefix in prefixes)


@pytest.mark.parametrize(
    ("values", "expected"),
    [({}, "220"), ({"maxRunning": 50}, "70"), ({"postgres.connectionsPerNamespace": 10}, "10")],
)
def test_connections_of_a_namespace(render: Render, values: dict[str, Any], expected: str) -> None:
    """should bound the connections of one namespace's runners by its own value, else by what may run at all."""
    found = environment(pods(render(values))["Deployment/penstock-operator"])

    assert found["PENSTOCK_NAMESPACE_CONNECTIONS"] == expected


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, "http://penstock-gateway.penstock-system.svc.cluster.local"),
        ({"gateway.service.port": 8000}, "http://penstock-gateway.penstock-system.svc.cluster.local:8000"),
        ({"publicUrl": "https://hooks.example/penstock/"}, "https://hooks.example/penstock"),
        ({"ingress.enabled": True, "ingress.host": "hooks.example"}, "http://hooks.example"),
        (
            {"ingress.enabled": True, "ingress.host": "hooks.example", "ingress.tlsSecret": "tls"},
            "https://hooks.example",
        ),
    ],
)
def test_public_url(render: Render, values: dict[str, Any], url: str) -> None:
    """should derive the base of webhook URLs from publicUrl, ingress or Service, in this order."""
    found = environment(pods(render(values))["Deployment/penstock-gateway"])["PENSTOCK_PUBLIC_URL"]

    assert url == found


def test_ingress_paths(render: Render, find: Find) -> None:
    """should bring webhooks and REST to the outside, and neither metrics nor probes."""
    ingress = find(render({"ingress.enabled": True, "ingress.host": "hooks.example"}), "Ingress", "penstock-gateway")

    assert [path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]] == ["/hooks", "/api"]


def test_external_database(render: Render) -> None:
    """should render no Postgres with bundled: false, and read the URL from the named Secret."""
    objects = render({**LEAN, "postgres.existingSecret.key": "url"})

    assert not [item for item in objects if item["metadata"]["name"].endswith("-postgres")]
    found = environment(pods(objects)["Deployment/penstock-operator"])["PENSTOCK_DSN"]
    assert found == {"secretKeyRef": {"name": "my-database", "key": "url"}}


def test_password_in_both_fields(render: Render, find: Find) -> None:
    """should keep the bundled Postgres' Secret on uninstall, with the same password in both of its fields."""
    secret = find(render(), "Secret", "penstock-postgres")

    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert len(secret["stringData"]["password"]) == 32
    assert f":{secret['stringData']['password']}@" in secret["stringData"]["dsn"]


def test_database_roles(render: Render, find: Find) -> None:
    """should give Penstock a role of its own in the bundled Postgres, beside a superuser whose password no program has."""
    objects = render()
    secret = find(objects, "Secret", "penstock-postgres")["stringData"]
    rendered = pods(objects)
    server = environment(rendered["StatefulSet/penstock-postgres"])

    assert server["POSTGRES_USER"] == "postgres"
    assert server["POSTGRES_PASSWORD"] == {"secretKeyRef": {"name": "penstock-postgres", "key": "superuserPassword"}}
    assert f"create role penstock login createrole password '{secret['password']}';" in secret["init.sql"].splitlines()
    assert secret["password"] != secret["superuserPassword"]
    assert urlsplit(secret["dsn"]).username == "penstock"
    for name, pod in rendered.items():
        assert ("superuserPassword" in str(pod)) == (name == "StatefulSet/penstock-postgres")


def test_database_transport(render: Render, find: Find) -> None:
    """should encrypt what goes to the bundled Postgres, under a certificate that only its own pod can prove to be its."""
    objects = render()
    secret = find(objects, "Secret", "penstock-postgres")["stringData"]
    told = parse_qs(urlsplit(secret["dsn"]).query)
    pod = pods(objects)["StatefulSet/penstock-postgres"]
    [volume] = [volume for volume in pod["volumes"] if volume["name"] == "tls"]
    [mount] = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "tls"]
    settings = dict(word.split("=") for word in pod["containers"][0]["args"] if "=" in word)
    certificate = ssl.PEM_cert_to_DER_cert(secret["tls.crt"])

    assert (told["sslmode"], told["channel_binding"]) == (["require"], ["require"])
    assert b"penstock-postgres.penstock-system.svc.cluster.local" in certificate
    assert secret["tls.key"].startswith("-----BEGIN EC PRIVATE KEY-----")
    assert (volume["secret"]["secretName"], volume["secret"]["defaultMode"]) == ("penstock-postgres", 0o440)
    assert {item["path"] for item in volume["secret"]["items"]} == {"tls.crt", "tls.key"}
    assert settings["ssl"] == "on"
    for name in ("cert", "key"):
        assert Path(settings[f"ssl_{name}_file"]).parent == Path(mount["mountPath"])


@pytest.mark.parametrize("persistent", [True, False])
def test_postgres_storage(render: Render, find: Find, persistent: bool) -> None:
    """should keep Postgres' data on a claim, or in an emptyDir where no volume is wanted."""
    spec = find(render({"postgres.storage.persistent": persistent}), "StatefulSet", "penstock-postgres")["spec"]
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}

    assert persistent is bool(spec.get("volumeClaimTemplates"))
    assert persistent is ("data" not in volumes)


def test_images(render: Render) -> None:
    """should take tags, digests and pull policy from the values."""
    digest = "sha256:" + "0" * 64
    rendered = pods(
        render(
            {
                "images.operator": {"repository": "localhost/penstock-operator", "tag": "abc"},
                "images.gateway": {"repository": "mirror:5000/gateway", "tag": digest},
                "images.pullPolicy": "Always",
            }
        )
    )

    operator = rendered["Deployment/penstock-operator"]["containers"][0]
    assert operator["image"] == "localhost/penstock-operator:abc"
    assert rendered["Job/penstock-crds"]["containers"][0]["image"] == operator["image"]
    assert rendered["Deployment/penstock-gateway"]["containers"][0]["image"] == f"mirror:5000/gateway@{digest}"
    assert environment(rendered["Deployment/penstock-gateway"])["PENSTOCK_RUNNER_PULL_POLICY"] == "Always"


def test_hooks(render: Render, find: Find) -> None:
    """should apply CRDs before install and upgrade and tidy up before uninstall, leaving no hook object after success."""
    hooks = [item for item in render() if "helm.sh/hook" in item["metadata"].get("annotations", {})]
    events = {item["metadata"]["annotations"]["helm.sh/hook"] for item in hooks}

    assert events == {"pre-install,pre-upgrade", "pre-delete", "test"}
    for item in hooks:
        policy = item["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        assert policy == "before-hook-creation,hook-succeeded", item["metadata"]["name"]
    assert find(hooks, "Job", "penstock-crds")["spec"]["template"]["spec"]["containers"][0]["args"] == ["crds"]
    assert find(hooks, "Job", "penstock-cleanup")["spec"]["template"]["spec"]["containers"][0]["args"] == ["cleanup"]


def test_hook_accounts_come_first(render: Render) -> None:
    """should create each hook's account and rights before its Job or Pod."""
    weights: dict[str, dict[str, set[int]]] = {}
    for item in render():
        notes = item["metadata"].get("annotations", {})
        if "helm.sh/hook" in notes:
            kind = "runs" if item["kind"] in {"Job", "Pod"} else "serves"
            weights.setdefault(notes["helm.sh/hook"], {}).setdefault(kind, set()).add(int(notes["helm.sh/hook-weight"]))

    for event in weights.values():
        assert max(event["serves"]) < min(event["runs"])


def test_crds_are_not_helms(render: Render) -> None:
    """should render no CustomResourceDefinition: Helm would delete them, and all resources with them, on uninstall."""
    assert not [item for item in render() if item["kind"] == "CustomResourceDefinition"]


def test_namespace_label_optional(render: Render) -> None:
    """should leave the namespace alone, without rights to it, when podSecurity.enforce is empty."""
    objects = render({"podSecurity.enforce": ""})

    assert "initContainers" not in pods(objects)["Job/penstock-crds"]
    (role,) = [item for item in objects if item["metadata"]["name"].endswith("-crds") and item["kind"] == "ClusterRole"]
    assert [resource for rule in role["rules"] for resource in rule["resources"]] == ["customresourcedefinitions"]


def test_no_program_in_the_chart(chart: Path) -> None:
    """should hold templates alone: what hooks run are commands of the operator's image."""
    assert not list(chart.rglob("*.py"))


HOOKS = {
    "Job/penstock-crds": ["crds", "label-namespace"],
    "Job/penstock-cleanup": ["cleanup", "stop-release"],
    "Pod/penstock-test": ["send-webhook"],
}


def test_hooks_run_commands_of_the_operators_image(render: Render) -> None:
    """should call each command with arguments that it takes, in the operator's image, told what the operator is told."""
    rendered = pods(render({"watchNamespaces": ["acme"]}))
    parser = program.parser({})
    for pod, commands in HOOKS.items():
        containers = [*rendered[pod]["containers"], *rendered[pod].get("initContainers", [])]
        assert [container["args"][0] for container in containers] == commands
        for container in containers:
            assert "command" not in container
            assert container["image"] == "penstock-operator:0.1.0"
            assert parser.parse_args(container["args"]).command == container["args"][0]
            told = {entry["name"]: entry.get("value") for entry in container["env"]}
            assert watched_namespaces(told) == ("acme", "penstock-system")


def test_gateway_network(render: Render, find: Find) -> None:
    """should let `helm test` reach a gateway that only named peers may reach, and bound probes and metrics apart."""
    values = {
        "networkPolicy.gatewayFrom": [{"namespaceSelector": {}}],
        "networkPolicy.metricsFrom": [{"ipBlock": BLOCK}],
    }
    rules = find(render(values), "NetworkPolicy", "penstock-gateway")["spec"]["ingress"]
    peers = {rule["ports"][0]["port"]: rule["from"] for rule in rules}
    test_pod = find(render(), "Pod", "penstock-test")["metadata"]["labels"]

    assert {port: found[0] for port, found in peers.items()} == {
        "health": {"ipBlock": BLOCK},
        "http": {"namespaceSelector": {}},
    }
    assert peers["http"][1]["podSelector"]["matchLabels"].items() <= test_pod.items()


def test_metrics_port(render: Render, find: Find) -> None:
    """should keep probes and metrics off the port that the Service and so every sender reaches."""
    rendered = pods(render())
    service = find(render(), "Service", "penstock-gateway")["spec"]
    for name in ("penstock-gateway", "penstock-operator"):
        container = rendered[f"Deployment/{name}"]["containers"][0]
        probes = [container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness", "liveness")]
        assert probes == ["health"] * 3
        assert "health" in {port["name"] for port in container["ports"]}
    ports = {
        port["name"]: port["containerPort"]
        for port in rendered["Deployment/penstock-gateway"]["containers"][0]["ports"]
    }

    assert ports == {"http": 8080, "health": 8081}
    assert environment(rendered["Deployment/penstock-gateway"])["PENSTOCK_HEALTH_PORT"] == str(ports["health"])
    assert [port["targetPort"] for port in service["ports"]] == ["http"]


def test_token_audience(render: Render) -> None:
    """should give `helm test` a token of the audience that the gateway asks for, where the command looks for it."""
    rendered = pods(render({"api.tokenAudience": "penstock-staging"}))
    told = environment(rendered["Deployment/penstock-gateway"])
    test = rendered["Pod/penstock-test"]
    [source] = test["volumes"][-1]["projected"]["sources"]
    [mount] = [mount for mount in test["containers"][0]["volumeMounts"] if mount["name"] == "token"]

    assert (told["PENSTOCK_TOKEN_AUDIENCE"], told["PENSTOCK_ACCEPT_CLUSTER_TOKENS"]) == ("penstock-staging", "false")
    assert source["serviceAccountToken"]["audience"] == "penstock-staging"
    assert TOKEN.parent.as_posix() == mount["mountPath"]
    assert TOKEN.name == source["serviceAccountToken"]["path"]


def test_extra_variables(render: Render) -> None:
    """should add the variables of extraEnv to the program's own."""
    rendered = pods(render({"gateway.extraEnv": [{"name": "PENSTOCK_POOL_SIZE", "value": "4"}]}))

    assert environment(rendered["Deployment/penstock-gateway"])["PENSTOCK_POOL_SIZE"] == "4"
    assert "PENSTOCK_POOL_SIZE" not in environment(rendered["Deployment/penstock-operator"])


def test_registry(render: Render) -> None:
    """should put the registry before Penstock's own images and leave Postgres' as it is."""
    rendered = pods(render({"images.registry": "registry.example/penstock"}))

    gateway = rendered["Deployment/penstock-gateway"]["containers"][0]
    runner = environment(rendered["Deployment/penstock-operator"])["PENSTOCK_RUNNER_IMAGE"]
    assert gateway["image"] == "registry.example/penstock/penstock-gateway:0.1.0"
    assert runner == "registry.example/penstock/penstock-runner:0.1.0"
    assert rendered["StatefulSet/penstock-postgres"]["containers"][0]["image"].startswith("postgres:17@sha256:")


def test_postgres_network(render: Render, find: Find) -> None:
    """should let only this release's pods and runners reach the bundled Postgres, and let it reach nobody."""
    spec = find(render(), "NetworkPolicy", "penstock-postgres")["spec"]
    peers = spec["ingress"][0]["from"]

    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["egress"] == []
    assert peers[1]["podSelector"]["matchLabels"] == {"penstock.dev/release": "penstock-system.penstock"}
    assert "app.kubernetes.io/instance" in peers[0]["podSelector"]["matchLabels"]


@pytest.mark.parametrize(
    ("values", "namespace"),
    [
        ({}, "penstock-system"),
        ({"watchNamespaces": ["acme", "globex"]}, "acme"),
        ({"watchNamespaces": ["acme", "penstock-system"]}, "penstock-system"),
        ({"watchNamespaces": ["acme", "globex"], "test.namespace": "globex"}, "globex"),
    ],
)
def test_helm_test_namespace(render: Render, values: dict[str, Any], namespace: str) -> None:
    """should run helm test in a namespace that the release serves."""
    objects = render(values)
    (role,) = [
        item for item in objects if item["kind"] == "Role" and item["metadata"]["name"].endswith("penstock-test")
    ]
    words = pods(objects)["Pod/penstock-test"]["containers"][0]["args"]

    assert namespace == role["metadata"]["namespace"]
    assert f"--namespace={namespace}" in words
