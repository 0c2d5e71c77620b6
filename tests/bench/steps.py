"""What a step costs: a flow of 500 `set` steps, every one durably recorded."""

import asyncio
from statistics import median
from typing import Any

from tests.bench.cold import runner_line
from tests.bench.site import Site, job_of, pod_logs, put

COUNT = 500
ROUNDS = 5


async def measure(site: Site) -> dict[str, Any]:
    """`step_overhead_ms`: from the claim to the last commit's answer, as the runner's own clock has it, by the steps."""
    put("many", [{"name": f"s{n}", "set": {"value": {"n": n, "word": "${trigger.body.n}"}}} for n in range(COUNT)])
    path, headers = site.webhook("many")
    each = []
    for _ in range(ROUNDS):
        answer = await site.http.post(path, json={"n": 1}, headers=headers)
        execution = await site.finished(answer.json()["executionId"])
        if execution["status"] != "passed" or len(execution["steps"]) != COUNT:
            raise RuntimeError(f"{execution['status']} with {len(execution['steps'])} steps")
        line = runner_line(await asyncio.to_thread(pod_logs, job_of(execution["id"])))
        each.append((line["endMs"] - line["startMs"]) / COUNT)
    return {
        "step_overhead_ms": {
            "value": round(median(each), 3),
            "goal": "<= 2",
            "steps": COUNT,
            "rounds": [round(value, 3) for value in each],
        }
    }
