"""What becomes of an Instance's Flows when something is in the way: refusals, lost databases, withdrawn Secrets, new names."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from builders import instance
from operator_stand import Clock
from operator_world import HOOKS, INTEGRATION, KEY, World
from penstock_core import names
from penstock_core.cluster import CRON_JOBS, FLOWS, INSTANCES, SECRETS, Kind, Object
from penstock_core.errors import ClusterError, ClusterUnavailable, Conflict, NotFound
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance
from penstock_operator.errors import NotYet
from penstock_operator.instances.plan import PlannedFlow, kept, scheduled_since
from penstock_operator.instances.reconciler import INVALID_SECONDS, TURNS, is_refusal
from penstock_operator.settings import from_environment

REFUSED = ClusterError("CronJob.batch is invalid: spec.timeZone: unknown time zone", status=422)


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (REFUSED, True),
        (ClusterError("exceeded quota", status=403), True),
        (NotFound("namespaces not found", status=404), True),
        (Conflict("changed", status=409), False),
        (ClusterUnavailable("too many requests", status=429), False),
        (ClusterUnavailable("away", status=503), False),
        (ClusterUnavailable("no answer"), False),
    ],
)
def test_what_counts_as_a_refusal(error: ClusterError, refused: bool) -> None:
    """What will be answered alike until somebody changes something; what passes by itself is none."""
    assert is_refusal(error) is refused


async def test_a_refused_write_is_told_and_tried_again(world: World) -> None:
    """The API server's own words stand in the condition and in one Event; when it accepts, the Instance is ready."""
    world.cluster.failures[("apply", "cronjobs")] = REFUSED
    await world.publication.reconcile(("acme", "orders"))
    for _ in range(3):
        with pytest.raises(NotYet, match="unknown time zone") as again:
            await world.instances.reconcile(KEY)
    deployed, ready = world.condition("Deployed"), world.condition("Ready")

    assert (deployed["status"], deployed["reason"]) == ("False", "Refused")
    assert again.value.seconds == INVALID_SECONDS
    assert deployed["message"].endswith(
        "flow poll (schedule `0 6 * * *`, time zone Etc/UTC): CronJob.batch is invalid: spec.timeZone: unknown time zone"
    )
    assert (ready["status"], ready["reason"]) == ("False", "Refused")
    assert [reason for kind, reason, _ in world.cluster.events if kind == "Warning"] == ["Refused"]
    assert world.cluster.writes.count(("patch_status", "instances", "acme-orders")) == 1
    world.cluster.failures.clear()
    await world.settle()
    assert world.condition("Ready")["status"] == "True"


async def test_a_refused_flow_does_not_keep_the_others(world: World) -> None:
    """A pause reaches every other flow, though one cannot be written."""
    await world.settle()
    world.cluster.failures[("apply", "flows", "acme-orders.hook")] = ClusterError("denied", status=403)
    world.change(paused=True)
    with pytest.raises(ClusterError, match="denied"):
        await world.instances.reconcile(KEY)

    assert world.cluster.of(FLOWS)["acme-orders.poll"]["spec"]["paused"] is True
    assert [job["spec"]["suspend"] for job in world.cluster.of(CRON_JOBS).values()] == [True]


@pytest.mark.parametrize("write", [("create", "secrets", "acme-orders-webhook-key"), ("patch", "secrets", HOOKS)])
async def test_refused_keys_do_not_keep_the_flows(world: World, write: tuple[str, str, str]) -> None:
    """A quota of Secrets leaves the schedules running: the refusal is told, and the keys come when it is gone."""
    world.cluster.failures[write] = ClusterError("exceeded quota", status=403)
    await world.publication.reconcile(("acme", "orders"))
    with pytest.raises(ClusterError, match="exceeded quota"):
        await world.instances.reconcile(KEY)

    assert sorted(world.cluster.of(FLOWS)) == ["acme-orders.hook", "acme-orders.poll"]
    assert "exceeded quota" in world.condition("Deployed")["message"]
    assert world.condition("Ready")["reason"] == "Refused"
    world.cluster.failures.clear()
    await world.settle()
    assert world.condition("Ready")["status"] == "True"


