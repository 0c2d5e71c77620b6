"""The database away, slow or late; the cluster away; callers that leave or attack: never a 2xx for nothing, never a hang."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gateway_stand import INSTANCE, KEY, TENANT, Stand, database_secret, standing, until
from penstock_core.cluster import SECRETS
from penstock_core.errors import ClusterError, ClusterUnavailable
from penstock_core.store.connection.pool import Pool

PATH = f"/hooks/{TENANT}/{INSTANCE}/importOrder"


class Relay:
    """A way to the database that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self.cut = False

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(_pipe(reader, far_writer), _pipe(far_reader, writer))

    def sever(self) -> None:
        self.cut = True
        for writer in self._writers:
            writer.close()
        self._writers.clear()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def relayed(dsn: str) -> AsyncIterator[tuple[str, Relay]]:
    parts = conninfo_to_dict(dsn)
    relay = Relay(str(parts["host"]), int(str(parts["port"])))
    server = await asyncio.start_server(relay.connected, "127.0.0.1", 0)
    try:
        yield make_conninfo(dsn, host="127.0.0.1", port=server.sockets[0].getsockname()[1]), relay
    finally:
        relay.sever()
        server.close()


async def rows(pool: Pool, query: str) -> list[dict[str, object]]:
    async with pool.connection() as connection:
        return await (await connection.execute(query)).fetchall()


async def test_a_namespace_that_may_not_be_read_takes_no_other_down(dsn: str) -> None:
    """With named namespaces, one that is gone leaves the gateway ready for the others."""
    async with standing(dsn, watch_namespaces=(TENANT, "gone"), refused=("gone",)) as stand:
        assert stand.gateway.health.missing() == []
        assert (await stand.post(json={})).status_code == 202


async def test_what_exceeds_the_release_is_queued(dsn: str) -> None:
    """Beyond maxRunning a webhook is accepted, and its Job is left to the dispatcher."""
    async with standing(dsn, max_running=1) as stand:
        answers = [await stand.post(json={}) for _ in range(2)]
        await until(stand.cluster.jobs)

        assert [answer.status_code for answer in answers] == [202, 202]
        assert stand.cluster.jobs() == [f"pex-{answers[0].json()['executionId']}"]


async def test_database_away_and_back(dsn: str) -> None:
    """Without a database the answer is 503 with Retry-After within seconds; with it again requests are accepted."""
    async with relayed(dsn) as (through, relay), standing(through) as stand:
        assert (await stand.post(json={})).status_code == 202
        relay.sever()

        since = time.monotonic()
        answers = await asyncio.gather(*(stand.post(json={}) for _ in range(20)))
        took = time.monotonic() - since
        ready = await stand.probe("/readyz")
        relay.cut = False
        async with asyncio.timeout(30):
            while (await stand.post(json={})).status_code != 202:
                pass

    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["type"] for answer in answers} == {"urn:penstock:problem:database-unavailable"}
    assert int(answers[0].headers["retry-after"]) > 0
    assert took < 8
    assert ready.status_code == 200, "an outage that we can explain must not take the pod out of its Service"


async def test_database_that_was_restarted(stand: Stand, pool: Pool) -> None:
    """Connections that broke while they were idle, however many, cost no caller an answer."""
    await asyncio.gather(*(stand.post(json={}) for _ in range(200)))
    await rows(
        pool, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'penstock-gateway'"
    )
    # the server's goodbye must have arrived, or a query may be sent into a connection that is about to end
    mine = "select 1 from pg_stat_activity where application_name = 'penstock-gateway'"
    async with asyncio.timeout(5):
        while await rows(pool, mine):
            pass

    assert (await stand.post(json={})).status_code == 202


async def test_database_that_hangs(stand: Stand, pool: Pool) -> None:
    """A lock in the database costs its callers a 503 within seconds, and leaves no transaction behind."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("lock table executions in access exclusive mode")
        since = time.monotonic()
        answer = await stand.post(json={})
        took = time.monotonic() - since

    assert answer.status_code == 503
    assert took < 8
    busy = "select 1 from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()"
    async with asyncio.timeout(5):
        while await rows(pool, busy):
            pass
    assert await rows(pool, "select id from executions") == []
    assert (await stand.post(json={})).status_code == 202


async def test_start_before_the_database_secret(dsn: str) -> None:
    """Until the operator has written the Secret the gateway says what it waits for, and answers 503."""
    async with standing(None, ready=False) as stand:
        await until(lambda: len(stand.gateway.health.missing()) == 1)
        ready = await stand.probe("/readyz")
        alive = await stand.probe("/healthz")
        refused = await stand.post(json={})
        stand.cluster.seed(SECRETS, database_secret(dsn))
        await until(lambda: not stand.gateway.health.missing())
        accepted = await stand.post(json={})

    assert (ready.status_code, alive.status_code, refused.status_code, accepted.status_code) == (503, 200, 503, 202)
    assert "penstock-gateway-database" in ready.json()["missing"][0]


@pytest.mark.parametrize(
    ("failure", "result"),
    [(ClusterError("exceeded quota", status=403), "refused"), (ClusterUnavailable("no answer"), "unavailable")],
)
async def test_job_that_cannot_be_created(stand: Stand, pool: Pool, failure: ClusterError, result: str) -> None:
    """The caller has its 202, the row stays for the dispatcher, and the cause is counted."""
    stand.cluster.failure = failure
    answer = await stand.post(json={})

    counter = stand.gateway.metrics.jobs[result]
    await until(lambda: counter._value.get() == 1)
    assert answer.status_code == 202
    assert await rows(pool, "select state from live_executions") == [{"state": "starting"}]
    assert stand.cluster.jobs() == []


async def test_caller_that_leaves_before_its_answer(stand: Stand, pool: Pool) -> None:
    """A complete request whose caller has gone is stored or not, but nothing hangs and the next is served."""
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", stand.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nApi-Key: {KEY}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        writer.close()

    assert (await stand.post(json={})).status_code == 202
    idle = "select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'"
    assert await rows(pool, idle) == []


async def test_body_that_never_ends_by_length(stand: Stand) -> None:
    """A declared length over the limit is refused before a byte of the body was sent."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nApi-Key: {KEY}\r\nContent-Length: 99999999\r\n\r\n"
    answer = await stand.raw(head.encode())

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


