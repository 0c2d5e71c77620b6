"""What a step costs: a flow of 500 `set` steps, every one durably recorded."""

from statistics import median
from typing import Any

from tests.bench.site import Site, put

COUNT = 500
ROUNDS = 5


async def measure(site: Site) -> dict[str, Any]:
    """`step_overhead_ms`: claimed to finally committed, by the steps."""
    put("many", [{"name": f"s{n}", "set": {"value": {"n": n, "word": "${trigger.body.n}"}}} for n in range(COUNT)])
    path, headers = site.webhook("many")
    each = []
    for _ in range(ROUNDS):
        answer = await site.http.post(path, json={"n": 1}, headers=headers)
        execution = await site.finished(answer.json()["executionId"])
        if execution["status"] != "passed" or len(execution["steps"]) != COUNT:
            raise RuntimeError(f"{execution['status']} with {len(execution['steps'])} steps")
        each.append(execution["durationMs"] / COUNT)
    return {
        "step_overhead_ms": {
            "value": round(median(each), 3),
            "goal": "<= 2",
            "steps": COUNT,
            "rounds": [round(value, 3) for value in each],
        }
    }
