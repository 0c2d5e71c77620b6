"""The small parts of the operator: settings, routing, watching, CRDs, cleanup, loops, HTTP."""

import asyncio
import json
import logging
from datetime import timedelta

import kopf
import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer

from penstock_core import names
from penstock_core.cluster import CRDS, FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS
from penstock_core.errors import ClusterError, StoreUnavailable
from penstock_operator.cleanup import remove_finalizers
from penstock_operator.crds import apply_all, is_downgrade, shipped
from penstock_operator.errors import SettingsError
from penstock_operator.http_server import application
from penstock_operator.inventory import KINDS
from penstock_operator.logs import JsonFormatter
from penstock_operator.loops import Pulse, every
from penstock_operator.metrics import Metrics
from penstock_operator.routing import Router
from penstock_operator.settings import from_environment
from penstock_operator.watching import NothingStored, into, list_once, readable_namespaces, registry, settings


def test_every_missing_setting_is_named(environment):
    """An incomplete environment is refused with all that is wrong with it."""
    del environment["PENSTOCK_DSN"]
    environment["PENSTOCK_MAX_RUNNING"] = "many"

    with pytest.raises(SettingsError, match=r"PENSTOCK_DSN is not set; PENSTOCK_MAX_RUNNING is 'many'"):
        from_environment(environment)


def test_catalogues_are_watched_too(environment):
    """With named namespaces, those of catalogues are watched as well; without, all are."""
    named = from_environment(
        {**environment, "PENSTOCK_WATCH_NAMESPACES": "a, b", "PENSTOCK_CATALOGUE_NAMESPACES": "b,c"}
    )

    assert named.watched == ("a", "b", "c")
    assert from_environment(environment).watched == (None,)
    assert from_environment(environment).public_url == "https://hooks.example"


def item(kind, name, *, spec=None, version="1", **metadata):
    return {
        "metadata": {"name": name, "namespace": "acme", "uid": name, "resourceVersion": version, **metadata},
        "spec": spec or {},
    }


INSTANCE = item(
    "instances",
    "i1",
    spec={
        "integration": {"name": "orders"},
        "connections": {"erp": {"secretRef": {"name": "acme-erp"}}},
        "configFrom": [{"configMapRef": {"name": "cm"}}],
    },
)


class Queue:
    def __init__(self):
        self.keys = []

    def add(self, key, *, after=0):
        self.keys.append(key[1])


@pytest.fixture
def routed(inventory):
    integrations, instances = Queue(), Queue()
    router = Router(inventory, integrations=integrations, instances=instances)
    inventory.put(INSTANCES, INSTANCE)
    inventory.on_change = router.changed
    return inventory, router, integrations, instances


def test_an_integration_brings_its_instances(routed):
    """A change of an Integration, or of one of its versions, reaches those that use it."""
    inventory, _, integrations, instances = routed
    inventory.put(INTEGRATIONS, item("integrations", "orders"))
    inventory.put(INTEGRATION_VERSIONS, item("v", "orders.1.0.0", spec={"integration": "orders", "version": "1.0.0"}))

    assert integrations.keys == ["orders", "orders"]
    assert instances.keys == ["i1", "i1"]


def test_secrets_and_config_maps_bring_those_that_name_them(routed):
    """A referenced Secret or ConfigMap reaches its Instances, another one nobody."""
    _, router, _, instances = routed
    router.secret_changed(("acme", "acme-erp"), None)
    router.secret_changed(("acme", "i1-webhook-key"), None)
    router.config_map_changed(("acme", "cm"), None)
    router.secret_changed(("other", "acme-erp"), None)
    router.config_map_changed(("acme", "nobodys"), None)

    assert instances.keys == ["i1", "i1", "i1"]


def test_a_deleted_secret_of_digests_brings_those_whose_digests_it_held(routed):
    """Who shares the Secret writes its field again; other Secrets' going brings nobody."""
    _, router, _, instances = routed
    held = names.webhook_digest_secret("penstock", INSTANCE["metadata"]["uid"])
    for name in (*names.webhook_digest_secrets("penstock"), "penstock-gateway-database"):
        router.digests_gone(name, release_name="penstock")
    router.digests_gone(held, release_name="other")

    assert instances.keys == ["i1"]


