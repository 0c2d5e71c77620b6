"""The operator's pure decisions: versions, connections, publication, deployment, status."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

import builders
from penstock_core.compiler import Problem
from penstock_core.manifests.integration_version import snapshot
from penstock_core.observed.content import Content, DeclaredConnection
from penstock_core.observed.data import Secret
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import Integration, IntegrationVersion
from penstock_operator.instances.connections import Connection, resolve, used_by
from penstock_operator.instances.plan import Resolution, kept, override_problems, plan
from penstock_operator.instances.status import conditions_of
from penstock_operator.instances.version_choice import Choice, choose
from penstock_operator.integrations.reconciler import decide

URL = "https://hooks.example"
CONTENT: dict[str, Any] = {
    "version": "1.4.0",
    "connections": [{"name": "erp", "type": "apiKey"}],
    "flows": [
        {
            "name": "importOrder",
            "trigger": {"webhook": {"methods": ["POST"], "security": "required"}},
            "concurrency": {"limit": 20, "whenFull": "reject"},
            "deduplicateBy": {"value": "${trigger.body.id}", "window": "2h"},
            "timeout": "1500ms",
            "steps": [
                {
                    "name": "each",
                    "forEach": {"items": "${trigger.body}", "steps": [{"name": "push", "http": {"connection": "erp"}}]},
                }
            ],
        },
        {"name": "poll", "trigger": {"schedule": {"cron": "0 6 * * *"}}, "steps": [{"name": "a", "set": {"value": 1}}]},
    ],
}


def instance(*, status: Mapping[str, Any] | None = None, **spec: Any) -> Instance:
    return Instance.parse(builders.instance(metadata={"generation": 2}, **spec) | {"status": dict(status or {})})


def integration(
    version: str = "1.4.0", *, published: str | None = None, generation: int = 1, seen: int = 1, **spec: Any
) -> Integration:
    status = {"observedGeneration": seen} | ({"publishedVersion": published} if published else {})
    content = {**CONTENT, "version": version, **spec}
    return Integration.parse(builders.integration(metadata={"generation": generation}, **content) | {"status": status})


def version(number: str, sha: str = "s") -> IntegrationVersion:
    return IntegrationVersion.parse(
        {"spec": {"integration": "orders", "version": number, "sha256": sha, "content": {}}}
    )


def secret(name: str = "acme-erp", *, fields: Iterable[str] = ("key",), labels: dict[str, str] | None = None) -> Secret:
    given = {"penstock.dev/connection": "true"} if labels is None else labels
    data = {field: base64.b64encode(b"value").decode() for field in fields}
    return Secret.parse({"metadata": {"name": name, "labels": given}, "data": data})


def flows_of(inst: Instance, content: Mapping[str, Any] = CONTENT) -> Mapping[str, Any]:
    found = Content.parse(content)
    erp = Connection(secret_name="acme-erp", declared=found.connections[0])
    planned = plan(inst, found, config={}, connections={"erp": erp}, public_url=URL)
    return {name: flow.spec for name, flow in planned.flows.items()}


def test_a_pin_wins_over_the_current_version() -> None:
    """A pinned Instance gets its version, and learns of the newer one."""
    chosen = choose(
        instance(integration={"name": "orders", "version": "1.3.0"}),
        integration=integration(published="1.4.0"),
        snapshots=[version("1.3.0"), version("1.4.0")],
    )

    assert chosen.snapshot is not None
    assert chosen.snapshot.version == "1.3.0"
    assert chosen.newest == "1.4.0"


def test_a_follower_keeps_its_version_when_the_integration_is_gone() -> None:
    """Deleting an Integration does not take the flows of Instances that follow it."""
    follower = instance(status={"version": "1.4.0"})
    chosen = choose(follower, integration=None, snapshots=[version("1.4.0")])

    assert chosen.snapshot is not None
    assert chosen.snapshot.version == "1.4.0"


def test_an_unknown_pin_names_what_there_is() -> None:
    """The message about a missing version lists the published ones and the remedy."""
    chosen = choose(
        instance(integration={"name": "orders", "version": "9.0.0"}),
        integration=integration(published="1.4.0"),
        snapshots=[version("1.4.0"), version("1.10.0")],
    )

    assert chosen.problem == (
        "orders 9.0.0 is not published (published: 1.4.0, 1.10.0): publish it, or name another in spec.integration.version"
    )


def test_an_integration_not_looked_at_yet_is_no_problem_yet() -> None:
    """An Instance created together with its Integration waits instead of complaining."""
    assert choose(instance(), integration=integration(seen=0), snapshots=[]).pending
    assert not choose(instance(), integration=integration(), snapshots=[]).pending


def test_problems_are_all_in_one_condition() -> None:
    """An Integration that does not compile is not published, and every problem is listed."""
    problems = [
        Problem(message="no such variable: correct it", flow="a", step="b", field="if", column=3),
        Problem(message="two"),
    ]
    decision = decide(integration(published="1.3.0"), problems=problems, snapshots=[version("1.3.0")])
    by_type = {one.type: one for one in decision.conditions}

    assert not decision.publish
    assert decision.version == "1.3.0"
    assert by_type["Valid"].message.splitlines() == [str(problem) for problem in problems]
    assert "1.3.0 stays in use" in by_type["Ready"].message


def test_changed_content_of_a_known_version_is_a_conflict() -> None:
    """A version that comes back with other content is not published again; its snapshot stays."""
    decision = decide(integration(published="1.4.0"), problems=[], snapshots=[version("1.4.0", sha="other")])
    published = next(one for one in decision.conditions if one.type == "Published")

    assert not decision.publish
    assert (published.status, published.reason) == (False, "VersionConflict")


def test_a_known_version_is_not_published_twice() -> None:
    """The same content of the same version costs nothing."""
    item = integration()
    decision = decide(item, problems=[], snapshots=[IntegrationVersion.parse(snapshot(item, release="r"))])

    assert not decision.publish
    assert decision.version == "1.4.0"


DECLARED = [
    DeclaredConnection.parse({"name": "erp", "type": "basic", "description": "the ERP"}),
    DeclaredConnection.parse({"name": "mail", "type": "apiKey", "required": False}),
]
GIVEN = {"erp": "acme-erp"}


@pytest.mark.parametrize(
    ("given", "found", "fragments"),
    [
        (
            {},
            None,
            [
                "connection erp of type basic is required (the ERP)",
                "spec.connections.erp.secretRef.name",
                "username, password",
            ],
        ),
        (GIVEN, None, ["does not exist", "penstock.dev/connection=true"]),
        (GIVEN, secret(labels={}), ['lacks the label penstock.dev/connection: "true"']),
        (
            GIVEN,
            secret(labels={"penstock.dev/connection": "true", "app.kubernetes.io/managed-by": "penstock"}),
            ["Penstock's own"],
        ),
        (GIVEN, secret(fields=("username",)), ["lacks password", "it has: username"]),
        (
            GIVEN | {"typo": "x"},
            secret(fields=("username", "password")),
            ["connection typo is not declared", "erp, mail"],
        ),
    ],
)
def test_each_wrong_connection_is_named_with_its_remedy(
    given: dict[str, Any], found: Secret | None, fragments: list[str]
) -> None:
    """What is wrong with a connection is one sentence that names the connection, the problem and the remedy."""
    _, problems = resolve(DECLARED, given, secret=lambda _: found)

    assert len(problems) == 1
    assert [fragment for fragment in fragments if fragment not in problems[0]] == []


def test_a_complete_connection_is_resolved_by_reference() -> None:
    """A connection that is complete yields the Secret's name and fields, never a value."""
    found, problems = resolve(DECLARED, GIVEN, secret=lambda _: secret(fields=("username", "password")))

    assert problems == []
    assert found["erp"].for_flow() == {
        "name": "erp",
        "type": "basic",
        "secretName": "acme-erp",
        "fields": ["username", "password"],
    }