async def test_body_over_the_limit_in_chunks(dsn: str) -> None:
    """A body without a length is refused as soon as it is too long, before it ends."""
    async with standing(dsn, max_body_bytes=100_000, max_buffered_bytes=800_000) as stand:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nApi-Key: {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await stand.raw(head.encode() + (b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n") * 3)

        assert answer.startswith(b"HTTP/1.1 413 ")
        assert stand.gateway._webhooks._intake.held == 0


async def test_401_comes_before_the_body(dsn: str) -> None:
    """Without a key nothing of a body is waited for, whatever its length; only a declared one that is too much is a 413."""
    async with standing(dsn, max_body_bytes=100_000) as stand:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
        chunked = await stand.raw(head + b"Transfer-Encoding: chunked\r\n\r\n")
        declared = await stand.raw(head + b"Content-Length: 100000\r\n\r\n")
        too_large = await stand.raw(head + b"Content-Length: 100001\r\n\r\n")

    assert chunked.startswith(b"HTTP/1.1 401 ")
    assert declared.startswith(b"HTTP/1.1 401 ")
    assert too_large.startswith(b"HTTP/1.1 413 ")


async def test_all_bodies_together_are_bounded(dsn: str) -> None:
    """More bytes in flight than there is memory for is a 503 that says so."""
    async with standing(dsn, max_body_bytes=100_000, max_buffered_bytes=1_000) as stand:
        small = stand.gateway._webhooks._intake.small
        assert small.take(TENANT, small.largest)
        answer = await stand.post(content=b"x" * 50_000)
        small.give(TENANT, small.largest)
        again = await stand.post(content=b"x" * 50_000)

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:penstock:problem:overloaded")
    assert again.status_code == 202


async def test_large_body_is_stored_whole(stand: Stand, pool: Pool) -> None:
    """Ten MiB of JSON are accepted and nothing of them is cut."""
    body = json.dumps({"text": "x" * (10 * 1024 * 1024 - 20)}).encode()
    answer = await stand.post(content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 202
    [found] = await rows(pool, "select warnings from executions")
    assert found == {"warnings": []}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"[" * 100_000, 400),
        (b"[" * 150_000 + b"]" * 150_000, 400),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400),
        (b"1" * 5_000, 400),
        (b'"\\ud800"', 202),
        (b'"\\u0000"', 202),
        (b"", 202),
        (b'{"a": NaN}', 400),
        (b"[" + b"{}," * 600_000 + b"0]", 400),
    ],
)
async def test_hostile_json(stand: Stand, content: bytes, status: int) -> None:
    """Deep, long, dense or odd JSON is an answer like any other."""
    answer = await stand.post(content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("value", ["\u00e9" * 200, "x" * 20_000, "a\tb"])
async def test_odd_idempotency_keys(stand: Stand, value: str) -> None:
    """Any key that a header can carry works, whatever its bytes and length."""
    headers = [(b"Idempotency-Key", value.encode()), (b"Api-Key", KEY.encode())]
    answers = [await stand.client.post(PATH, headers=headers, content=b"") for _ in range(2)]

    assert answers[0].json()["executionId"] == answers[1].json()["executionId"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 100) for n in range(1000)) + b"\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000,
        b"\x16\x03\x01 not http\r\n\r\n",
        b"POST /hooks/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_floods_of_headers(stand: Stand, head: bytes) -> None:
    """A head that is too large or no HTTP at all is answered with 400, and the connection ends."""
    assert (await stand.raw(head)).startswith(b"HTTP/1.1 400 ")


async def test_query_with_thousands_of_parameters(stand: Stand) -> None:
    """More parameters than anybody needs are refused."""
    answer = await stand.client.post(f"{PATH}?{'&'.join('a=1' for _ in range(2000))}", headers={"Api-Key": KEY})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:penstock:problem:malformed-request")


async def test_parallel_repeats_are_one_execution(stand: Stand, pool: Pool) -> None:
    """Fifty requests with one key at one time make one row and one Job."""
    answers = await asyncio.gather(*(stand.post(json={}, headers={"Idempotency-Key": "k"}) for _ in range(50)))

    assert len({answer.json()["executionId"] for answer in answers}) == 1
    assert len(await rows(pool, "select id from executions")) == 1
    await until(stand.cluster.jobs)
    assert len(stand.cluster.jobs()) == 1


async def test_drain_creates_the_jobs_that_wait(stand: Stand) -> None:
    """An ending gateway first creates the Jobs of what it acknowledged."""
    stand.cluster.hold = asyncio.Event()
    answers: list[httpx.Response] = [await stand.post(json={}) for _ in range(20)]
    asyncio.get_running_loop().call_later(0.1, stand.cluster.hold.set)

    await stand.gateway.drain()

    assert len(stand.cluster.jobs()) == len(answers) == 20
