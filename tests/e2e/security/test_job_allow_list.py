"""What a thief of the gateway's or the operator's token can create: what Penstock builds, whatever the API server knows beside it."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

import builders
from penstock_core import names
from penstock_core.manifests.cronjob import cron_job
from penstock_core.manifests.job import RunnerPod, execution_job
from penstock_core.observed.flow import Flow
from policies import Fields, Policies, Steps, is_by_policy

EXECUTION = UUID("01a206fa-3a2c-79fc-8706-da40151b20f9")
PROGRAMS: Final = {"jobs": ("gateway", "operator"), "cronjobs": ("operator",)}
SAMPLES: Final[dict[str, Any]] = {
    "appArmorProfile": {"type": "Unconfined"},
    "completionMode": "Indexed",
    "dnsPolicy": "Default",
    "envFrom": [{"configMapRef": {"name": "x"}}],
    "finalizers": ["example.com/x"],
    "hostAliases": [{"ip": "192.0.2.1"}],
    "initContainers": [{"name": "x", "image": "x"}],
    "livenessProbe": {"exec": {"command": ["x"]}},
    "managedBy": "example.com/x",
    "os": {"name": "linux"},
    "overhead": {"cpu": "1"},
    "readinessProbe": {"exec": {"command": ["x"]}},
    "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
    "resourceClaims": [{"name": "x", "resourceClaimName": "x"}],
    "restartPolicy": "Always",
    "seLinuxChangePolicy": "Recursive",
    "seccompProfile": {"type": "Unconfined"},
    "startupProbe": {"exec": {"command": ["x"]}},
    "terminationMessagePolicy": "FallbackToLogsOnError",
}
"""What the API server takes of fields for which the least is too little, or is the default."""
NEVER_ALONE: Final = {
    "backoffLimitPerIndex": "completionMode Indexed",
    "claims": "resourceClaims",
    "completionMode": "completions, in a CronJob",
    "configMapKeyRef": "no secretKeyRef beside it",
    "ephemeralContainers": "a pod that exists",
    "fieldRef": "no secretKeyRef beside it",
    "fileKeyRef": "no secretKeyRef beside it",
    "localhostProfile": "another type of profile",
    "manualSelector": "a selector",
    "maxFailedIndexes": "completionMode Indexed",
    "onExitCodes": "no onPodConditions beside it",
    "privileged": "allowPrivilegeEscalation",
    "procMount": "hostUsers",
    "resourceFieldRef": "no secretKeyRef beside it",
    "restartPolicyRules": "restartPolicy",
    "selector": "none in a CronJob",
    "successPolicy": "completionMode Indexed",
    "value": "no valueFrom, or another operator, beside it",
    "volumeDevices": "volumes",
    "volumeMounts": "volumes",
}
"""What the API server itself refuses without another change, which the policy refuses."""
FREE: Final = {
    "annotations",  # a CronJob's own, which nothing hands on
    "resourceVersion",  # means nothing in a creation
    "status",  # an empty one, as the API server itself makes it
}
OF_JOB: Final = {
    "containers.imagePullPolicy",
    "env.name",  # a connection's and its field's
    "labels.penstock.dev/customer",  # for people alone: no pod carries it
    "limits.cpu",
    "limits.memory",
    "requests.cpu",
    "requests.memory",
    "secretKeyRef.key",
    "secretKeyRef.name",
    "spec.activeDeadlineSeconds",
}
CHANGEABLE: Final = {
    "jobs": OF_JOB,
    "cronjobs": OF_JOB
    | {
        "env.value",  # a tick's
        "metadata.name",
        "ownerReferences.name",
        "ownerReferences.uid",
        "spec.schedule",
        "spec.suspend",
        "spec.timeZone",
    },
}
"""What the flow or the release chooses, by the last two names of its place."""


@pytest.fixture(scope="module")
def policies(cluster: None) -> Iterator[Policies]:
    """The policies of a release that has nothing else."""
    found = Policies.install()
    parallel = changed(job(found), ("spec", "parallelism"), 2)
    exclusive = changed(schedule(found), ("spec", "concurrencyPolicy"), "Forbid")
    found.until(lambda: is_by_policy(found.tried("gateway", "jobs", parallel)))
    found.until(lambda: is_by_policy(found.tried("operator", "cronjobs", exclusive)))
    yield found
    found.remove()


def flow(policies: Policies, **spec: Any) -> Flow:
    """A flow with all that one may have."""
    connections = [{"name": "erp", "type": "apiKey", "secretName": "acme-erp", "fields": ["key"]}]
    resources = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    return Flow.parse(builders.flow(namespace=policies.namespace, connections=connections, resources=resources, **spec))


def runner(policies: Policies) -> RunnerPod:
    """As the release says it."""
    return RunnerPod(
        image="penstock-runner:0.1.0",
        pull_policy="IfNotPresent",
        release=names.release(namespace=policies.namespace, name=policies.release),
        release_name=policies.release,
    )


def job(policies: Policies) -> dict[str, Any]:
    """An execution's Job."""
    return execution_job(flow(policies), EXECUTION, runner=runner(policies))


