"""Reconciliation from end to end, against a cluster and a store that only remember."""

import base64
import hashlib
import json
from typing import Any

import pytest

from fake_cluster import FakeCluster
from operator_stand import FakeTenancy
from operator_world import HOOKS, INTEGRATION, KEY, World
from penstock_core import names
from penstock_core.cluster import (
    CONFIG_MAPS,
    CRON_JOBS,
    FLOWS,
    INSTANCES,
    INTEGRATION_VERSIONS,
    INTEGRATIONS,
    ROLE_BINDINGS,
    SECRETS,
    Object,
)
from penstock_core.errors import ClusterUnavailable, Conflict
from penstock_operator.errors import NotYet


def mirrored(world: World) -> dict[str, Any]:
    """What the gateway finds for the Instance."""
    found: dict[str, Any] = json.loads(base64.b64decode(world.cluster.of(SECRETS)[HOOKS]["data"]["6f1c"]))
    return found


async def test_an_instance_gets_everything_it_needs(world: World) -> None:
    """Flows, CronJob, keys, database role, the gateway's right, definitions and a Ready status come from one Instance."""
    await world.settle()
    flows = world.cluster.of(FLOWS)

    assert sorted(flows) == ["acme-orders.hook", "acme-orders.poll"]
    assert len(world.cluster.of(CRON_JOBS)) == 1
    assert sorted(world.cluster.of(SECRETS)) == [
        "acme-orders-webhook-key",
        "penstock-database-penstock",
        HOOKS,
    ]
    assert list(world.cluster.of(ROLE_BINDINGS)) == ["jobs"]
    assert world.tenancy.roles == {"acme": "generated"}
    assert world.tenancy.definitions == {("acme", "6f1c", flow["spec"]["definitionHash"]) for flow in flows.values()}
    assert world.condition("Ready")["message"] == "Version 1.0.0: 2 flows, 1 webhook, 1 schedule"
    assert world.cluster.of(INSTANCES)["acme-orders"]["metadata"]["finalizers"] == [names.FINALIZER]


async def test_an_unchanged_instance_costs_no_write(world: World) -> None:
    """Reconciling again what has not changed writes nothing, to the cluster or the store."""
    await world.settle()
    before = len(world.cluster.writes), len(world.tenancy.mirrored), len(world.cluster.events)
    for _ in range(3):
        await world.publication.reconcile(("acme", "orders"))
        await world.instances.reconcile(KEY)

    assert (len(world.cluster.writes), len(world.tenancy.mirrored), len(world.cluster.events)) == before


async def test_a_restarted_operator_writes_nothing(world: World, cluster: FakeCluster) -> None:
    """A fresh process that remembers nothing finds nothing to write."""
    await world.settle()
    fresh = world.fresh()
    before = len(cluster.writes)
    await fresh.publication.reconcile(("acme", "orders"))
    await fresh.instances.reconcile(KEY)

    assert len(cluster.writes) == before


async def test_the_password_in_use_is_kept(world: World, cluster: FakeCluster, tenancy: FakeTenancy) -> None:
    """A fresh process uses the password of the Secret that runners have, so that none is locked out."""
    await world.settle()
    secret = cluster.of(SECRETS)["penstock-database-penstock"]
    role = names.database_role("penstock", "acme", uid="n1")
    dsn = f"postgresql://{role}:in-use@db/penstock".encode()
    cluster.seed(SECRETS, {**secret, "data": {"dsn": base64.b64encode(dsn).decode()}})
    fresh = world.fresh()
    await fresh.instances.reconcile(KEY)

    assert tenancy.roles == {"acme": "in-use"}


async def test_the_mirrored_secret_holds_no_key(world: World) -> None:
    """What the gateway can read is the digest of the generated key, not the key."""
    await world.settle()
    secrets = world.cluster.of(SECRETS)
    key = base64.b64decode(secrets["acme-orders-webhook-key"]["data"]["key"])

    assert len(key) >= 40
    assert mirrored(world)["keys"] == [hashlib.sha256(key).hexdigest()]
    assert key not in base64.b64decode(secrets[HOOKS]["data"]["6f1c"])


