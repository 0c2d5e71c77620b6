"""The rights that the chart grants are exactly those that the programs use: operator/RBAC.md is the table."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock_core import names
from rendering import Find, Render

TABLE = Path(__file__).resolve().parents[3] / "operator" / "RBAC.md"
CHART = Path(__file__).resolve().parents[3] / "charts" / "penstock"
SYSTEM = "penstock-system"
Rights = dict[tuple[str, str, str], set[str]]
"""(where, API group, resource) to verbs."""


def documented(section: str, *, hook: str = "") -> Rights:
    """The rows below a heading of the table, those of one hook if one is named; `where` is its first word."""
    text = TABLE.read_text().split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    rights: Rights = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[0] == "where" or set(cells[0]) <= {"-"}:
            continue
        if hook and cells[4].split()[0] != hook:
            continue
        where, group, resources, verbs = cells[0].split()[0], cells[1].strip('"'), cells[2], cells[3]
        named = verbs.split(", resourceNames", 1)[0].split(", ")
        for resource in resources.split(", "):
            rights.setdefault((where, group, resource), set()).update(verb.strip() for verb in named)
    return rights


def granted(rules: list[dict[str, Any]], where: str) -> Rights:
    """What the rules of a role grant."""
    rights: Rights = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                rights.setdefault((where, group, resource), set()).update(rule["verbs"])
    return rights


def merged(*parts: Rights) -> Rights:
    whole: Rights = {}
    for part in parts:
        for key, verbs in part.items():
            whole.setdefault(key, set()).update(verbs)
    return whole


def bound(objects: list[dict[str, Any]], account: str) -> list[tuple[str | None, dict[str, Any]]]:
    """(namespace or None, role) of every binding of a service account of the release's namespace."""
    roles = {
        (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]): item
        for item in objects
        if item["kind"] in {"Role", "ClusterRole"}
    }
    found = []
    for item in objects:
        if item["kind"] not in {"RoleBinding", "ClusterRoleBinding"}:
            continue
        if not any(subject["name"] == account and subject["namespace"] == SYSTEM for subject in item["subjects"]):
            continue
        namespace = item["metadata"].get("namespace")
        kind = item["roleRef"]["kind"]
        found.append((namespace, roles[kind, namespace if kind == "Role" else None, item["roleRef"]["name"]]))
    return found


def where_of(rights: Rights, table: Rights) -> Rights:
    """Tells "cluster" and "watched" apart, which share one role when all namespaces are served."""
    return {
        ("watched" if ("watched", group, resource) in table else "cluster", group, resource): verbs
        for (_, group, resource), verbs in rights.items()
    }


BEYOND_THE_TABLE = {
    ("watched", "penstock.dev", "flows"): {"own"},
    ("watched", "penstock.dev", "integrationversions"): {"own"},
    ("watched", "penstock.dev", "instances"): {"own"},
}
"""What the table has not: `own`, which the policies `resources` and `instances` ask for."""


FINALIZER_RIGHTS = ("cluster", "penstock.dev", "instances")
"""Only with named namespaces: where all are served, the same right is among the watched ones."""


def test_operator_everywhere(render: Render) -> None:
    """should give the operator that serves all namespaces exactly the table's verbs, and `own` for the policies."""
    table = documented("Operator")
    rights: Rights = {}
    for namespace, role in bound(render(), "penstock-operator"):
        part = granted(role["rules"], "release")
        rights = merged(rights, part if namespace else where_of(part, table))

    assert rights == merged({key: verbs for key, verbs in table.items() if key != FINALIZER_RIGHTS}, BEYOND_THE_TABLE)


