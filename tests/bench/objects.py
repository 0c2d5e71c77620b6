"""What many unchanged Instances cost: the API writes of a restarted operator that finds nothing to do.

`BENCH_OBJECTS` says how many Instances (default 500; 5,000 takes about ten minutes on two cores).
"""

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

from tests.bench.site import NAMESPACE, TENANT, Site
from tests.bench.writes import read

from installation import instance
from kubectl import kubectl, wait_rollout
from penstock_core.cluster import INSTANCES

QUIET_SECONDS = 40.0
"""Watched after the restart: longer than the resynchronisation of what was listed takes."""
AT_ONCE = 16
MADE = {
    "integrations",
    "integrationversions",
    "instances",
    "flows",
    "cronjobs",
    "secrets",
    "rolebindings",
}


async def measure(site: Site) -> dict[str, Any]:
    """`unchanged_writes`: writes after a restart, those of an idle span of the same length subtracted."""
    count = int(os.environ.get("BENCH_OBJECTS", "500"))
    start = time.monotonic()
    gate = asyncio.Semaphore(AT_ONCE)

    async def create(number: int) -> None:
        async with gate:
            await site.cluster.create(
                INSTANCES, TENANT, {**instance(f"many-{number}", "one"), "metadata": {"name": f"many-{number}"}}
            )

    await asyncio.gather(*(create(number) for number in range(count)))
    created = time.monotonic() - start
    while (ready := await _ready(site)) < count:
        print(f"  {ready} of {count} ready after {time.monotonic() - start:.0f} s", flush=True)
        await asyncio.sleep(10)
    deployed = time.monotonic() - start
    await asyncio.sleep(QUIET_SECONDS)
    idle = await _written(lambda: None)
    busy = await _written(_restart)
    return {
        "unchanged_writes": {
            "value": sum(busy.values()) - sum(idle.values()),
            "goal": "0",
            "instances": count,
            "after_restart": busy,
            "idle": idle,
            "seconds": QUIET_SECONDS,
            "created_s": round(created, 1),
            "all_ready_s": round(deployed, 1),
        }
    }


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
