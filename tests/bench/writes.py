"""API writes for an execution beyond those for a bare Job, from the API server's own counters.

Counted: every write request but those for events, leases and reviews' own kinds is told apart by resource.
Idle traffic of the same length is subtracted.
"""

import asyncio
import re
from collections import Counter
from typing import Any

from tests.bench.site import Site, job_of

from kubectl import kubectl

COUNT = 20
SETTLE_SECONDS = 35.0
"""Long enough for the Job controller's last update and for the batch of Flow statuses (at most every 30 s)."""
WRITES = {"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"}
LINE = re.compile(r"^apiserver_request_total\{(?P<labels>[^}]*)\} (?P<value>\S+)")


async def measure(site: Site) -> dict[str, Any]:
    """`api_writes_over_bare_job` with its parts by resource."""
    flow = await site.flow("one")
    path, headers = site.webhook("one")
    await asyncio.sleep(SETTLE_SECONDS)
    idle = await _counted(lambda: asyncio.sleep(0))

    async def executions() -> None:
        for _ in range(COUNT):
            answer = await site.http.post(path, json={"n": 1}, headers=headers)
            await site.ended(job_of(answer.json()["executionId"]))

    async def bare_jobs() -> None:
        for _ in range(COUNT):
            name, _ = await site.bare_job(flow)
            await site.ended(name)

    ours, bare = await _counted(executions), await _counted(bare_jobs)
    # the two busy spans are longer than the idle one by the time of their runs: idle traffic is taken per second
    per = {name: _each(counts, idle) for name, counts in {"ours": ours, "bare": bare}.items()}
    plain = {
        name: round(sum(value for key, value in parts.items() if "events" not in key), 2) for name, parts in per.items()
    }
    return {
        "api_writes_over_bare_job": {
            "value": round(plain["ours"] - plain["bare"], 2),
            "goal": "<= 2",
            "per_execution": plain["ours"],
            "per_bare_job": plain["bare"],
            "events": {
                name: round(sum(value for key, value in parts.items() if "events" in key), 2)
                for name, parts in per.items()
            },
            "parts": per,
            "idle_per_second": {key: round(value / idle[1], 3) for key, value in idle[0].items()},
            "count": COUNT,
        }
    }


Counts = tuple[Counter[str], float]


async def _counted(work: Any) -> Counts:
    loop = asyncio.get_running_loop()
    before, start = await asyncio.to_thread(read), loop.time()
    await work()
    await asyncio.sleep(SETTLE_SECONDS)
    after = await asyncio.to_thread(read)
    after.subtract(before)
    return Counter({key: value for key, value in after.items() if value}), loop.time() - start


def _each(counts: Counts, idle: Counts) -> dict[str, float]:
    (busy, seconds), (quiet, quiet_seconds) = counts, idle
    each = {key: (busy[key] - quiet[key] * seconds / quiet_seconds) / COUNT for key in busy}
    return {key: round(value, 2) for key, value in sorted(each.items()) if abs(value) >= 0.05}


def read() -> Counter[str]:
    """Write requests so far, by verb and resource, as the API server counts them."""
    counts: Counter[str] = Counter()
    for line in kubectl("get", "--raw", "/metrics").splitlines():
        if found := LINE.match(line):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', found["labels"]))
            if labels["verb"] in WRITES and labels["resource"] not in {
                "leases",
                "tokenreviews",
                "subjectaccessreviews",
            }:
                subresource = f"/{labels['subresource']}" if labels["subresource"] else ""
                counts[f"{labels['verb']} {labels['resource']}{subresource}"] += int(float(found["value"]))
    return counts