def test_operator_named_namespaces(render: Render) -> None:
    """should give an operator with watchNamespaces its rights in these and the catalogues alone; cluster-wide only what takes finalizers off."""
    table = documented("Operator")
    by_namespace: dict[str | None, Rights] = {}
    for namespace, role in bound(
        render({"watchNamespaces": ["acme"], "catalogNamespaces": ["shared"]}), "penstock-operator"
    ):
        by_namespace[namespace] = merged(by_namespace.get(namespace, {}), granted(role["rules"], "watched"))
    watched = merged({key: verbs for key, verbs in table.items() if key[0] == "watched"}, BEYOND_THE_TABLE)
    cluster = {("watched", *key[1:]): verbs for key, verbs in table.items() if key[0] == "cluster"}
    release = {("watched", *key[1:]): verbs for key, verbs in table.items() if key[0] == "release"}

    assert by_namespace == {
        None: cluster,
        "acme": watched,
        "shared": watched,
        SYSTEM: merged(watched, release),
    }


def test_gateway(render: Render) -> None:
    """should give the gateway exactly the table's verbs: Secrets of its own namespace alone, Jobs only by the operator's binding."""
    table = documented("Gateway")
    objects = render()
    rights: Rights = {}
    for namespace, role in bound(objects, "penstock-gateway"):
        part = granted(role["rules"], "release")
        rights = merged(rights, part if namespace else where_of(part, table))
    (jobs,) = [item for item in objects if item["metadata"]["name"].endswith("penstock-job-creator")]

    assert merged(rights, granted(jobs["rules"], "namespaces")) == table


@pytest.mark.parametrize("release", ["penstock", "a.second-one"])
def test_gateway_secrets(render: Render, find: Find, release: str) -> None:
    """should name the gateway's Secrets one by one: its database address, and those in which the operator puts key digests."""
    objects = render({"postgres.bundled": True}, release=release)
    (container,) = find(objects, "Deployment", f"{release}-gateway")["spec"]["template"]["spec"]["containers"]
    environment = {entry["name"]: entry.get("value") for entry in container["env"]}
    found = [
        (rule["resourceNames"], rule["verbs"])
        for _, role in bound(objects, f"{release}-gateway")
        for rule in role["rules"]
        if {"*", "secrets"} & set(rule["resources"])
    ]

    assert found == [
        ([environment["PENSTOCK_GATEWAY_DATABASE_SECRET"]], ["get"]),
        (list(names.webhook_digest_secrets(release)), ["list", "watch"]),
    ]


def test_gateway_named_namespaces(render: Render) -> None:
    """should let a gateway with watchNamespaces see Flows in these alone."""
    places = {
        namespace
        for namespace, role in bound(render({"watchNamespaces": ["acme", "globex"]}), "penstock-gateway")
        if any("flows" in rule["resources"] for rule in role["rules"])
    }

    assert places == {"acme", "globex"}


def test_bind_is_for_one_role(render: Render) -> None:
    """should let the operator bind the job creator's role and no other."""
    (rule,) = [
        rule for _, role in bound(render(), "penstock-operator") for rule in role["rules"] if "bind" in rule["verbs"]
    ]

    assert rule["resourceNames"] == [f"{SYSTEM}.penstock-job-creator"]


@pytest.mark.parametrize("watched", [[], ["acme"]], ids=["everywhere", "named"])
@pytest.mark.parametrize("hook", ["crds", "cleanup", "test"])
def test_hooks(render: Render, watched: list[str], hook: str) -> None:
    """should give each hook exactly what the table says that its commands use."""
    roles = bound(render({"watchNamespaces": watched}), f"penstock-{hook}")
    places: dict[str | None, str] = (
        {None: "cluster", SYSTEM: "release"} if hook != "test" else dict.fromkeys([SYSTEM, "acme"], "test")
    )

    assert merged(*(granted(role["rules"], places[where]) for where, role in roles)) == documented("Hooks", hook=hook)


def test_hooks_name_what_they_change(render: Render) -> None:
    """should give the CRD hook its cluster-wide rights to the CRDs and the namespace by name."""
    cluster_wide = [role for namespace, role in bound(render(), "penstock-crds") if namespace is None]

    assert all("resourceNames" in rule for role in cluster_wide for rule in role["rules"])