def test_a_flows_status_brings_nobody(routed):
    """A Flow's last execution is written often and causes no reconciliation; its deletion does."""
    inventory, _, _, instances = routed
    inventory.put(FLOWS, item("flows", "i1.a", spec={"instance": "i1"}, generation=1))
    inventory.put(FLOWS, item("flows", "i1.a", spec={"instance": "i1"}, generation=1, version="2"))
    inventory.remove(FLOWS, ("acme", "i1.a"))

    assert instances.keys == ["i1", "i1"]


def test_an_older_version_does_not_replace_a_newer_one(inventory):
    """A list that was read before a watch event arrived does not take it back."""
    inventory.put(INSTANCES, {**INSTANCE, "metadata": {**INSTANCE["metadata"], "resourceVersion": "10"}})
    inventory.put(INSTANCES, {**INSTANCE, "metadata": {**INSTANCE["metadata"], "resourceVersion": "9"}})

    assert inventory.get(INSTANCES, ("acme", "i1"))["metadata"]["resourceVersion"] == "10"


def test_a_list_removes_what_is_gone_and_keeps_what_came_meanwhile(inventory):
    """Objects known before the list and not in it are gone; newer ones are not."""
    inventory.put(INSTANCES, INSTANCE)
    before = list(inventory.all(INSTANCES))
    inventory.put(INSTANCES, item("instances", "new", spec={"integration": {"name": "orders"}}))
    inventory.replace(INSTANCES, [], listed_before=before)

    assert list(inventory.all(INSTANCES)) == [("acme", "new")]
    assert inventory.instances_of(("acme", "orders")) == {("acme", "new")}


def test_watch_events_fill_the_inventory(inventory):
    """What Kopf sees is put, what it sees deleted is removed."""
    take = into(inventory)
    take(INSTANCES, "", INSTANCE)
    assert ("acme", "i1") in inventory.all(INSTANCES)

    take(INSTANCES, "DELETED", INSTANCE)

    assert ("acme", "i1") not in inventory.all(INSTANCES)


def test_kopf_has_nothing_to_write(inventory):
    """No handler makes Kopf add finalizers, annotations or events; nothing of an object is copied."""
    handlers = registry(lambda *_: None)
    chosen = settings()
    body = kopf.Body({"metadata": {"name": "x"}, "spec": {"large": "x" * 1_000_000}})

    assert not handlers._changing.get_all_handlers()
    assert not handlers._spawning.get_all_handlers()
    assert len(handlers._watching.get_all_handlers()) == len(KINDS)
    assert chosen.posting.enabled is False
    assert isinstance(chosen.persistence.diffbase_storage, NothingStored)
    assert chosen.persistence.diffbase_storage.build(body=body) == {}


async def test_a_namespace_without_rights_is_left_out(cluster, inventory):
    """A namespace whose Role is gone does not keep the others from being read."""
    cluster.failures[("list", "gone")] = ClusterError("forbidden", status=403)
    cluster.seed(INSTANCES, INSTANCE)

    assert await readable_namespaces(cluster, ("acme", "gone")) == ("acme",)


async def test_an_api_server_that_is_away_is_no_missing_right(cluster):
    """Only a refusal counts as one; what passes is raised and tried again."""
    cluster.failures[("list", "acme")] = ClusterError("away", status=503)
    with pytest.raises(ClusterError):
        await readable_namespaces(cluster, ("acme",))


async def test_a_list_of_one_namespace_leaves_others_alone(cluster, inventory):
    """Listing a namespace removes what is gone there, and nothing elsewhere."""
    inventory.put(INSTANCES, INSTANCE)
    other = item("instances", "i2", spec=INSTANCE["spec"])
    inventory.put(INSTANCES, {**other, "metadata": {**other["metadata"], "namespace": "other"}})
    await list_once(cluster, inventory, INSTANCES, namespace="acme")

    assert list(inventory.all(INSTANCES)) == [("other", "i2")]


def definition(release):
    return {"metadata": {"name": "flows.penstock.dev", "annotations": {"penstock.dev/crd-release": release}}}