async def test_missing_configuration_is_told_and_deploys_nothing(world: World) -> None:
    """An Instance that lacks a variable is accepted, says so, and has no Flows."""
    world.change(config={"region": "asia", "typo": 1})
    await world.settle()

    assert world.cluster.of(FLOWS) == {}
    message = world.condition("Configured")["message"]
    assert "config.typo" in message
    assert "config.region" in message
    assert world.condition("Ready")["status"] == "False"


async def test_broken_configuration_keeps_what_runs(world: World) -> None:
    """Flows stay on the last good configuration when a change is wrong, and can be paused meanwhile."""
    await world.settle()
    before = {name: flow["spec"]["definitionHash"] for name, flow in world.cluster.of(FLOWS).items()}
    world.change(config={}, paused=True)
    await world.settle()
    flows = world.cluster.of(FLOWS)

    assert {name: flow["spec"]["definitionHash"] for name, flow in flows.items()} == before
    assert all(flow["spec"]["paused"] for flow in flows.values())
    assert "1.0.0 stays deployed" in world.condition("Deployed")["message"]


async def test_config_maps_fill_what_the_instance_leaves_out(world: World) -> None:
    """Values of a ConfigMap are used, and a missing ConfigMap is named."""
    world.change(config={}, configFrom=[{"configMapRef": {"name": "acme-config"}}])
    await world.settle()
    assert "ConfigMap acme-config does not exist" in world.condition("Configured")["message"]

    world.cluster.seed(
        CONFIG_MAPS, {"metadata": {"name": "acme-config", "namespace": "acme"}, "data": {"region": "us", "x": "y"}}
    )
    await world.settle()

    assert world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]["definition"]["config"] == {"region": "us"}


async def test_pausing_suspends_the_schedule_and_is_noted(world: World) -> None:
    """Pausing reaches Flows and CronJob, and the schedule's pause interval is recorded at both ends."""
    await world.settle()
    world.change(paused=True)
    await world.settle()
    suspended = [job["spec"]["suspend"] for job in world.cluster.of(CRON_JOBS).values()]
    world.change(paused=False)
    await world.settle()

    assert suspended == [True]
    assert [job["spec"]["suspend"] for job in world.cluster.of(CRON_JOBS).values()] == [False]
    assert world.schedules.notes == ["pause", "unpause"]


async def test_a_follower_is_upgraded_and_a_removed_flow_goes(world: World) -> None:
    """A new version reaches an Instance without a pin; flows that it lacks are removed."""
    await world.settle()
    world.publish("1.1.0", flows=INTEGRATION["spec"]["flows"][:1])
    await world.settle()

    assert list(world.cluster.of(FLOWS)) == ["acme-orders.hook"]
    assert world.cluster.of(INSTANCES)["acme-orders"]["status"]["version"] == "1.1.0"
    assert sorted(world.cluster.of(INTEGRATION_VERSIONS)) == ["orders.1.0.0", "orders.1.1.0"]


async def test_a_pin_stays_and_can_roll_back(world: World) -> None:
    """A pinned Instance stays where it is, is told of the newer version, and goes back when its pin does."""
    world.change(integration={"name": "orders", "version": "1.0.0"})
    await world.settle()
    world.publish("1.1.0")
    await world.settle()
    assert world.condition("UpToDate")["message"] == "orders 1.1.0 is available."
    assert ("Warning", "NewVersion", "orders 1.1.0 is available.") in world.cluster.events

    world.change(integration={"name": "orders", "version": "1.1.0"})
    await world.settle()
    world.change(integration={"name": "orders", "version": "1.0.0"})
    await world.settle()

    assert world.cluster.of(FLOWS)["acme-orders.hook"]["spec"]["integration"]["version"] == "1.0.0"


async def test_events_are_not_repeated(world: World) -> None:
    """However often a wrong Instance is looked at, its Event is written once."""
    world.change(config={})
    await world.settle()
    for _ in range(3):
        await world.instances.reconcile(KEY)

    assert [reason for _, reason, _ in world.cluster.events].count("Incomplete") == 1


async def test_versions_are_kept_while_somebody_runs_them(world: World) -> None:
    """Deleting an Integration leaves the version that an Instance runs; it goes with the Instance."""
    await world.settle()
    world.publish("1.1.0")
    await world.settle()
    world.cluster.remove(INTEGRATIONS, "acme", "orders")
    await world.publication.reconcile(("acme", "orders"))
    await world.instances.reconcile(KEY)
    assert list(world.cluster.of(INTEGRATION_VERSIONS)) == ["orders.1.1.0"]
    assert world.condition("Ready")["status"] == "True"

    world.delete_instance()
    await world.instances.reconcile(KEY)
    await world.publication.reconcile(("acme", "orders"))

    assert world.cluster.of(INTEGRATION_VERSIONS) == {}