async def test_many_instances_send_requests_in_turns(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are reconciled at once, a bounded number of them asks the API server for something."""
    await world.publication.reconcile(("acme", "orders"))
    apply, asking = world.cluster.apply, Counter[str]()

    async def counted(kind: Kind, namespace: str | None, body: Mapping[str, Any], *, force: bool = True) -> Object:
        asking["now"] += 1
        asking["most"] = max(asking["most"], asking["now"])
        for _ in range(5):
            await asyncio.sleep(0)
        asking["now"] -= 1
        return await apply(kind, namespace, body, force=force)

    monkeypatch.setattr(world.cluster, "apply", counted)
    many = [f"many-{number}" for number in range(3 * TURNS)]
    for name in many:
        world.cluster.seed(INSTANCES, instance(name, uid=name, config={"region": "eu"}))
    await asyncio.gather(*(world.instances.reconcile(("acme", name)) for name in many))

    assert 1 < asking["most"] <= TURNS
    assert len(world.cluster.of(FLOWS)) == 2 * len(many)


async def test_a_lost_definition_is_stored_again_by_the_next_process(world: World) -> None:
    """A fresh or restored database gets every definition back, though no Flow changes; the same process asks once."""
    await world.settle()
    before = set(world.tenancy.definitions)
    world.tenancy.definitions.clear()
    await world.instances.reconcile(KEY)
    assert world.tenancy.definitions == set()

    await world.fresh().instances.reconcile(KEY)

    assert world.tenancy.definitions == before


async def test_a_pause_is_noted_again_by_the_next_process(world: World, clock: Clock) -> None:
    """What a process noted may be lost or half done: the next one notes the pause from when the Flow was last written."""
    await world.settle()
    world.change(paused=True)
    await world.settle()
    flow = world.cluster.of(FLOWS)["acme-orders.poll"]
    entry = {"manager": names.MANAGER, "time": "2026-02-28T12:00:00Z"}
    world.cluster.seed(FLOWS, {**flow, "metadata": {**flow["metadata"], "managedFields": [entry]}})
    clock.advance(timedelta(days=1))
    fresh = world.fresh()
    for _ in range(2):
        await fresh.instances.reconcile(KEY)

    assert fresh.schedules.notes == ["pause"]
    assert [at.isoformat() for at in fresh.schedules.times] == ["2026-02-28T12:00:00+00:00"]


async def test_a_new_flow_that_is_paused_is_so_from_its_beginning(world: World) -> None:
    """No tick lies between the Flow's creation and its pause."""
    world.change(paused=True)
    await world.settle()

    assert world.schedules.notes == ["pause"]
    assert [at.isoformat() for at in world.schedules.times] == ["2026-01-01T00:00:00+00:00"]


async def test_a_flow_whose_name_changes_in_case_alone_stays(world: World) -> None:
    """`hook` and `hOOK` are one object: it is changed, and not deleted as a leftover."""
    await world.settle()
    uid = world.cluster.of(FLOWS)["acme-orders.hook"]["metadata"]["uid"]
    hook, poll = INTEGRATION["spec"]["flows"]
    world.publish("1.1.0", flows=[{**hook, "name": "hOOK"}, poll])
    await world.settle()
    flows = world.cluster.of(FLOWS)

    assert sorted(flows) == ["acme-orders.hook", "acme-orders.poll"]
    assert flows["acme-orders.hook"]["spec"]["flow"] == "hOOK"
    assert flows["acme-orders.hook"]["metadata"]["uid"] == uid


def connected(world: World, **declared: Any) -> Object:
    """An Integration whose webhook uses a connection, and the Secret that serves it."""
    hook, poll = INTEGRATION["spec"]["flows"]
    step = {"name": "call", "http": {"method": "GET", "url": "https://erp.example/", "connection": "erp"}}
    world.publish(
        "1.1.0", connections=[{"name": "erp", "type": "apiKey", **declared}], flows=[{**hook, "steps": [step]}, poll]
    )
    labels = {names.LABEL_CONNECTION: "true"}
    secret = {"metadata": {"name": "acme-erp", "namespace": "acme", "labels": labels}, "data": {"key": "a2V5"}}
    world.cluster.seed(SECRETS, secret)
    world.change(connections={"erp": {"secretRef": {"name": "acme-erp"}}})
    return secret


async def test_a_secret_that_loses_its_label_is_used_no_more(world: World) -> None:
    """While the Instance is not configured its Flow goes on without that Secret; with the label it gets it back."""
    secret = connected(world)
    await world.settle()
    before = world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]
    world.cluster.seed(SECRETS, {**secret, "metadata": {**secret["metadata"], "labels": {}}})
    await world.settle()
    without = world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]
    world.cluster.seed(SECRETS, secret)
    await world.settle()

    assert [one["secretName"] for one in before["connections"]] == ["acme-erp"]
    assert without == {**before, "connections": []}
    assert world.cluster.of(FLOWS)["acme-orders.hook"]["spec"] == before


