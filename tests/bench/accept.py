"""Durable acceptances a second, over a bare ASGI route that inserts one row of the same bytes and commits per request.

Both run in pods with the gateway's image, uvicorn and a pool of the same size against the same Postgres; `wrk` calls them
in turn over 32 connections. The instance is paused with `whenPaused: queue`, so no Job starts; authentication, body
parsing and idempotency (a key of its own for each request) are on.
"""

import asyncio
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from testbed.release import images, reached
from tests.bench.site import NAMESPACE, Site, put

from kubectl import apply, get, wait_rollout

ROUNDS = 5
SECONDS = 8
CONNECTIONS = 32
BODY = '{"id": "A-17", "customer": "c1", "total": 12.5, "lines": [{"sku": "x", "count": 2}, {"sku": "y", "count": 1}]}'

BARE = """
import asyncio, os
import uvicorn
from psycopg_pool import AsyncConnectionPool
pool = AsyncConnectionPool(os.environ["DSN"], min_size=int(os.environ["POOL"]), max_size=int(os.environ["POOL"]), open=False, kwargs={"autocommit": True})
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await pool.open(wait=True)
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = b""
    more = scope["method"] == "POST"
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if body:
        async with pool.connection() as connection:
            await connection.execute("insert into bench_rows (name, value) values (%s, %s)", ["bare", body])
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"ok": true}'})
uvicorn.run(app, host="0.0.0.0", port=8080, log_level="warning", access_log=False, loop="uvloop", http="httptools")
"""

LUA = """
local counter = 0
local thread_id = 0
function setup(thread) thread:set("id", thread_id); thread_id = thread_id + 1 end
function request()
  counter = counter + 1
  wrk.headers["Idempotency-Key"] = RUN .. "-" .. id .. "-" .. counter
  return wrk.format("POST", nil, nil, BODY)
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
  io.write(string.format("LATENCY %d %d\\n", latency:percentile(50), latency:percentile(99)))
end
"""


async def measure(site: Site) -> dict[str, Any]:
    """`accept_ratio` with both rates, and the latencies of the last round."""
    if not shutil.which("wrk"):
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "wrk"], check=True, capture_output=True
        )
    put("gate", [{"name": "one", "set": {"value": 1}}], paused=True, whenPaused="queue")
    path, headers = site.webhook("gate")
    pool, payload = await _pool_size(), await _payload_bytes(site, path, headers)
    await asyncio.to_thread(_start_bare, pool)
    base = str(site.http.base_url).rstrip("/")
    ours, bare, latency = [], [], {}
    with reached("bare", 8080, namespace=NAMESPACE) as (host, port):
        for turn in range(ROUNDS + 1):
            first = await asyncio.to_thread(_wrk, f"{base}{path}", headers, BODY, f"r{turn}")
            second = await asyncio.to_thread(_wrk, f"http://{host}:{port}/", {}, "x" * payload, f"r{turn}")
            if turn == 0:
                continue
            ours.append(first["rate"])
            bare.append(second["rate"])
            latency = {"ours": first, "bare": second}
            print(f"  {turn} ours {first['rate']:.0f}/s, bare {second['rate']:.0f}/s", flush=True)
    stored = await (await site.database.execute("select count(*) from executions where instance = 'gate'")).fetchone()
    return {
        "accept_ratio": {
            "value": round(median(a / b for a, b in zip(ours, bare, strict=True)), 3),
            "goal": ">= 0.8",
            "ours_per_s": [round(value) for value in ours],
            "bare_per_s": [round(value) for value in bare],
            "pool_size": pool,
            "row_bytes": payload,
            "connections": CONNECTIONS,
            "stored_rows": stored[0] if stored else None,
            "last_round": latency,
        }
    }


async def _pool_size() -> int:
    container = get("deployment", "penstock-gateway", namespace=NAMESPACE)["spec"]["template"]["spec"]["containers"][0]
    return int(next((entry["value"] for entry in container["env"] if entry["name"] == "PENSTOCK_POOL_SIZE"), "8"))


async def _payload_bytes(site: Site, path: str, headers: dict[str, str]) -> int:
    """Bytes of one acceptance's row: the stored trigger data, as the bare row carries it."""
    (await site.http.post(path, content=BODY, headers=headers)).raise_for_status()
    cursor = await site.database.execute("select max(octet_length(payload)) from execution_payloads")
    row = await cursor.fetchone()
    return int(row[0]) if row else len(BODY)


def _start_bare(pool: int) -> None:
    container = get("deployment", "penstock-gateway", namespace=NAMESPACE)["spec"]["template"]["spec"]["containers"][0]
    metadata = {"name": "bare", "namespace": NAMESPACE}
    pod = {
        "containers": [
            {
                "name": "bare",
                "image": images()["gateway"],
                "command": ["python3", "-c", BARE],
                "env": [
                    {"name": "DSN", "valueFrom": {"secretKeyRef": {"name": "penstock-postgres", "key": "dsn"}}},
                    {"name": "POOL", "value": str(pool)},
                ],
                "resources": container.get("resources", {}),
                "securityContext": container["securityContext"],
                "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
            }
        ],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
    }
    apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": {"app": "bare"}},
                "template": {"metadata": {"labels": {"app": "bare"}}, "spec": pod},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": "bare"}, "ports": [{"port": 8080}]},
        },
    )
    wait_rollout("deployment", "bare", namespace=NAMESPACE)


def _wrk(url: str, headers: dict[str, str], body: str, label: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(f"RUN = [[{label}]]\nBODY = [[{body}]]\n{LUA}")
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script)]
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}"]
        out = subprocess.run([*words, url], check=True, capture_output=True, text=True).stdout
    requests, micros, errors = (int(word) for word in re.findall(r"RESULT (\d+) (\d+) (\d+)", out)[0])
    half, most = (int(word) for word in re.findall(r"LATENCY (\d+) (\d+)", out)[0])
    if errors:
        raise RuntimeError(f"{errors} of {requests} requests to {url} failed")
    return {"rate": requests / micros * 1e6, "p50_ms": half / 1000, "p99_ms": most / 1000}
