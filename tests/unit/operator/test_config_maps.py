"""ConfigMaps that Instances name: their metadata is watched, their data asked for once a version."""

import pytest

from fake_cluster import FakeCluster
from operator_stand import FakeCollection
from penstock_core.cluster import CONFIG_MAPS, CONFIG_MAPS_SEEN, Key, Object
from penstock_core.cluster.kinds import Kind
from penstock_core.observed.data import ConfigMap
from penstock_operator.instances.references import config_maps
from penstock_operator.instances.references.config_maps import ConfigMaps

KEY = ("acme", "acme-config")


class Counted(FakeCluster):
    """Counts what is asked for by name."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Key] = []

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        self.asked.append((namespace or "", name))
        return await super().get(kind, namespace, name)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def watched(cluster: FakeCluster) -> FakeCollection[ConfigMap]:
    """What a watch of their metadata holds."""
    return FakeCollection(cluster, CONFIG_MAPS_SEEN)


def put(cluster: FakeCluster, name: str = "acme-config", **data: str) -> None:
    """A ConfigMap as somebody writes it."""
    cluster.seed(CONFIG_MAPS, {"metadata": {"name": name, "namespace": "acme", "uid": name}, "data": data})


async def test_data_is_asked_for_once_a_version(counted: Counted) -> None:
    """However many Instances read a ConfigMap, and however often, each of its versions is one request."""
    reader = ConfigMaps(counted, watched(counted), is_named=lambda _: True)
    put(counted, region="eu")
    first = [await reader.get(KEY) for _ in range(3)]
    put(counted, region="us")
    second = [await reader.get(KEY) for _ in range(3)]

    assert [one and one.data for one in (*first, *second)] == [{"region": "eu"}] * 3 + [{"region": "us"}] * 3
    assert counted.asked == [KEY, KEY]


async def test_one_that_goes_is_gone(counted: Counted) -> None:
    """What is deleted is not read out of memory."""
    reader = ConfigMaps(counted, watched(counted), is_named=lambda _: True)
    put(counted, region="eu")
    await reader.get(KEY)
    counted.remove(CONFIG_MAPS, *KEY)
    reader.changed(KEY)

    assert await reader.get(KEY) is None


async def test_what_nobody_names_any_more_is_let_go(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Instance that names one after the other takes no more memory than one that names few."""
    monkeypatch.setattr(config_maps, "LEAST_SWEPT", 4)
    named: set[Key] = set()
    reader = ConfigMaps(counted, watched(counted), is_named=lambda key: key in named)
    for number in range(50):
        put(counted, f"c{number}", text="x")
        named = {("acme", f"c{number}")}
        await reader.get(("acme", f"c{number}"))

    assert len(reader._held) <= 5


async def test_a_watch_holds_no_data() -> None:
    """Of the many that nobody names no label, annotation or value stays in memory."""
    raw = {
        "metadata": {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "1", "labels": {"l": "x" * 1000}},
        "data": {"a": "1"},
    }
    seen = CONFIG_MAPS_SEEN.parse(raw)

    assert (seen.key, seen.uid, seen.resource_version) == (("n", "a"), "u", "1")
    assert (seen.data, dict(seen.labels), dict(seen.annotations)) == ({}, {}, {})