def test_nothing_in_a_watched_namespace_is_made_by_a_hook(render: Render) -> None:
    """should make the hooks' roles where they can be made even when a watched namespace is gone."""
    hooks = [
        item
        for item in render({"watchNamespaces": ["acme"]})
        if "helm.sh/hook" in item["metadata"].get("annotations", {})
    ]

    assert {item["metadata"].get("namespace") for item in hooks if "-test" not in item["metadata"]["name"]} == {
        None,
        SYSTEM,
    }


USERS = {
    "viewer": ("view", {"executions": {"get", "list"}}),
    "operator": (
        "edit",
        {"executions/data": {"get", "list"}, "logs": {"get", "list"}, "instances": {"update", "patch"}},
    ),
    "deployer": ("admin", {"instances": {"create", "update", "patch", "delete", "deletecollection"}}),
    "publisher": ("admin", {"integrations": {"create", "update", "patch", "delete", "deletecollection"}}),
}


@pytest.mark.parametrize("role", USERS)
def test_user_roles(render: Render, find: Find, role: str) -> None:
    """should add each user role to Kubernetes' own, and let none of them write Flows or IntegrationVersions."""
    into, expected = USERS[role]
    found = find(render(), "ClusterRole", f"{SYSTEM}.penstock-{role}")
    rights = granted(found["rules"], role)

    assert found["metadata"]["labels"][f"rbac.authorization.k8s.io/aggregate-to-{into}"] == "true"
    for resource, verbs in expected.items():
        assert rights[role, "penstock.dev", resource] == verbs
    for kind in ("flows", "integrationversions"):
        assert rights.get((role, "penstock.dev", kind), set()) <= {"get", "list", "watch"}


def test_who_pauses_changes_nothing_else(render: Render, find: Find) -> None:
    """should compare whatever an Instance holds but `paused`, metadata too, for those who may not create Instances."""
    policy = find(render(), "ValidatingAdmissionPolicy", f"{SYSTEM}.penstock-instances")
    (validation,) = policy["spec"]["validations"]
    left_out = [set(re.findall(r"\w+", found)) for found in re.findall(r"m in \[([^]]*)\]", validation["expression"])]

    assert left_out == [{"managedFields", "resourceVersion", "generation"}] * 2 + [{"paused", "flows"}] * 2
    assert set(re.findall(r"m == '(\w+)'", validation["expression"])) == {"paused"}


def test_payloads_are_not_for_viewers(render: Render, find: Find) -> None:
    """should keep payloads and logs from viewers."""
    rights = granted(find(render(), "ClusterRole", f"{SYSTEM}.penstock-viewer")["rules"], "viewer")

    assert not {"executions/data", "logs"} & {resource for _, _, resource in rights}


@pytest.mark.parametrize(("plural", "top"), [("jobs", "object"), ("cronjobs", "object.spec.jobTemplate")])
def test_the_programs_create_what_is_built_alone(render: Render, find: Find, plural: str, top: str) -> None:
    """should hold every level of what the builders make against its rule, for both service accounts and no others."""
    rules = yaml.safe_load((CHART / "files" / "job-rules.yaml").read_text())[plural]
    spec = find(render(), "ValidatingAdmissionPolicy", f"{SYSTEM}.penstock-{plural}")["spec"]
    variables = {variable["name"]: variable["expression"] for variable in spec["variables"]}
    (condition,) = spec["matchConditions"]

    levels = [variables[f"at{number}"] for number in range(len(rules["levels"]))]
    assert levels == [level["at"] for level in rules["levels"]]
    assert f"{top}.spec.template.spec.containers[0]" in levels
    held = [validation["expression"] for validation in spec["validations"]]
    assert [f"size(variables.wrong{number}) == 0" for number in range(len(levels))] == held[: len(levels)]
    assert re.findall(r"system:serviceaccount:([\w:-]+)", condition["expression"]) == [
        f"{SYSTEM}:penstock-operator",
        f"{SYSTEM}:penstock-gateway",
    ]
    assert (spec["failurePolicy"], spec["matchConstraints"]["resourceRules"][0]["operations"]) == (
        "Fail",
        ["CREATE", "UPDATE"],
    )
