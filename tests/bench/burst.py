"""Sixty executions at once, over sixty bare Jobs at once: first create to the last pod's container ended, seen by one watch."""

import asyncio
import time
from statistics import median
from typing import Any

from tests.bench.site import Site, job_of

COUNT = 60
ROUNDS = 2


async def measure(site: Site) -> dict[str, Any]:
    """`jobs_ratio` and `burst_60_s`."""
    flow = await site.flow("one")
    ours, bare = [], []
    for turn in range(ROUNDS):
        ours.append(await _ours(site))
        await asyncio.sleep(10)
        bare.append(await _bare(site, flow))
        await asyncio.sleep(10)
        print(f"  {turn + 1} ours {ours[-1]:.1f} s, bare {bare[-1]:.1f} s", flush=True)
    return {
        "jobs_ratio": {
            "value": round(median(bare) / median(ours), 3),
            "goal": ">= 0.9",
            "ours_per_s": round(COUNT / median(ours), 2),
            "bare_per_s": round(COUNT / median(bare), 2),
            "ours_s": [round(value, 1) for value in ours],
            "bare_s": [round(value, 1) for value in bare],
        },
        "burst_60_s": {"value": round(median(ours), 1)},
    }


async def _ours(site: Site) -> float:
    path, headers = site.webhook("one")
    sent = time.time()
    answers = await asyncio.gather(*(site.http.post(path, json={"n": n}, headers=headers) for n in range(COUNT)))
    jobs = [job_of(answer.raise_for_status().json()["executionId"]) for answer in answers]
    return max([await site.ended(job, within=300) for job in jobs]) - sent


async def _bare(site: Site, flow: dict[str, Any]) -> float:
    sent = time.time()
    created = await asyncio.gather(*(site.bare_job(flow) for _ in range(COUNT)))
    return max([await site.ended(name, within=300) for name, _ in created]) - sent
