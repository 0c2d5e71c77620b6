"""What one namespace does to the gateway, it does to itself alone: uploads that do not end, readers that do not read."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from gateway_stand import ANSWERED_SECONDS, INSTANCE, TENANT, Stand, admit, flow, standing, until
from penstock_core import codec
from penstock_core.store.connection.pool import Pool
from penstock_gateway.api.values.responses import ValueLimits
from penstock_gateway.shares import Pace

NEIGHBOUR = "globex"
OPEN = {"methods": ["POST"], "security": "none"}
LARGE = 10 * 1024 * 1024


async def serve(stand: Stand) -> None:
    stand.serve(flow("open", webhook=OPEN), flow("open", namespace=NEIGHBOUR, webhook=OPEN))
    await until(lambda: stand.gateway.flows.named(NEIGHBOUR, INSTANCE, "open"))


async def neighbour(stand: Stand, size: int) -> httpx.Response:
    return await stand.client.post(f"/hooks/{NEIGHBOUR}/{INSTANCE}/open", content=b"x" * size)


async def unfinished(stand: Stand, head: str, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An upload that has begun and does not go on."""
    source, sink = await asyncio.open_connection("127.0.0.1", stand.port)
    sink.write(f"POST /hooks/{TENANT}/{INSTANCE}/open HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + body)
    return source, sink


@pytest.mark.parametrize(
    ("head", "body", "count"),
    [
        (f"Content-Length: {LARGE}", b"x" * 100_000, 30),
        ("Transfer-Encoding: chunked", b"13880\r\n" + b"x" * 80_000 + b"\r\n", 30),
        ("Content-Length: 60000", b"x" * 59_000, 600),
    ],
)
async def test_uploads_that_do_not_end(stand: Stand, head: str, body: bytes, count: int) -> None:
    """However many one namespace begins, another's bodies are taken, small ones and large ones."""
    await serve(stand)
    intake = stand.gateway._webhooks._intake
    begun = [await unfinished(stand, head, body) for _ in range(count)]
    await until(lambda: intake.held)

    answers = [await neighbour(stand, size) for size in (10, 60_000, LARGE)]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    for _, sink in begun:
        sink.close()
    await until(lambda: not intake.held)


async def test_an_upload_that_does_not_go_on_is_ended(stand: Stand) -> None:
    """It is told so with a 408, and gives back what it held."""
    await serve(stand)
    intake = stand.gateway._webhooks._intake
    object.__setattr__(intake, "pace", Pace(bytes_per_second=2**40, grace_seconds=0.2, seconds=30))
    source, sink = await unfinished(stand, "Content-Length: 50000", b"x" * 40_000)

    async with asyncio.timeout(10):
        answer = await source.read()
    sink.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"request-too-slow" in answer
    assert intake.held == 0


async def test_readers_that_do_not_read(dsn: str, pool: Pool) -> None:
    """Whoever reads one namespace's values slowly keeps nobody from another's."""
    async with standing(dsn, values=ValueLimits(place_seconds=0.2)) as stand:
        admit(stand)
        await serve(stand)
        stand.cluster.rights |= {("insider", NEIGHBOUR, verb, "executions") for verb in ("get", "list")}
        stand.cluster.rights.add(("insider", NEIGHBOUR, "get", "executions/data"))
        mine, other = [await stored(stand, pool, namespace) for namespace in (TENANT, NEIGHBOUR)]
        idle = [await idling(stand, mine) for _ in range(6)]

        refused = await stand.read(mine, "insider")
        read = await stand.read(other, "insider")

    assert refused.status_code == 503
    assert read.status_code == 200
    for sink in idle:
        sink.close()


async def stored(stand: Stand, pool: Pool, namespace: str) -> str:
    """The path of a value of 16 MB below an execution of a namespace."""
    answer = await stand.client.post(f"/hooks/{namespace}/{INSTANCE}/open", json={})
    identifier = answer.json()["executionId"]
    async with pool.connection() as connection:
        await connection.execute(
            "insert into step_results (execution_id, namespace, path, attempt, action, status, started_at, output)"
            " values (%s, %s, 'one', 1, 'set', 'passed', %s, %s)",
            (identifier, namespace, datetime.now(UTC), codec.pack("x" * 16_000_000).data),
        )
    return f"/{identifier}/steps/one/attempts/1/output"


async def idling(stand: Stand, at: str) -> asyncio.StreamWriter:
    """A caller who asks for a value, and reads no more of it than that an answer has begun."""
    source, sink = await asyncio.open_connection("127.0.0.1", stand.port, limit=1024)
    sink.write(
        f"GET /api/v1/executions{at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer insider\r\n"
        "Accept: application/msgpack\r\n\r\n".encode()
    )
    await asyncio.wait_for(source.readexactly(1), ANSWERED_SECONDS)  # it has its place, or was told that there is none
    return sink
