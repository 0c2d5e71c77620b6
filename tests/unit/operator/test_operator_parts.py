"""The small parts of the operator: settings, CRDs, cleanup, loops, HTTP, logs."""

import asyncio
import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer

from fake_cluster import FakeCluster
from operator_stand import item
from penstock_core import names
from penstock_core.cluster import CRDS, INSTANCES, Object
from penstock_core.errors import SettingsError, StoreUnavailable
from penstock_core.logs import JsonFormatter
from penstock_operator.commands.cleanup import remove_finalizers
from penstock_operator.commands.crds import apply_all, is_downgrade, shipped
from penstock_operator.control.loops import Pulse, every
from penstock_operator.metrics import Metrics
from penstock_operator.process.probes import application
from penstock_operator.settings import from_environment


def test_every_missing_setting_is_named(environment: dict[str, str]) -> None:
    """An incomplete environment is refused with all that is wrong with it."""
    del environment["PENSTOCK_DSN"]
    environment["PENSTOCK_MAX_RUNNING"] = "many"

    with pytest.raises(SettingsError, match=r"PENSTOCK_DSN is not set; PENSTOCK_MAX_RUNNING is 'many'"):
        from_environment(environment)


def test_catalogues_are_watched_too(environment: dict[str, str]) -> None:
    """With named namespaces, those of catalogues are watched as well; without, all are."""
    named = from_environment(
        {**environment, "PENSTOCK_WATCH_NAMESPACES": "a, b", "PENSTOCK_CATALOGUE_NAMESPACES": "b,c"}
    )

    assert named.watched == ("a", "b", "c")
    assert from_environment(environment).watched == (None,)
    assert from_environment(environment).public_url == "https://hooks.example"


def definition(release: str) -> Object:
    return {"metadata": {"name": "flows.penstock.dev", "annotations": {"penstock.dev/crd-release": release}}}


@pytest.mark.parametrize(
    ("current", "wanted", "refused"),
    [("0.10.0", "0.9.0", True), ("0.9.0", "0.10.0", False), ("1.0.0", "1.0.0", False), ("", "1.0.0", False)],
)
def test_definitions_are_never_downgraded(current: str, wanted: str, refused: bool) -> None:
    """A CRD of a later release stays."""
    assert is_downgrade(definition(current), definition(wanted)) is refused


async def test_shipped_definitions_are_applied_but_newer_ones_stay(cluster: FakeCluster, tmp_path: Path) -> None:
    """All files of the folder are applied server-side, except where the cluster is ahead."""
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(definition("1.0.0")))
    other = {"metadata": {"name": "other.penstock.dev", "annotations": {"penstock.dev/crd-release": "1.0.0"}}}
    (tmp_path / "b.yaml").write_text(yaml.safe_dump(other))
    cluster.seed(CRDS, definition("2.0.0"))
    await apply_all(cluster, shipped(tmp_path))

    assert cluster.writes == [("apply", "customresourcedefinitions", "other.penstock.dev")]


async def test_cleanup_takes_only_penstocks_finalizer(cluster: FakeCluster) -> None:
    """Before an uninstall, Instances lose Penstock's finalizer and keep those of others."""
    claimed: dict[str, Any] = {
        "finalizers": [names.FINALIZER],
        "annotations": {names.ANNOTATION_RELEASE: "other.release"},
    }
    instances = (item("i1", finalizers=["other/one", names.FINALIZER]), item("free"), item("theirs", **claimed))
    for instance in instances:
        cluster.seed(INSTANCES, instance | {"spec": {"integration": {"name": "orders"}}})

    assert await remove_finalizers(cluster, (None,), release="penstock-system.penstock") == 1
    assert cluster.of(INSTANCES)["i1"]["metadata"]["finalizers"] == ["other/one"]
    assert cluster.of(INSTANCES)["theirs"]["metadata"]["finalizers"] == [names.FINALIZER]


async def test_a_failing_step_is_followed_by_the_next() -> None:
    """A loop survives its steps, and says when the database was away."""
    steps, done = 0, asyncio.Event()
    away: list[int] = []

    async def step() -> None:
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


async def test_probes_tell_what_hangs_and_what_is_missing() -> None:
    """/healthz names loops that hang, /readyz why the replica is not ready, /metrics speaks Prometheus."""
    silent: dict[str, float] = {}
    reasons: list[str | None] = [None]
    metrics = Metrics()
    metrics.leading(active=True)
    app = application(metrics=metrics, silent=lambda: silent, ready=lambda: reasons[0])
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 200
        assert "penstock_operator_leader 1.0" in await (await client.get("/metrics")).text()
        silent["recovery"], reasons[0] = 200.0, "no database"
        health, ready = await client.get("/healthz"), await client.get("/readyz")

        assert (health.status, await health.text()) == (503, "not moving: recovery (200 s)\n")
        assert (ready.status, await ready.text()) == (503, "no database\n")


def test_a_silent_loop_is_noticed() -> None:
    """A loop that does not come back within its time is silent."""
    now = [0.0]
    pulse = Pulse(monotonic=lambda: now[0])
    pulse.beat("recovery", within=10)
    now[0] = timedelta(seconds=11).total_seconds()

    assert pulse.silent() == {"recovery": 11.0}


def test_log_lines_are_json_with_key_values() -> None:
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
