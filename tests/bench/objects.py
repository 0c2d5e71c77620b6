"""What many Instances cost: time until all are Ready, requests, the operator's memory, and writes after a restart that changes nothing.

Compared with the bare creation of as many objects of the same kinds, made by hand while the operator is away.
`BENCH_OBJECTS` says how many Instances (default 500; 5,000 takes about ten minutes on two cores).
The last measurement of all: it takes a policy of the release away.
"""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.bench.site import NAMESPACE, TENANT, Site
from tests.bench.writes import read

from installation import instance
from kubectl import CommandFailed, kubectl, wait_rollout
from penstock_core import names
from penstock_core.cluster import EVENTS, FLOWS, INSTANCES, SECRETS, Kind, Object
from penstock_core.errors import ClusterError

QUIET_SECONDS = 40.0
"""Watched after the restart: longer than the resynchronisation of what was listed takes."""
READY_SECONDS = 1800.0
SAMPLE_SECONDS = 2.0
AT_ONCE = 16
POLICY_SECONDS = 60.0
MIB = 2**20
BARE = {"bench": "bare"}
"""Labels of what is created by hand."""
MADE = {
    "integrations",
    "integrationversions",
    "instances",
    "flows",
    "cronjobs",
    "secrets",
    "rolebindings",
}


@dataclass(kw_only=True)
class Memory:
    """The operator's resident memory in MiB, as the kubelet says; None where it does not."""

    peak: float | None = None
    last: float | None = None

    def take(self, sample: float | None) -> None:
        """One more look at it."""
        if sample is not None:
            self.last = sample
            self.peak = max(sample, self.peak or 0)


async def measure(site: Site) -> dict[str, Any]:
    """`unchanged_writes`: writes after a restart, those of an idle span of the same length subtracted; and what else many cost."""
    count = int(os.environ.get("BENCH_OBJECTS", "500"))
    before = await asyncio.to_thread(read)
    async with _sampled() as coming:
        created, deployed = await _deploy(site, count)
        requests = await asyncio.to_thread(read)
        idle = await _written(lambda: None)
    requests.subtract(before)
    async with _sampled() as restarted:
        busy = await _written(_restart)
    bare = await _bare(site, count)
    return {
        "unchanged_writes": {
            "value": sum(busy.values()) - sum(idle.values()),
            "goal": "0",
            "instances": count,
            "after_restart": busy,
            "idle": idle,
            "seconds": QUIET_SECONDS,
        },
        "instances_ready_s": {
            "value": round(deployed, 1),
            "goal": "<= 60 for 5,000",
            "instances": count,
            "created_s": round(created, 1),
            "per_second": round(count / deployed, 1),
            "writes_per_instance": {
                key: round(value / count, 2) for key, value in sorted(requests.items()) if value >= count / 100
            },
        },
        "operator_memory_mib": {
            "value": max(filter(None, (coming.peak, restarted.peak)), default=None),
            "goal": "<= 200 for 5,000",
            "instances": count,
            "while_they_come": {"peak": coming.peak, "afterwards": coming.last},
            "after_restart": {"peak": restarted.peak, "afterwards": restarted.last},
        },
        "ready_over_bare_creation": {
            "value": round(deployed / bare["seconds"], 2) if "seconds" in bare else None,
            "goal": "<= 1.5",
            "instances": count,
            "bare": bare,
        },
    }


async def _deploy(site: Site, count: int) -> tuple[float, float]:
    """Creates Instances and waits for all of them; seconds until they were created, and until they were Ready."""
    start = time.monotonic()
    bodies = [{**instance(f"many-{number}", "one"), "metadata": {"name": f"many-{number}"}} for number in range(count)]
    await _create(site, [(INSTANCES, body) for body in bodies])
    created = time.monotonic() - start
    async with asyncio.timeout(READY_SECONDS):
        # a list of 5,000 objects costs a second of two processors: the store's mirror is looked at until it has all of them
        while (ready := await _mirrored(site)) < count or (ready := await _ready(site)) < count:
            print(f"  {ready} of {count} ready after {time.monotonic() - start:.0f} s", flush=True)
            await asyncio.sleep(min(10.0, max(1.0, count / 500)))
    return created, time.monotonic() - start


