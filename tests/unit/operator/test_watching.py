"""What the operator knows of Penstock's kinds, how it learns it, and whom a change brings."""

from collections.abc import Callable
from typing import Any

import kopf
import pytest

from fake_cluster import FakeCluster
from operator_stand import item
from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Key, Kind, Object
from penstock_core.errors import ClusterError
from penstock_core.observed.base import fingerprint_of
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.instances.dependents import Dependents as InstanceDependents
from penstock_operator.integrations.controller import Dependents as IntegrationDependents
from penstock_operator.watch.inventory import KINDS, Inventory
from penstock_operator.watch.kopf_events import NothingStored, into, list_once, list_readable, registry, settings
from penstock_operator.watch.references import integration_keys, secret_keys

INSTANCE = item(
    "i1",
    spec={
        "integration": {"name": "orders"},
        "connections": {"erp": {"secretRef": {"name": "acme-erp"}}},
        "configFrom": [{"configMapRef": {"name": "cm"}}],
    },
)


class Queue(WorkQueue[Key]):
    """Notes the names that were asked for."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def add(self, key: Key, *, after: float = 0) -> None:
        self.keys.append(key[1])


Routed = tuple[Inventory, InstanceDependents, Queue, Queue]


@pytest.fixture
def routed(inventory: Inventory) -> Routed:
    integrations, instances = Queue(), Queue()
    dependents = InstanceDependents(inventory, instances, release_name="penstock")
    inventory.put(INSTANCES, INSTANCE)

    def changed(kind: Kind, key: Key, before: Any, after: Any, *, ours: bool = False) -> None:
        IntegrationDependents(inventory, integrations).changed(kind, key, before, after, ours=ours)
        dependents.changed(kind, key, before, after, ours=ours)

    inventory.on_change = changed
    return inventory, dependents, integrations, instances


def test_an_integration_brings_its_instances(routed: Routed) -> None:
    """A change of an Integration, or of one of its versions, reaches those that use it."""
    inventory, _, integrations, instances = routed
    inventory.put(INTEGRATIONS, item("orders"))
    inventory.put(INTEGRATION_VERSIONS, item("orders.1.0.0", spec={"integration": "orders", "version": "1.0.0"}))

    assert integrations.keys == ["orders", "orders"]
    assert instances.keys == ["i1", "i1"]


def test_secrets_and_config_maps_bring_those_that_name_them(routed: Routed) -> None:
    """A referenced Secret or ConfigMap reaches its Instances, another one nobody."""
    _, dependents, _, instances = routed
    dependents.secret_changed(("acme", "acme-erp"), None)
    dependents.secret_changed(("acme", "i1-webhook-key"), None)
    dependents.config_map_changed(("acme", "cm"), None)
    dependents.secret_changed(("other", "acme-erp"), None)
    dependents.config_map_changed(("acme", "nobodys"), None)

    assert instances.keys == ["i1", "i1", "i1"]


def test_config_maps_are_known_by_who_names_them(routed: Routed) -> None:
    """The data of a ConfigMap is kept where an Instance of its namespace names it."""
    _, dependents, _, _ = routed

    assert dependents.names_config_map(("acme", "cm"))
    assert not dependents.names_config_map(("acme", "nobodys"))
    assert not dependents.names_config_map(("other", "cm"))


def test_a_deleted_secret_of_digests_brings_those_whose_digests_it_held(routed: Routed) -> None:
    """Who shares the Secret writes its field again; other Secrets' going brings nobody."""
    inventory, dependents, _, instances = routed
    held = names.webhook_digest_secret("penstock", INSTANCE["metadata"]["uid"])
    for name in (*names.webhook_digest_secrets("penstock"), "penstock-gateway-database"):
        dependents.digests_gone(name)
    InstanceDependents(inventory, instances, release_name="other").digests_gone(held)

    assert instances.keys == ["i1"]


def test_a_flows_status_brings_nobody(routed: Routed) -> None:
    """A Flow's last execution is written often and causes no reconciliation; its deletion does."""
    inventory, _, _, instances = routed
    inventory.put(FLOWS, item("i1.a", spec={"instance": "i1"}, generation=1))
    inventory.put(FLOWS, item("i1.a", spec={"instance": "i1"}, generation=1, version="2"))
    inventory.remove(FLOWS, ("acme", "i1.a"))

    assert instances.keys == ["i1", "i1"]