async def test_a_secret_that_is_gone_for_a_moment_stays_named(world: World) -> None:
    """Who replaces a Secret deletes it first: the Flow keeps its reference, which is optional."""
    connected(world)
    await world.settle()
    world.cluster.remove(SECRETS, "acme", "acme-erp")
    await world.settle()

    assert "does not exist" in world.condition("Configured")["message"]
    assert world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]["connections"] != []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("gone", "the Secret acme-erp does not exist"),
        ("no label", "the Secret acme-erp lacks the label"),
        ("no field", "the Secret acme-erp lacks key"),
        ("empty", "key of the Secret acme-erp is empty"),
        ("line break", "the field key of the Secret acme-erp has a line break at character 4"),
        ("not text", "the field key of the Secret acme-erp is no text in UTF-8"),
    ],
)
async def test_conditions_agree_on_a_secret_that_does_not_serve(world: World, change: str, said: str) -> None:
    """Configured names Secret and problem, Deployed what stays and what of it fails, and Ready is Configured's."""
    secret = connected(world)
    await world.settle()
    values = {"no field": {}, "empty": {"key": ""}, "line break": {"key": "b25lCnR3bw=="}, "not text": {"key": "/w=="}}
    labels = {} if change == "no label" else secret["metadata"]["labels"]
    if change == "gone":
        world.cluster.remove(SECRETS, "acme", "acme-erp")
    else:
        data = values.get(change, secret["data"])
        world.cluster.seed(SECRETS, {**secret, "metadata": {**secret["metadata"], "labels": labels}, "data": data})
    await world.settle()
    configured, deployed, ready = (world.condition(kind) for kind in ("Configured", "Deployed", "Ready"))

    assert said in configured["message"]
    assert (configured["status"], deployed["status"], ready["status"]) == ("False", "True", "False")
    assert deployed["message"] == (
        "Not configured (see the condition Configured); 1.1.0 stays deployed as it was."
        " Steps that use the connection erp fail until then."
    )
    assert (ready["reason"], ready["message"]) == (configured["reason"], configured["message"])
    definition = world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]["definition"]
    assert definition["connections"]["erp"]["secret"] == "acme-erp"


async def test_a_field_that_is_no_variable_keeps_no_runner_from_saying_so(world: World) -> None:
    """What no container could be started with is taken from the Flow; another field that nobody reads is left alone."""
    secret = connected(world)
    await world.settle()
    world.cluster.seed(SECRETS, {**secret, "data": {**secret["data"], "unread": "/w=="}})
    await world.settle()
    before = world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]["connections"]
    world.cluster.seed(SECRETS, {**secret, "data": {"key": "/w=="}})
    await world.settle()

    assert [one["secretName"] for one in before] == ["acme-erp"]
    assert world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]["connections"] == []


async def test_an_optional_connection_that_is_not_set_is_deployed_without_one(world: World) -> None:
    """Configured says what fails, and the definition lets the runner say it."""
    connected(world, required=False)
    world.change(connections={})
    await world.settle()
    definition = world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]["definition"]

    assert definition["connections"]["erp"]["secret"] is None
    assert world.condition("Configured")["status"] == "True"
    assert "connection erp is optional and not set" in world.condition("Configured")["message"]
    assert "All variables and connections are there" not in world.condition("Configured")["message"]


def test_what_is_withdrawn_is_left_out_of_what_is_kept() -> None:
    """Other connections of the flow stay."""
    spec = {
        "flow": "hook",
        "integration": {"version": "1.0.0"},
        "connections": [{"name": "a", "secretName": "one"}, {"name": "b", "secretName": "two"}],
    }
    whole = spec | {"trigger": "webhook", "paused": False, "definitionHash": "9", "definition": {}}
    found = kept(Instance.parse({"spec": {}}), [Flow.parse({"spec": whole})], withdrawn={"one"})

    assert found is not None
    assert found.flows["hook"].spec["connections"] == [{"name": "b", "secretName": "two"}]