async def test_each_version_counts_its_instances(world: World) -> None:
    """An IntegrationVersion's status says how many Instances run it."""
    await world.settle()
    await world.settle()

    assert world.cluster.of(INTEGRATION_VERSIONS)["orders.1.0.0"]["status"]["instances"] == 1


async def test_versions_that_another_release_published_are_its_own(world: World) -> None:
    """Of two releases with one catalogue each counts and collects what it published, and leaves the rest alone."""
    await world.settle()
    body = world.cluster.of(INTEGRATION_VERSIONS)["orders.1.0.0"]
    labels = body["metadata"]["labels"] | {names.LABEL_RELEASE: "other.release"}
    metadata = {**body["metadata"], "name": "orders.0.9.0", "uid": "theirs", "labels": labels}
    world.cluster.seed(
        INTEGRATION_VERSIONS, {**body, "metadata": metadata, "spec": {**body["spec"], "version": "0.9.0"}}
    )
    before = world.cluster.of(INTEGRATION_VERSIONS)["orders.0.9.0"]
    await world.settle()
    assert world.cluster.of(INTEGRATION_VERSIONS)["orders.0.9.0"] == before

    world.delete_instance()
    await world.instances.reconcile(KEY)
    world.cluster.remove(INTEGRATIONS, "acme", "orders")
    await world.publication.reconcile(("acme", "orders"))

    assert list(world.cluster.of(INTEGRATION_VERSIONS)) == ["orders.0.9.0"]


async def test_another_namespace_must_be_a_catalogue(world: World) -> None:
    """An Integration of a namespace that is no catalogue is refused with the remedy."""
    world.change(integration={"name": "orders", "namespace": "other"})
    await world.instances.reconcile(KEY)

    assert "other is not a catalogue" in world.condition("Deployed")["message"]


async def test_named_keys_replace_the_generated_one(world: World) -> None:
    """An Instance that names a Secret with keys has those accepted, and none generated."""
    world.change(webhook={"keysSecretRef": {"name": "my-keys"}})
    world.cluster.seed(
        SECRETS,
        {
            "metadata": {"name": "my-keys", "namespace": "acme", "labels": {names.LABEL_CONNECTION: "true"}},
            "data": {"a": base64.b64encode(b"one" * 6).decode(), "b": base64.b64encode(b"two" * 6).decode()},
        },
    )
    await world.settle()

    assert mirrored(world)["keys"] == sorted(hashlib.sha256(key).hexdigest() for key in (b"one" * 6, b"two" * 6))
    assert "acme-orders-webhook-key" not in world.cluster.of(SECRETS)


@pytest.mark.parametrize("labels", [{}, {names.LABEL_MANAGED_BY: "penstock"}])
async def test_a_secret_of_the_generated_keys_name_is_not_adopted(world: World, labels: dict[str, str]) -> None:
    """What somebody put there before is named in the condition and lets nobody in; once it is gone a key is generated."""
    planted = {
        "metadata": {"name": "acme-orders-webhook-key", "namespace": "acme", "labels": labels},
        "data": {"key": "a2V5"},
    }
    world.cluster.seed(SECRETS, planted, seen=False)
    with pytest.raises(NotYet):
        await world.settle()

    configured = world.condition("Configured")
    assert configured["status"] == "False"
    assert "the Secret acme-orders-webhook-key was there before" in configured["message"]
    assert world.cluster.of(SECRETS)["acme-orders-webhook-key"]["metadata"]["labels"] == labels
    assert HOOKS not in world.cluster.of(SECRETS)
    world.cluster.remove(SECRETS, "acme", "acme-orders-webhook-key")
    await world.settle()
    assert world.condition("Ready")["status"] == "True"


def signing_secret(value: bytes, **labels: str) -> Object:
    return {
        "metadata": {"name": "shop", "namespace": "acme", "labels": labels or {names.LABEL_CONNECTION: "true"}},
        "data": {"secret": base64.b64encode(value).decode()},
    }