def test_an_older_version_does_not_replace_a_newer_one(inventory: Inventory) -> None:
    """A list that was read before a watch event arrived does not take it back."""
    inventory.put(INSTANCES, {**INSTANCE, "metadata": {**INSTANCE["metadata"], "resourceVersion": "10"}})
    inventory.put(INSTANCES, {**INSTANCE, "metadata": {**INSTANCE["metadata"], "resourceVersion": "9"}})

    assert inventory.all(INSTANCES)["acme", "i1"].resource_version == "10"


def test_a_list_removes_what_is_gone_and_keeps_what_came_meanwhile(inventory: Inventory) -> None:
    """Objects known before the list and not in it are gone; newer ones are not."""
    users = inventory.index(INSTANCES, integration_keys)
    inventory.put(INSTANCES, INSTANCE)
    with inventory.listing(INSTANCES, None) as listing:
        inventory.put(INSTANCES, item("new", spec={"integration": {"name": "orders"}}))
        inventory.replace(listing, [])

    assert list(inventory.all(INSTANCES)) == [("acme", "new")]
    assert users.of(("acme", "orders")) == {("acme", "new")}


def test_an_index_knows_what_came_before_and_after_it(inventory: Inventory) -> None:
    """Whenever it is asked for, an index has all that is known, forgets what went, and is one for all of its users."""
    inventory.put(INSTANCES, INSTANCE)
    by_secret = inventory.index(INSTANCES, secret_keys)
    before = by_secret.objects_of(("acme", "acme-erp"))
    metadata = {**INSTANCE["metadata"], "resourceVersion": "2"}
    inventory.put(INSTANCES, {"metadata": metadata, "spec": {"integration": {"name": "orders"}}})
    inventory.put(INSTANCES, {**INSTANCE, "metadata": {**INSTANCE["metadata"], "name": "i2", "uid": "i2"}})
    after = by_secret.of(("acme", "acme-erp"))
    inventory.remove(INSTANCES, ("acme", "i2"))

    assert [one.name for one in before] == ["i1"]
    assert after == {("acme", "i2")}
    assert by_secret.of(("acme", "acme-erp")) == frozenset()
    assert inventory.index(INSTANCES, secret_keys) is by_secret


def test_watch_events_fill_the_inventory(inventory: Inventory) -> None:
    """What Kopf sees is put, what it sees deleted is removed."""
    take = into(inventory)
    take(INSTANCES, "", INSTANCE)
    assert ("acme", "i1") in inventory.all(INSTANCES)

    take(INSTANCES, "DELETED", INSTANCE)

    assert ("acme", "i1") not in inventory.all(INSTANCES)


def test_kopf_has_nothing_to_write(inventory: Inventory) -> None:
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


def test_a_version_that_is_known_is_not_told_again(inventory: Inventory) -> None:
    """The watch's event about a write of our own, whose answer was faster, costs no look at the object; a newer one does."""
    calls: list[Callable[[], None]] = []
    take = into(inventory, call=calls.append)
    inventory.put(INSTANCES, renewed("5"))
    take(INSTANCES, "MODIFIED", renewed("5"))
    assert calls == []

    take(INSTANCES, "MODIFIED", renewed("6"))
    take(INSTANCES, "MODIFIED", renewed("5", uid="another"))

    assert len(calls) == 2


async def test_a_namespace_without_rights_is_left_out(cluster: FakeCluster, inventory: Inventory) -> None:
    """A namespace whose Role is gone does not keep the others from being read."""
    cluster.failures[("list", "gone")] = ClusterError("forbidden", status=403)
    cluster.seed(INSTANCES, INSTANCE, seen=False)

    assert await list_readable(cluster, inventory, ("acme", "gone")) == ("acme",)
    assert list(inventory.all(INSTANCES)) == [("acme", "i1")]
    assert (inventory.is_partial("gone"), inventory.is_partial("acme")) == (True, False)