SCHEDULE = {"cron": "0 6 * * *", "timeZone": "Etc/UTC", "overlap": "skip"}


def scheduled(*, since: str | None = "2026-01-01T00:00:00Z", release: str = "ours", **schedule: Any) -> Object:
    """A Flow as it is, whose schedule holds `since`."""
    metadata = {
        "creationTimestamp": "2025-01-01T00:00:00Z",
        "labels": {names.LABEL_RELEASE: release},
        "annotations": {names.ANNOTATION_SCHEDULED_SINCE: since} if since else None,
    }
    return {"metadata": metadata, "spec": {"trigger": "schedule", "schedule": SCHEDULE | schedule}}


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (None, "now"),
        (scheduled(), "2026-01-01T00:00:00Z"),
        (scheduled(overlap="allow"), "2026-01-01T00:00:00Z"),
        (scheduled(since=None), "2025-01-01T00:00:00Z"),
        (scheduled(cron="0 7 * * *"), "now"),
        (scheduled(timeZone="Asia/Tokyo"), "now"),
        (scheduled(release="another"), "now"),
        ({"metadata": {"creationTimestamp": "2025-01-01T00:00:00Z"}, "spec": {"trigger": "webhook"}}, "now"),
    ],
)
def test_a_schedule_counts_from_its_own_last_change(current: Object | None, expected: str) -> None:
    """A new cron line or time zone, and another release's Flow, begin now; whatever else changes moves nothing."""
    timed, called = (
        PlannedFlow(name="poll", trigger=trigger, settings=SCHEDULE, paused=True, definition_hash="new", spec={})
        for trigger in ("schedule", "webhook")
    )
    flow = Flow.parse(current) if current else None

    assert scheduled_since(timed, flow, release="ours", now="now") == expected
    assert scheduled_since(called, flow, release="ours", now="now") is None


async def test_a_change_of_the_flow_does_not_move_its_schedule(world: World, clock: Clock) -> None:
    """A new version that leaves the times alone keeps the annotation; new times begin when they are written."""
    await world.settle()
    hook, poll = INTEGRATION["spec"]["flows"]

    def since() -> str:
        annotations = world.cluster.of(FLOWS)["acme-orders.poll"]["metadata"]["annotations"]
        return str(annotations[names.ANNOTATION_SCHEDULED_SINCE])

    clock.advance(timedelta(hours=1))
    world.publish("1.1.0", flows=[hook, {**poll, "steps": [{"name": "b", "set": {"value": 2}}]}])
    await world.settle()
    assert since() == "2026-03-01T12:00:00Z"

    world.change(flows={"poll": {"schedule": {"cron": "0 7 * * *"}}})
    await world.settle()

    assert since() == "2026-03-01T13:00:00Z"


async def test_an_instance_in_a_catalogue_is_not_served(world: World, environment: dict[str, str]) -> None:
    """A namespace that is a catalogue only has Integrations to offer: its Instance is left as it is."""
    await world.publication.reconcile(("acme", "orders"))
    named = {"PENSTOCK_WATCH_NAMESPACES": "customers", "PENSTOCK_CATALOGUE_NAMESPACES": "acme"}
    other = world.fresh(settings=from_environment(environment | named))
    world.cluster.writes.clear()
    await other.instances.reconcile(KEY)

    assert world.cluster.writes == []
    assert "status" not in world.cluster.of(INSTANCES)["acme-orders"]


@pytest.mark.parametrize(
    ("watched", "served"),
    [("", ["customers", "shared"]), ("customers", ["customers"]), ("customers,shared", ["customers", "shared"])],
)
def test_instances_are_served_where_they_are_watched(
    environment: dict[str, str], watched: str, served: list[str]
) -> None:
    """A catalogue that is also named as watched is served, and everything is where nothing is named."""
    named = {"PENSTOCK_WATCH_NAMESPACES": watched, "PENSTOCK_CATALOGUE_NAMESPACES": "shared"}
    settings = from_environment(environment | named)

    assert [namespace for namespace in ("customers", "shared") if settings.serves(namespace)] == served


async def test_an_instance_is_left_alone_while_its_namespace_may_not_be_read(world: World) -> None:
    """What cannot be seen may exist: nothing is deployed, and nothing is said to be missing."""
    world.inventory.set_partial(["acme"])
    with pytest.raises(NotYet, match="may not be read"):
        await world.instances.reconcile(KEY)

    assert world.cluster.writes == []