def schedule(policies: Policies) -> dict[str, Any]:
    """A scheduled flow's CronJob."""
    settings = {"cron": "0 6 * * *", "timeZone": "Etc/UTC", "overlap": "skip"}
    return cron_job(flow(policies, schedule=settings), runner=runner(policies))


MANIFESTS: Final[dict[str, Callable[[Policies], dict[str, Any]]]] = {"jobs": job, "cronjobs": schedule}
SCHEMAS: Final = {"jobs": "v1.Job", "cronjobs": "v1.CronJob"}


def changed(manifest: dict[str, Any], steps: Steps, value: Any) -> dict[str, Any]:
    """The manifest with another value in one place."""
    found = copy.deepcopy(manifest)
    at: Any = found
    for step in steps[:-1]:
        at = at[step]
    at[steps[-1]] = value
    return found


def value_at(item: Any, steps: Steps) -> Any:
    """What stands in a place, None where nothing does."""
    for step in steps:
        item = item.get(step) if isinstance(item, dict) else item[step]
    return item


def leaves(item: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Every text, number and truth value of an object."""
    if isinstance(item, dict | list):
        for step, below in item.items() if isinstance(item, dict) else enumerate(item):
            yield from leaves(below, (*steps, step))
    else:
        yield steps, item


def other(value: Any) -> Any:
    """A value of the same type."""
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"


def verdict(answer: httpx.Response, steps: Steps, value: Any) -> str:
    """Who refused a value, or that it was taken, or dropped by an API server that lets nobody write there."""
    if is_by_policy(answer):
        return "policy"
    if answer.status_code == httpx.codes.CREATED:
        return "taken" if value_at(answer.json(), steps) == value else "dropped"
    assert answer.status_code in {httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.BAD_REQUEST}, answer.text
    return "api server"


@pytest.mark.parametrize(("plural", "program"), [(plural, one) for plural in PROGRAMS for one in PROGRAMS[plural]])
def test_what_penstock_builds_is_taken(policies: Policies, plural: str, program: str) -> None:
    """The builders' own output passes."""
    answer = policies.tried(program, plural, MANIFESTS[plural](policies))

    assert answer.status_code == httpx.codes.CREATED, answer.text


@pytest.mark.parametrize("plural", PROGRAMS)
def test_no_field_that_the_builders_do_not_set_is_taken(policies: Policies, plural: str) -> None:
    """Of all fields that this API server knows, at each level of an object, each is refused by the policy, or cannot come alone."""
    fields, manifest = Fields("batch/v1"), MANIFESTS[plural](policies)
    found: dict[str, set[str]] = {"policy": set(), "taken": set(), "dropped": set(), "api server": set()}
    for steps, schema in fields.missing(manifest, fields.kind(SCHEMAS[plural])):
        name = str(steps[-1])
        value = SAMPLES.get(name, fields.sample(schema))
        answer = policies.tried(PROGRAMS[plural][0], plural, changed(manifest, steps, value))
        found[verdict(answer, steps, value)].add(name)

    assert found["taken"] <= FREE
    assert found["api server"] <= set(NEVER_ALONE), "give it a value in SAMPLES that the API server takes"
    assert len(found["policy"]) > 60
    seen_in_the_audit = {
        "dnsConfig",
        "priorityClassName",
        "hostUsers",
        "sysctls",
        "fsGroup",
        "imagePullSecrets",
        "startupProbe",
    }
    assert seen_in_the_audit <= found["policy"]


@pytest.mark.parametrize("plural", PROGRAMS)
def test_no_value_that_the_builders_always_set_alike_may_be_another(policies: Policies, plural: str) -> None:
    """Only what a flow or a release chooses may differ from what is built for another."""
    manifest = MANIFESTS[plural](policies)
    taken = set()
    for steps, value in leaves(manifest):
        answer = policies.tried(PROGRAMS[plural][0], plural, changed(manifest, steps, other(value)))
        if verdict(answer, steps, other(value)) == "taken":
            taken.add(".".join([step for step in steps if isinstance(step, str)][-2:]))

    assert taken <= CHANGEABLE[plural]
    assert "spec.activeDeadlineSeconds" in taken


@pytest.mark.parametrize(
    ("at", "label", "refused"),
    [
        (("metadata",), "tier", False),
        (("metadata",), "app.kubernetes.io/name", True),
        (("metadata",), "example.com/team", True),
        (("metadata",), "penstock.dev/other", True),
        (("spec", "template", "metadata"), "tier", True),
        (("spec", "template", "metadata"), "app", True),
        (("spec", "template", "metadata"), "penstock.dev/customer", True),
    ],
)
@pytest.mark.parametrize("plural", PROGRAMS)
def test_an_instances_labels_reach_jobs_and_no_pod(
    policies: Policies, plural: str, at: Steps, label: str, refused: bool
) -> None:
    """Labels without a prefix are taken on a Job, and none but Penstock's own on a pod, where Services and policies choose by them."""
    manifest = MANIFESTS[plural](policies)
    template: Steps = ("spec", "jobTemplate") if plural == "cronjobs" else ()
    if at == ("metadata",):
        manifest = changed(manifest, (*at, "labels", label), "x")  # a CronJob carries what its Jobs do
    manifest = changed(manifest, (*template, *at, "labels", label), "x")

    assert is_by_policy(policies.tried("operator", plural, manifest)) is refused


ENV: Final = ("spec", "template", "spec", "containers", 0, "env")
POD: Final = ENV[:-3]


def entry(name: str, **source: Any) -> dict[str, Any]:
    """A variable of the container."""
    return {"name": name, **source}


def of_secret(secret: str, key: str = "key") -> dict[str, Any]:
    """Where its value comes from."""
    return {"valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


Change = Callable[[dict[str, Any], Policies], dict[str, Any]]


def with_variable(**variable: Any) -> Change:
    """One more variable."""
    return lambda manifest, _: changed(manifest, ENV, [*value_at(manifest, ENV), variable])


def with_value(name: str, value: str) -> Change:
    """Another value of a variable."""

    def change(manifest: dict[str, Any], _: Policies) -> dict[str, Any]:
        kept = [one for one in value_at(manifest, ENV) if one["name"] != name]
        return changed(manifest, ENV, [*kept, entry(name, value=value)])

    return change


def with_containers(manifest: dict[str, Any], _: Policies) -> dict[str, Any]:
    """A second container beside the runner."""
    second = {**value_at(manifest, (*POD, "containers", 0)), "name": "second"}
    return changed(manifest, (*POD, "containers"), [*value_at(manifest, (*POD, "containers")), second])


HOSTILE: Final[dict[str, Change]] = {
    "a second container": with_containers,
    "no container's security": lambda manifest, _: changed(manifest, (*POD, "containers", 0, "securityContext"), {}),
    "no pod's security": lambda manifest, _: changed(manifest, (*POD, "securityContext"), {}),
    "another execution's name": lambda manifest, _: changed(manifest, ("metadata", "name"), names.job(UUID(int=7))),
    "any name": lambda manifest, _: changed(manifest, ("metadata", "name"), "postgres-backup"),
    "another execution than the name's": with_value(names.ENV_EXECUTION, str(UUID(int=7))),
    "another variable's value": with_value(names.ENV_EXECUTION, "$(PENSTOCK_DSN)"),
    "another namespace's rows": with_value(names.ENV_NAMESPACE, "globex"),
    "a database of the thief's": with_value(names.ENV_DSN, "postgresql://evil.example/x"),
    "a database of another Secret": with_variable(**entry(names.ENV_DSN, **of_secret("evil", "dsn"))),
    "a variable that is none of ours": with_variable(name="LD_PRELOAD", value="/tmp/evil.so"),
    "a connection without a Secret": with_variable(name="PENSTOCK_CONNECTION.a.b", value="x"),
    "a connection of a ConfigMap": with_variable(
        name="PENSTOCK_CONNECTION.a.b", valueFrom={"configMapKeyRef": {"name": "x", "key": "x"}}
    ),
    "a connection of a pod's field": with_variable(
        name="PENSTOCK_CONNECTION.a.b", valueFrom={"fieldRef": {"fieldPath": "spec.nodeName"}}
    ),
    "a pod's other field": with_variable(name=names.ENV_POD, valueFrom={"fieldRef": {"fieldPath": "status.hostIP"}}),
    "a container's resources": with_variable(
        name=names.ENV_POD, valueFrom={"resourceFieldRef": {"resource": "limits.cpu"}}
    ),
    "the database's Secret as a connection": with_variable(
        **entry("PENSTOCK_CONNECTION.a.b", **of_secret("penstock-database-other", "dsn"))
    ),
    "Helm's Secret as a connection": with_variable(
        **entry("PENSTOCK_CONNECTION.a.b", **of_secret("sh.helm.release.v1.x.v1", "release"))
    ),
    "a tick in a Job": with_variable(name=names.ENV_TICK, value="{}"),
    "a label that the pod has not": lambda manifest, _: changed(
        manifest, ("spec", "template", "metadata", "labels", names.LABEL_FLOW), "other"
    ),
    "another release": lambda manifest, _: changed(manifest, ("metadata", "labels", names.LABEL_RELEASE), "a.b"),
}


@pytest.mark.parametrize("program", PROGRAMS["jobs"])
@pytest.mark.parametrize("attempt", HOSTILE)
def test_a_stolen_token_makes_no_other_job(policies: Policies, attempt: str, program: str) -> None:
    """Each attempt is refused by the policy."""
    answer = policies.tried(program, "jobs", HOSTILE[attempt](job(policies), policies))

    assert is_by_policy(answer), answer.text