async def test_a_namespace_is_read_in_full_or_not_watched(cluster: FakeCluster, inventory: Inventory) -> None:
    """Where Instances may be listed everywhere, a deleted namespace shows them alone: they are known, and nothing else is."""
    cluster.seed(INSTANCES, INSTANCE, seen=False)
    for kind in (INTEGRATIONS, INTEGRATION_VERSIONS, FLOWS):
        cluster.failures[("list", kind.plural, "acme")] = ClusterError("forbidden", status=403)

    assert await list_readable(cluster, inventory, ("acme",)) == ()
    assert list(inventory.all(INSTANCES)) == [("acme", "i1")]
    assert inventory.is_partial("acme")
    cluster.failures.clear()
    assert await list_readable(cluster, inventory, ("acme",)) == ("acme",)
    assert not inventory.is_partial("acme")


async def test_what_is_known_is_what_was_listed(cluster: FakeCluster, inventory: Inventory) -> None:
    """A namespace is known once its list was complete; one that is not watched, or not readable any more, is not."""
    cluster.failures[("list", "gone")] = ClusterError("forbidden", status=403)
    before = inventory.knows(FLOWS, "acme")
    await list_readable(cluster, inventory, ("acme", "gone"))
    after = [inventory.knows(FLOWS, namespace) for namespace in ("acme", "gone", "elsewhere")]
    inventory.set_partial(["acme"])

    assert (before, after) == (False, [True, False, False])
    assert not inventory.knows(FLOWS, "acme")


async def test_a_list_of_all_namespaces_makes_each_known(cluster: FakeCluster, inventory: Inventory) -> None:
    """Where all are watched, nothing of any namespace is missing."""
    await list_readable(cluster, inventory, (None,))

    assert inventory.knows(FLOWS, "acme")


async def test_an_api_server_that_is_away_is_no_missing_right(cluster: FakeCluster, inventory: Inventory) -> None:
    """Only a refusal counts as one; what passes is raised and tried again."""
    cluster.failures[("list", "acme")] = ClusterError("away", status=503)
    with pytest.raises(ClusterError):
        await list_readable(cluster, inventory, ("acme",))


async def test_a_list_of_one_namespace_leaves_others_alone(cluster: FakeCluster, inventory: Inventory) -> None:
    """Listing a namespace removes what is gone there, and nothing elsewhere."""
    inventory.put(INSTANCES, INSTANCE)
    other = item("i2", spec=INSTANCE["spec"])
    inventory.put(INSTANCES, {**other, "metadata": {**other["metadata"], "namespace": "other"}})
    await list_once(cluster, inventory, INSTANCES, namespace="acme")

    assert list(inventory.all(INSTANCES)) == [("other", "i2")]


def renewed(version: str, uid: str = "again") -> Object:
    """The Instance as somebody made it anew under its old name."""
    return {**INSTANCE, "metadata": {**INSTANCE["metadata"], "uid": uid, "resourceVersion": version}}


def test_what_goes_during_a_list_does_not_come_back(inventory: Inventory) -> None:
    """A list that was read before the deletion is older than the event, known before it or not."""
    inventory.put(INSTANCES, INSTANCE)
    unseen = item("i2", spec=INSTANCE["spec"])
    with inventory.listing(INSTANCES, None) as listing:
        inventory.remove(INSTANCES, ("acme", "i1"), uid="i1")
        inventory.remove(INSTANCES, ("acme", "i2"), uid="i2")
        inventory.replace(listing, [INSTANCES.parse(INSTANCE), INSTANCES.parse(unseen)])

    assert list(inventory.all(INSTANCES)) == []


def test_what_was_made_anew_during_a_list_stays(inventory: Inventory) -> None:
    """A list from between deletion and creation lacks the name, and one from before has the old object."""
    for listed in ([], [INSTANCE]):
        inventory.remove(INSTANCES, ("acme", "i1"))
        inventory.put(INSTANCES, INSTANCE)
        with inventory.listing(INSTANCES, None) as listing:
            inventory.remove(INSTANCES, ("acme", "i1"), uid="i1")
            inventory.put(INSTANCES, renewed("5"))
            inventory.replace(listing, [INSTANCES.parse(one) for one in listed])

        assert inventory.all(INSTANCES)["acme", "i1"].uid == "again"