async def _create(site: Site, objects: list[tuple[Kind, Object]]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def create(kind: Kind, body: Object) -> None:
        async with gate:
            await site.cluster.create(kind, TENANT, body)

    async with asyncio.TaskGroup() as group:
        for kind, body in objects:
            group.create_task(create(kind, body))


async def _bare(site: Site, count: int) -> dict[str, Any]:
    """Seconds that the API server takes for as many Instances, Flows, Secrets and Events; `refused` says why it has none."""
    flow = await site.cluster.get(FLOWS, TENANT, names.flow_object("many-0", "go"))
    key = await site.cluster.get(SECRETS, TENANT, names.webhook_key_secret("many-0"))
    objects = [one for number in range(count) for one in _copies(f"bare-{number}", flow, key)]
    replicas = await asyncio.to_thread(_scale, 0)
    try:
        await _let_anybody_write_flows(site, objects)
        start = time.monotonic()
        await _create(site, objects)
        return {"seconds": round(time.monotonic() - start, 1), "objects": len(objects)}
    except* ClusterError as errors:
        return_value = {"refused": str(errors.exceptions[0])}
    finally:
        kinds = ",".join(f"{kind.plural}.{kind.group}".rstrip(".") for kind in (INSTANCES, FLOWS, SECRETS))
        await asyncio.to_thread(kubectl, "-n", TENANT, "delete", kinds, "-l", "bench=bare", "--wait=false")
        await asyncio.to_thread(_scale, replicas)
    return return_value


async def _let_anybody_write_flows(site: Site, objects: list[tuple[Kind, Object]]) -> None:
    """Takes away the policy by which the operator alone writes Flows; the release is of no use for anything else after this.

    The API server forgets it after a moment: the first Flow of `objects` is created, and taken out of them, once it has.
    """
    binding = f"{NAMESPACE}.penstock-resources"
    await asyncio.to_thread(kubectl, "delete", "validatingadmissionpolicybinding", binding)
    first = next(one for one in objects if one[0] is FLOWS)
    async with asyncio.timeout(POLICY_SECONDS):
        while True:
            try:
                await site.cluster.create(FLOWS, TENANT, first[1])
            except ClusterError as error:
                if error.status not in {HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}:
                    raise
                await asyncio.sleep(1)
            else:
                objects.remove(first)
                return


def _copies(name: str, flow: Object, key: Object) -> list[tuple[Kind, Object]]:
    """What the operator makes of one Instance, by hand."""
    spec = {**flow["spec"], "instance": name}
    about = {"kind": "Instance", "namespace": TENANT, "name": name}
    event = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.bench", "labels": BARE},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "bench",
        "reportingInstance": "bench",
        "type": "Normal",
        "reason": "Deployed",
        "action": "Reconcile",
        "note": "Version 1.0.0: 1 flow, 1 webhook",
        "regarding": about,
    }
    made = {part: key[part] for part in ("apiVersion", "kind", "type", "data")}
    return [
        (INSTANCES, {**instance(name, "one"), "metadata": {"name": name, "labels": BARE}}),
        (FLOWS, {**_typed(flow), "metadata": {"name": f"{name}.go", "labels": BARE}, "spec": spec}),
        (SECRETS, {**made, "metadata": {"name": f"{name}-key", "labels": BARE}}),
        (EVENTS, event),
    ]


def _typed(item: Object) -> Object:
    return {part: item[part] for part in ("apiVersion", "kind")}


def _scale(replicas: int) -> int:
    """Makes the operator's pods so many, and waits for it; how many there were."""
    deployment = ("-n", NAMESPACE, "deployment/penstock-operator")
    before = int(kubectl("get", *deployment, "-o", "jsonpath={.spec.replicas}"))
    kubectl("-n", NAMESPACE, "scale", "deployment/penstock-operator", f"--replicas={replicas}")
    if replicas:
        wait_rollout("deployment", "penstock-operator", namespace=NAMESPACE)
    else:
        selector = "app.kubernetes.io/component=operator"
        kubectl("-n", NAMESPACE, "wait", "--for=delete", "pod", "-l", selector, "--timeout=60s")
    return before


@asynccontextmanager
async def _sampled() -> AsyncIterator[Memory]:
    """The operator's memory during a span, looked at every two seconds."""
    memory = Memory()

    async def look() -> None:
        while True:
            memory.take(await asyncio.to_thread(_resident))
            await asyncio.sleep(SAMPLE_SECONDS)

    task = asyncio.create_task(look())
    try:
        yield memory
    finally:
        task.cancel()
        await asyncio.wait({task})


def _resident() -> float | None:
    """MiB of the operator's largest pod; None where the kubelet cannot be asked, as while the pod is replaced."""
    found: list[int] = []
    try:
        nodes = kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}").split()
        for node in nodes:
            summary = json.loads(
                kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary?only_cpu_and_memory=true")
            )
            for pod in summary.get("pods", []):
                reference = pod["podRef"]
                if reference["namespace"] == NAMESPACE and reference["name"].startswith("penstock-operator-"):
                    memories = (one.get("memory", {}) for one in pod.get("containers", []))
                    found += [one.get("rssBytes") or one.get("workingSetBytes") or 0 for one in memories]
    except (CommandFailed, subprocess.SubprocessError, ValueError, KeyError):
        return None
    largest = max(found, default=0)
    return round(largest / MIB, 1) if largest else None


async def _mirrored(site: Site) -> int:
    found = await site.database.execute("select count(*) from instances where ready and name like 'many-%'")
    row = await found.fetchone()
    return int(row[0]) if row else 0


async def _ready(site: Site) -> int:
    found = await site.cluster.list(INSTANCES, TENANT)
    return sum(
        any(
            entry["type"] == "Ready" and entry["status"] == "True"
            for entry in item.get("status", {}).get("conditions", [])
        )
        for item in found
        if item["metadata"]["name"].startswith("many-")
    )


def _restart() -> None:
    kubectl("-n", NAMESPACE, "delete", "pod", "-l", "app.kubernetes.io/component=operator", "--wait=true")
    wait_rollout("deployment", "penstock-operator", namespace=NAMESPACE)


async def _written(work: Callable[[], None]) -> dict[str, int]:
    """Writes to what the operator makes, during `work` and a while after.

    Events are apart, as the new pod has seven of its own, and Jobs, as those of earlier measurements expire meanwhile.
    """
    before = await asyncio.to_thread(read)
    await asyncio.to_thread(work)
    await asyncio.sleep(QUIET_SECONDS)
    after = await asyncio.to_thread(read)
    after.subtract(before)
    return {key: value for key, value in after.items() if value and key.split()[1].split("/")[0] in MADE}
