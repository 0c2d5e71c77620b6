"""From the client's first byte to the last step's end, over a bare Job's create to its last statement.

Both ends are clock readings on this one machine; Kubernetes' own time stamps have whole seconds.
The two kinds take turns, so that a slow minute of the machine hits both.
"""

import asyncio
import re
import time
from datetime import datetime
from statistics import median
from typing import Any

from tests.bench.site import Site, job_of, pod_logs, put

ROUNDS = 15
SETTLE_SECONDS = 2.0
"""Between two runs: the Job controller and the kubelet finish with the one before."""


async def measure(site: Site) -> dict[str, Any]:
    """`cold_ratio`, `ten_steps_s`, `runner_start_ms`, `runner_rss_mib`."""
    flow = await site.flow("one")
    put("ten", [{"name": f"s{n}", "set": {"value": n}} for n in range(10)])
    ours, bare, processes, runners = [], [], [], []
    exits: dict[str, list[Any]] = {"ours": [], "bare": []}
    for turn in range(ROUNDS + 1):
        first = await _ours(site, "one")
        second = await _bare(site, flow)
        if turn == 0:
            continue  # the first of each warms the caches of node and database
        ours.append(first["s"])
        exits["ours"].append(first["exit"])
        runners.append(first["runner"])
        bare.append(second["s"])
        exits["bare"].append(second["exit"])
        processes.append(second["process"])
        print(f"  {turn:2} ours {first['s']:.3f} s, bare {second['s']:.3f} s", flush=True)
    ten = [(await _ours(site, "ten"))["s"] for _ in range(5)]
    return {
        "cold_ratio": {
            "value": round(median(ours) / median(bare), 3),
            "goal": "<= 1.15",
            "ours_s": _spread(ours),
            "bare_s": _spread(bare),
            "container_exit_seen_s": {"ours": _spread(exits["ours"]), "bare": _spread(exits["bare"])},
            "process_ms": {
                "ours_to_claim": median(entry["startMs"] for entry in runners),
                "bare_to_end": median(processes),
            },
            "rounds": ROUNDS,
        },
        "ten_steps_s": {"value": round(median(ten), 3), "rounds": len(ten), "spread": _spread(ten)},
        "runner_start_ms": {
            "value": median(entry["startMs"] for entry in runners),
            "what": "process start to claimed, as the runner logs it",
        },
        "runner_rss_mib": {"value": median(entry["maxRssMib"] for entry in runners)},
    }


async def _ours(site: Site, name: str) -> dict[str, Any]:
    path, headers = site.webhook(name)
    await site.http.get("/")  # the client's connection is open, as a caller's would be
    sent = time.time()
    answer = await site.http.post(path, json={"n": 1}, headers=headers)
    answer.raise_for_status()
    identifier = answer.json()["executionId"]
    exit_seen = await site.ended(job_of(identifier))
    execution = await site.finished(identifier)
    if execution["status"] != "passed":
        raise RuntimeError(f"the measured execution did not pass: {execution}")
    last = max(datetime.fromisoformat(step["endedAt"]).timestamp() for step in execution["steps"])
    runner = runner_line(await asyncio.to_thread(pod_logs, job_of(identifier)))
    await asyncio.sleep(SETTLE_SECONDS)
    return {"s": last - sent, "exit": exit_seen - sent, "runner": runner}


async def _bare(site: Site, flow: dict[str, Any]) -> dict[str, Any]:
    name, sent = await site.bare_job(flow)
    exit_seen = await site.ended(name)
    process_ms, end_ns = (int(word) for word in (await asyncio.to_thread(pod_logs, name)).split()[-2:])
    await asyncio.sleep(SETTLE_SECONDS)
    return {"s": end_ns / 1e9 - sent, "exit": exit_seen - sent, "process": process_ms}


def runner_line(log: str) -> dict[str, int]:
    """`startMs`, `endMs` and `maxRssMib` of the runner's closing log line."""
    return {name: int(value) for name, value in re.findall(r"(startMs|endMs|maxRssMib)=(\d+)", log)}


def _spread(values: list[float]) -> dict[str, float]:
    return {"min": round(min(values), 3), "median": round(median(values), 3), "max": round(max(values), 3)}