def test_a_deletion_that_is_told_late_takes_nothing_else(inventory: Inventory) -> None:
    """The event about the old object leaves the new one of its name alone."""
    take = into(inventory)
    take(INSTANCES, "", renewed("5"))
    take(INSTANCES, "DELETED", INSTANCE)

    assert inventory.all(INSTANCES)["acme", "i1"].uid == "again"


def test_a_status_of_an_integration_brings_nobody(routed: Routed) -> None:
    """Conditions and counts decide nothing; a new generation, that it was looked at, and what is published do."""
    inventory, _, integrations, instances = routed
    status = {"observedGeneration": 1, "publishedVersion": "1.0.0"}
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"generation": 1}, {}),
        ({"generation": 1}, status),
        ({"generation": 1}, status | {"conditions": [{"type": "Ready"}], "flows": 3}),
        ({"generation": 2}, status),
        ({"generation": 2}, status | {"observedGeneration": 2}),
        ({"generation": 2}, status | {"observedGeneration": 2, "publishedVersion": "1.1.0"}),
    ]
    heard = []
    for number, (metadata, seen) in enumerate(changes):
        inventory.put(INTEGRATIONS, item("orders", version=str(number + 1), **metadata) | {"status": seen})
        heard.append((len(integrations.keys), len(instances.keys)))

    assert heard == [(1, 1), (2, 2), (2, 2), (3, 3), (4, 4), (5, 5)]


def test_a_count_of_a_version_brings_nobody(routed: Routed) -> None:
    """How many Instances run a version is written every second of a rollout; its going reaches those that use it."""
    inventory, _, integrations, instances = routed
    spec = {"integration": "orders", "version": "1.0.0"}
    for number in range(1, 4):
        counted = item("orders.1.0.0", spec=spec, version=str(number), generation=1) | {"status": {"instances": number}}
        inventory.put(INTEGRATION_VERSIONS, counted)
    assert (integrations.keys, instances.keys) == (["orders"], ["i1"])

    inventory.remove(INTEGRATION_VERSIONS, ("acme", "orders.1.0.0"))

    assert (integrations.keys, instances.keys) == (["orders"] * 2, ["i1"] * 2)


def test_a_write_of_ones_own_brings_nobody(routed: Routed) -> None:
    """Who writes a claim or a status goes on with the answer; what somebody else changed meanwhile comes with it."""
    inventory, _, _, instances = routed
    metadata = INSTANCE["metadata"]
    claimed = {**metadata, "finalizers": [names.FINALIZER], "annotations": {names.ANNOTATION_RELEASE: "r"}}
    heard = []
    for number, changed in enumerate((claimed, claimed | {"generation": 2}, metadata | {"generation": 2})):
        version = {"resourceVersion": str(number + 2)}
        inventory.put(INSTANCES, {**INSTANCE, "metadata": changed | version}, ours=True)
        heard.append(list(instances.keys))
        instances.keys.clear()
    inventory.put(FLOWS, item("i1.a", spec={"instance": "i1"}), ours=True)

    assert heard == [[], ["i1"], ["i1"]]
    assert instances.keys == []


def test_a_watch_that_is_faster_than_the_answer_brings_nobody(routed: Routed) -> None:
    """A status that is being written is known beforehand, as is an applied Flow; what others make of them is not."""
    inventory, _, _, instances = routed
    metadata = INSTANCE["metadata"]

    def told(version: str, status: Object) -> list[str]:
        instances.keys.clear()
        body = {**INSTANCE, "metadata": {**metadata, "resourceVersion": version}, "status": status}
        inventory.keep(INSTANCES, INSTANCES.parse(body))
        return list(instances.keys)

    inventory.expect(INSTANCES, ("acme", "i1"), fingerprint_of({"version": "1.0.0"}))

    assert told("2", {"version": "1.0.0"}) == []
    assert told("3", {"version": "by hand"}) == ["i1"]

    def applied(version: str, fingerprint: str) -> list[str]:
        instances.keys.clear()
        annotations = {names.ANNOTATION_APPLIED: fingerprint}
        body = item("i1.a", spec={"instance": "i1"}, version=version, annotations=annotations)
        inventory.keep(FLOWS, FLOWS.parse(body))
        return list(instances.keys)

    inventory.expect(FLOWS, ("acme", "i1.a"), "ours")

    assert applied("2", "ours") == []
    assert applied("3", "theirs") == ["i1"]