@pytest.mark.parametrize(
    ("current", "wanted", "refused"),
    [("0.10.0", "0.9.0", True), ("0.9.0", "0.10.0", False), ("1.0.0", "1.0.0", False), ("", "1.0.0", False)],
)
def test_definitions_are_never_downgraded(current, wanted, refused):
    """A CRD of a later release stays."""
    assert is_downgrade(definition(current), definition(wanted)) is refused


async def test_shipped_definitions_are_applied_but_newer_ones_stay(cluster, tmp_path):
    """All files of the folder are applied server-side, except where the cluster is ahead."""
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(definition("1.0.0")))
    other = {"metadata": {"name": "other.penstock.dev", "annotations": {"penstock.dev/crd-release": "1.0.0"}}}
    (tmp_path / "b.yaml").write_text(yaml.safe_dump(other))
    cluster.seed(CRDS, definition("2.0.0"))
    await apply_all(cluster, shipped(tmp_path))

    assert cluster.writes == [("apply", "customresourcedefinitions", "other.penstock.dev")]


async def test_cleanup_takes_only_penstocks_finalizer(cluster):
    """Before an uninstall, Instances lose Penstock's finalizer and keep those of others."""
    cluster.seed(
        INSTANCES, {**INSTANCE, "metadata": {**INSTANCE["metadata"], "finalizers": ["other/one", names.FINALIZER]}}
    )
    cluster.seed(INSTANCES, item("instances", "free", spec=INSTANCE["spec"]))

    claims = {"finalizers": [names.FINALIZER], "annotations": {names.ANNOTATION_RELEASE: "other.release"}}
    theirs = item("instances", "theirs", spec=INSTANCE["spec"])
    cluster.seed(INSTANCES, {**theirs, "metadata": {**theirs["metadata"], **claims}})

    assert await remove_finalizers(cluster, (None,), release="penstock-system.penstock") == 1
    assert cluster.of(INSTANCES)["i1"]["metadata"]["finalizers"] == ["other/one"]
    assert cluster.of(INSTANCES)["theirs"]["metadata"]["finalizers"] == [names.FINALIZER]


async def test_a_failing_step_is_followed_by_the_next():
    """A loop survives its steps, and says when the database was away."""
    steps, away, done = 0, [], asyncio.Event()

    async def step():
        nonlocal steps
        steps += 1
        if steps == 1:
            raise StoreUnavailable("restarting")
        if steps == 2:
            raise ValueError("defect")
        done.set()

    pulse = Pulse()
    task = asyncio.create_task(every(0, "test", step, pulse=pulse, store_away=lambda: away.append(1)))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    await asyncio.wait({task})

    assert steps >= 3
    assert away == [1]
    assert pulse.silent() == {}


async def test_probes_tell_what_hangs_and_what_is_missing():
    """/healthz names loops that hang, /readyz why the replica is not ready, /metrics speaks Prometheus."""
    silent, reasons, metrics = {}, [None], Metrics()
    metrics.leading(active=True)
    app = application(metrics=metrics, silent=lambda: silent, ready=lambda: reasons[0])
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 200
        assert "penstock_operator_leader 1.0" in await (await client.get("/metrics")).text()
        silent["custody"], reasons[0] = 200.0, "no database"
        health, ready = await client.get("/healthz"), await client.get("/readyz")

        assert (health.status, await health.text()) == (503, "not moving: custody (200 s)\n")
        assert (ready.status, await ready.text()) == (503, "no database\n")


def test_a_silent_loop_is_noticed():
    """A loop that does not come back within its time is silent."""
    now = [0.0]
    pulse = Pulse(monotonic=lambda: now[0])
    pulse.beat("custody", within=10)
    now[0] = timedelta(seconds=11).total_seconds()

    assert pulse.silent() == {"custody": 11.0}


def test_log_lines_are_json_with_key_values():
    """A record is one JSON object: a constant message, and what belongs to the case beside it."""
    record = logging.makeLogRecord(
        {"name": "penstock", "levelname": "INFO", "msg": "flow applied", "namespace": "acme"}
    )
    line = json.loads(JsonFormatter().format(record))

    assert {name: line[name] for name in ("level", "message", "namespace")} == {
        "level": "info",
        "message": "flow applied",
        "namespace": "acme",
    }