async def test_a_signing_secret_is_mirrored_beside_the_keys(world: World) -> None:
    """The gateway finds how requests are signed where it finds the keys; taken out of the Instance, it goes."""
    world.cluster.seed(SECRETS, signing_secret(b"hush"))
    world.change(webhook={"signature": {"preset": "github", "secretRef": {"name": "shop", "key": "secret"}}})
    await world.settle()

    assert mirrored(world)["signature"] == {"preset": "github", "key": base64.b64encode(b"hush").decode()}
    assert "acme-orders-webhook-key" in world.cluster.of(SECRETS)
    world.change(webhook=None)
    await world.settle()
    assert "signature" not in mirrored(world)


async def test_a_signing_secret_that_breaks_stays_as_it_was(world: World) -> None:
    """A missing label is a problem of the configuration; what is deployed goes on with the last good credentials."""
    world.cluster.seed(SECRETS, signing_secret(b"hush"))
    world.change(webhook={"signature": {"preset": "github", "secretRef": {"name": "shop", "key": "secret"}}})
    await world.settle()
    world.cluster.seed(SECRETS, signing_secret(b"other", team="a"))
    await world.settle()

    assert "lacks the label penstock.dev/connection" in world.condition("Configured")["message"]
    assert mirrored(world)["signature"]["key"] == base64.b64encode(b"hush").decode()


async def test_named_keys_stay_while_the_version_is_unknown(world: World) -> None:
    """An Instance whose pin names no version keeps its own keys: the generated one is not put in their place."""
    keys = signing_secret(b"one of sixteen characters")
    world.cluster.seed(SECRETS, keys)
    world.change(webhook={"keysSecretRef": {"name": "shop"}})
    await world.settle()
    before = mirrored(world)
    world.change(integration={"name": "orders", "version": "9.9.9"})
    await world.settle()

    assert world.condition("Ready")["status"] == "False"
    assert mirrored(world) == before
    assert "acme-orders-webhook-key" not in world.cluster.of(SECRETS)


async def test_a_failed_write_is_raised_and_the_next_try_completes(world: World) -> None:
    """A write that fails stops this try only: the next one goes on where it was."""
    world.cluster.failures[("apply", "flows")] = ClusterUnavailable("away", status=503)
    await world.publication.reconcile(("acme", "orders"))
    with pytest.raises(ClusterUnavailable):
        await world.instances.reconcile(KEY)
    world.cluster.failures.clear()
    await world.settle()

    assert world.condition("Ready")["status"] == "True"


async def test_a_finalizer_that_another_set_meanwhile_is_not_lost(world: World) -> None:
    """The finalizer is added only to the version that was read."""
    stale = world.cluster.of(INSTANCES)["acme-orders"]
    changed = {**stale, "metadata": {**stale["metadata"], "finalizers": ["other/one"]}}
    world.cluster.seed(INSTANCES, changed, seen=False)
    with pytest.raises(Conflict):
        await world.instances.reconcile(KEY)
    await world.settle()

    assert world.cluster.of(INSTANCES)["acme-orders"]["metadata"]["finalizers"] == ["other/one", names.FINALIZER]


def held_by(world: World, release: str, **metadata: Any) -> None:
    """The Instance as another release holds it."""
    body = world.cluster.of(INSTANCES)["acme-orders"]
    held = {"finalizers": [names.FINALIZER], "annotations": {names.ANNOTATION_RELEASE: release}}
    world.cluster.seed(INSTANCES, {**body, "metadata": {**body["metadata"], **held, **metadata}})
    world.cluster.writes.clear()


async def test_the_finalizer_names_the_release(world: World) -> None:
    """Who deployed an Instance stands on it, written in one patch with the finalizer."""
    await world.settle()

    metadata = world.cluster.of(INSTANCES)["acme-orders"]["metadata"]
    assert metadata["annotations"][names.ANNOTATION_RELEASE] == "penstock-system.penstock"
    assert world.cluster.writes.count(("patch", "instances", "acme-orders")) == 1


