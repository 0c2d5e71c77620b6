"""From webhook to end beside a tenant who uses all that its namespace holds against its neighbours, over the same in quiet.

The attacker's own programs run on this machine too, and take of its processors.
"""

import asyncio
import time
from statistics import quantiles
from typing import Any

from psycopg.conninfo import make_conninfo
from testbed.release import reached
from tests.bench.site import NAMESPACE, Site, job_of

from hostile import Hostile
from installation import deploy, instance, integration, remove_namespace, webhook_flow
from kubectl import apply, secret

COUNT = 20
ROUNDS = 2
EVIL = "bench-evil"


async def measure(site: Site) -> dict[str, Any]:
    """`neighbour_ratio`: 95th percentiles, of as many executions one after the other on either side."""
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": EVIL}})
    flow = webhook_flow("go", [{"name": "one", "set": {"value": 1}}])
    flow["trigger"]["webhook"]["security"] = "none"
    await asyncio.to_thread(deploy, EVIL, integration("one", [flow]), instance("one", "one"))
    dsn = secret("penstock-database-penstock", "dsn", namespace=EVIL)
    quiet: list[float] = []
    beside: list[float] = []
    known: list[str] = []
    with reached("penstock-postgres", 5432, namespace=NAMESPACE) as (host, port):
        evil = Hostile(
            dsn=make_conninfo(dsn, host=host, port=port), base=str(site.http.base_url), path=f"/hooks/{EVIL}/one/go"
        )
        for turn in range(ROUNDS):
            quiet += await _times(site, known)
            with evil.attacking(lambda: known[-5:]) as tally:
                beside += await _times(site, known)
            print(f"  {turn + 1} quiet {_p95(quiet):.2f} s, beside {_p95(beside):.2f} s", flush=True)
            assert tally.got == [], tally.got
    await asyncio.to_thread(remove_namespace, EVIL)
    return {
        "neighbour_ratio": {
            "value": round(_p95(beside) / _p95(quiet), 3),
            "goal": "<= 1.2",
            "quiet_p95_s": round(_p95(quiet), 3),
            "beside_p95_s": round(_p95(beside), 3),
            "executions": COUNT * ROUNDS,
        }
    }


async def _times(site: Site, known: list[str]) -> list[float]:
    path, headers = site.webhook("one")
    times = []
    for number in range(COUNT):
        sent = time.time()
        answer = await site.http.post(path, json={"n": number}, headers=headers)
        known.append(answer.raise_for_status().json()["executionId"])
        times.append(await site.ended(job_of(known[-1])) - sent)
    return times


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1]