def test_connections_are_found_in_nested_steps() -> None:
    """A flow's Job gets the connections that its steps name, at any depth, and no others."""
    assert used_by(CONTENT["flows"][0]["steps"]) == {"erp"}
    assert used_by(CONTENT["flows"][1]["steps"]) == frozenset()


def test_a_plan_holds_all_that_a_start_needs() -> None:
    """A webhook's Flow carries its URL, limit, deduplication, time limit in whole seconds and connections."""
    spec = flows_of(instance())["importOrder"]

    assert spec["webhook"] == {
        "methods": ["POST"],
        "security": "required",
        "url": f"{URL}/hooks/acme/acme-orders/importOrder",
    }
    assert spec["concurrency"] == {"limit": 20, "whenFull": "reject"}
    assert spec["deduplicateBy"] == {"value": "${trigger.body.id}", "windowSeconds": 7200}
    assert spec["timeoutSeconds"] == 2
    assert [one["name"] for one in spec["connections"]] == ["erp"]
    assert spec["definition"]["timeoutMs"] == 1500


def test_overrides_win_over_the_integration() -> None:
    """An Instance's own schedule, limit, resources and pause are what is deployed."""
    flows = flows_of(
        instance(
            flows={
                "importOrder": {"concurrency": {"limit": 5}, "resources": {"limits": {"memory": "1Gi"}}},
                "poll": {"schedule": {"cron": "5 5 * * *", "timeZone": "Asia/Tokyo"}, "paused": True},
            }
        )
    )

    assert flows["importOrder"]["concurrency"] == {"limit": 5, "whenFull": "reject"}
    assert flows["importOrder"]["resources"] == {"limits": {"memory": "1Gi"}}
    assert flows["poll"]["schedule"]["cron"] == "5 5 * * *"
    assert flows["poll"]["schedule"]["timeZone"] == "Asia/Tokyo"
    assert [flows[name]["paused"] for name in ("importOrder", "poll")] == [False, True]