async def test_another_releases_instance_is_left_alone(world: World) -> None:
    """Where two releases watch a namespace, the second deploys nothing, removes nothing, and says why once."""
    await world.settle()
    body = world.cluster.of(INSTANCES)["acme-orders"]
    flows = dict(world.cluster.of(FLOWS))
    held_by(world, "other.release", generation=2)
    world.cluster.seed(
        INSTANCES, {**world.cluster.of(INSTANCES)["acme-orders"], "spec": {**body["spec"], "paused": True}}
    )
    for _ in range(2):
        await world.instances.reconcile(KEY)
    assert world.cluster.writes == [("patch_status", "instances", "acme-orders")]
    held_by(world, "other.release", deletionTimestamp="2026-03-01T12:00:00Z")
    await world.instances.reconcile(KEY)

    assert world.cluster.writes == []
    assert world.cluster.of(FLOWS) == flows
    [told] = [message for _, reason, message in world.cluster.events if reason == "ManagedByAnotherRelease"]
    assert "The release other.release manages this Instance" in told
    assert "watchNamespaces" in told
    assert "kubectl annotate instance acme-orders -n acme penstock.dev/release-" in told


async def test_a_holder_that_reports_nothing_is_named_in_the_status(world: World) -> None:
    """A change that the other release has not taken up is shown as not ready; what it has reported on is its own affair."""
    await world.settle()
    held_by(world, "other.release")
    await world.instances.reconcile(KEY)
    assert world.condition("Ready")["status"] == "True"
    held_by(world, "other.release", generation=7)
    await world.instances.reconcile(KEY)

    ready = world.condition("Ready")
    assert (ready["status"], ready["reason"]) == ("False", "ManagedByAnotherRelease")
    assert world.cluster.of(INSTANCES)["acme-orders"]["status"]["observedGeneration"] < 7
    world.cluster.writes.clear()
    await world.instances.reconcile(KEY)
    assert world.cluster.writes == []


@pytest.mark.parametrize("freed", [{"finalizers": []}, {"annotations": {}}])
async def test_a_free_instance_is_taken_over(world: World, freed: dict[str, Any]) -> None:
    """After an uninstall, or without the annotation, the next release adopts the Instance, its Flows and its key."""
    await world.settle()
    for kind, name in ((FLOWS, "acme-orders.hook"), (SECRETS, "acme-orders-webhook-key")):
        body = world.cluster.of(kind)[name]
        labels = body["metadata"]["labels"] | {names.LABEL_RELEASE: "other.release"}
        world.cluster.seed(kind, {**body, "metadata": {**body["metadata"], "labels": labels}})
    key = world.cluster.of(SECRETS)["acme-orders-webhook-key"]["data"]
    held_by(world, "other.release", **freed)
    await world.settle()

    assert world.condition("Ready")["status"] == "True"
    metadata = world.cluster.of(INSTANCES)["acme-orders"]["metadata"]
    assert metadata["annotations"][names.ANNOTATION_RELEASE] == "penstock-system.penstock"
    assert metadata["finalizers"] == [names.FINALIZER]
    flow = world.cluster.of(FLOWS)["acme-orders.hook"]
    assert flow["metadata"]["labels"][names.LABEL_RELEASE] == "penstock-system.penstock"
    assert world.cluster.of(SECRETS)["acme-orders-webhook-key"]["data"] == key


async def test_of_two_releases_that_see_an_instance_at_once_one_gets_it(world: World) -> None:
    """The claim holds only for the version that was read: the second finds it taken and leaves."""
    stale = world.cluster.of(INSTANCES)["acme-orders"]
    taken = {"finalizers": [names.FINALIZER], "annotations": {names.ANNOTATION_RELEASE: "other.release"}}
    world.cluster.seed(INSTANCES, {**stale, "metadata": {**stale["metadata"], **taken}}, seen=False)
    with pytest.raises(Conflict):
        await world.instances.reconcile(KEY)
    await world.instances.reconcile(KEY)

    assert world.cluster.of(FLOWS) == {}
    assert world.condition("Ready")["reason"] == "ManagedByAnotherRelease"


async def test_warnings_of_a_version_are_told_once(world: World) -> None:
    """An Event when it is published; afterwards the condition has them, whatever process looks."""
    steps = [{"name": "a", "set": {"value": "{{ trigger.body.id }}"}}]
    world.publish("1.1.0", flows=[{**INTEGRATION["spec"]["flows"][0], "steps": steps}])
    await world.settle()
    await world.fresh().settle()
    warned = [note for _, reason, note in world.cluster.events if reason == "ValidWithWarnings"]

    assert len(warned) == 1
    assert "flow hook, step a, set.value, column 1: `{{ trigger.body.id }}` means nothing here" in warned[0]