def test_pausing_does_not_change_the_definition() -> None:
    """The definition's hash stays while an Instance is paused, so that nothing is stored again."""
    running, paused = flows_of(instance()), flows_of(instance(paused=True))

    assert [spec["paused"] for spec in paused.values()] == [True, True]
    assert [spec["definitionHash"] for spec in paused.values()] == [spec["definitionHash"] for spec in running.values()]


def test_what_stays_deployed_can_still_be_paused() -> None:
    """An Instance whose configuration broke keeps its Flows, and pausing still reaches them."""
    flows = [Flow.parse({"spec": spec}) for spec in flows_of(instance()).values()]
    found = kept(instance(paused=True, whenPaused="queue"), flows)

    assert found is not None
    assert found.version == "1.4.0"
    assert {(one.paused, one.spec["paused"], one.spec["whenPaused"]) for one in found.flows.values()} == {
        (True, True, "queue")
    }
    assert kept(instance(), []) is None


def test_overrides_that_fit_nothing_are_named() -> None:
    """An override for an unknown flow, and a schedule for a webhook, are problems with a remedy."""
    problems = override_problems(
        instance(flows={"pol": {"paused": True}, "importOrder": {"schedule": {"cron": "* * * * *"}}}),
        Content.parse(CONTENT),
    )

    assert problems == [
        "spec.flows.pol: the Integration has no such flow (it has: importOrder, poll): correct or remove it",
        "spec.flows.importOrder.schedule: the flow's trigger is not a schedule: remove it",
    ]


@pytest.mark.parametrize(
    ("schedule", "fragments"),
    [
        ({"cron": "0 25 * * *"}, ["spec.flows.poll.schedule.cron: `25` is no value for the hour", "write 0 to 23"]),
        ({"cron": "@daily"}, ["spec.flows.poll.schedule.cron: a schedule has five fields"]),
        ({"timeZone": "Berlin"}, ["spec.flows.poll.schedule.timeZone: there is no time zone `Berlin`", "IANA name"]),
    ],
)
def test_an_instances_own_times_are_checked(schedule: dict[str, str], fragments: list[str]) -> None:
    """A schedule that Kubernetes would refuse is named with its field, the problem and the remedy."""
    [problem] = override_problems(instance(flows={"poll": {"schedule": schedule}}), Content.parse(CONTENT))

    assert [fragment for fragment in fragments if fragment not in problem] == []


def test_right_times_are_no_problem() -> None:
    """Each half of an override may stand alone."""
    for schedule in ({"cron": "*/5 6-20 * * mon-fri"}, {"timeZone": "Asia/Tokyo"}, {}):
        assert override_problems(instance(flows={"poll": {"schedule": schedule}}), Content.parse(CONTENT)) == []


def test_a_limit_below_its_request_is_named() -> None:
    """Resources that no Job could have are a problem with both amounts; those that leave one to the defaults are none."""
    wrong = {"requests": {"cpu": "1", "memory": "512Mi"}, "limits": {"cpu": "900m", "memory": "0.5Gi"}}
    right = [{"limits": {"memory": "32Mi"}}, {"requests": {"memory": "512Mi"}}, {"limits": {"cpu": "1"}}]
    problems = override_problems(instance(flows={"poll": {"resources": wrong}}), Content.parse(CONTENT))

    assert problems == [
        "spec.flows.poll.resources: limits.cpu is 900m, less than requests.cpu, 1: raise the limit or lower the request"
    ]
    assert [
        override_problems(instance(flows={"poll": {"resources": one}}), Content.parse(CONTENT)) for one in right
    ] == [[], [], []]


def test_a_newer_version_is_named() -> None:
    """UpToDate=False says which version is available."""
    flows = [Flow.parse({"spec": spec}) for spec in flows_of(instance()).values()]
    resolution = Resolution(choice=Choice(snapshot=version("1.4.0"), newest="1.5.0"), problems=("x",))
    found = {one.type: one for one in conditions_of(instance(), resolution, flows=flows)}

    assert found["UpToDate"].message == "orders 1.5.0 is available."
    assert found["Ready"].status is False
    assert "1.4.0 stays deployed" in found["Deployed"].message
