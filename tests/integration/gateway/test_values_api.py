"""Stored values over REST: what one may cost, and what is damaged."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway_stand import TENANT, Stand, admit, standing
from penstock_core import codec
from penstock_core.store.connection.pool import Pool
from penstock_gateway.api.values.responses import ValueLimits
from penstock_gateway.shares import Pace

MSGPACK = {"Accept": "application/msgpack"}


async def stored(stand: Stand, pool: Pool, data: bytes, *, column: str = "output") -> str:
    """The path of an execution with one step that holds these bytes."""
    answer = await stand.post(json={})
    identifier = answer.json()["executionId"]
    async with pool.connection() as connection:
        await connection.execute(
            f"insert into step_results (execution_id, namespace, path, attempt, action, status, started_at, {column})"
            " values (%s, %s, 'one', 1, 'set', 'passed', %s, %s)",
            (identifier, TENANT, datetime.now(UTC), data),
        )
    return f"/{identifier}"


async def read(stand: Stand, at: str, **query: Any) -> Any:
    return await stand.read(f"{at}/steps/one/attempts/1/output", "insider", **query)


async def test_a_value_of_millions_of_members(stand: Stand, pool: Pool) -> None:
    """The preview is cut, and the MessagePack is there to its last byte."""
    packed = codec.pack([{}] * 16_000_000)
    at = await stored(stand, pool, packed.data)

    preview = await read(stand, at, maxBytes=64)
    whole = await read(stand, at, headers=MSGPACK)

    assert (preview.status_code, preview.headers["penstock-truncated"]) == (200, "true")
    assert preview.json() == [{}] * len(preview.json())
    assert whole.headers["content-length"] == preview.headers["penstock-size"] == str(packed.size)
    assert whole.content == codec.message_of(packed.data)


async def test_damaged_values(stand: Stand, pool: Pool) -> None:
    """Bytes that are no value are a 422 in either form."""
    at = await stored(stand, pool, b"\x02nonsense")

    for headers in ({}, MSGPACK):
        answer = await read(stand, at, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:penstock:problem:value-damaged")


async def test_values_that_end_too_early(stand: Stand, pool: Pool) -> None:
    """What is there can be looked at; an answer with all of it breaks off rather than seem complete."""
    rows = [str(uuid4()) for _ in range(10_000)]
    at = await stored(stand, pool, codec.pack(rows).data[:-5])

    preview = await read(stand, at, path="[0]")
    with pytest.raises(httpx.RemoteProtocolError):
        await read(stand, at, headers=MSGPACK)

    assert preview.json() == rows[0]
    assert (await stand.probe("/healthz")).status_code == 200


async def test_odd_values_of_steps_do_not_break_the_list(stand: Stand, pool: Pool) -> None:
    """A damaged extraction is left out, a number of thousands of digits is text."""
    damaged = await stored(stand, pool, b"\x01\xc7\x01\x05x", column="extracted")
    large = await stored(stand, pool, codec.pack({"n": 16**4000}).data, column="extracted")

    steps = [(await stand.read(at, "insider", include="steps")).json()["steps"][0] for at in (damaged, large)]

    assert [(step["extracted"], step["extractedTruncated"]) for step in steps] == [
        (None, True),
        ({"n": "0x1" + "0" * 4000}, False),
    ]


async def test_values_larger_than_may_be_read(dsn: str, pool: Pool) -> None:
    """Rows are a tenant's, who may put anything there: what is too large is not even fetched."""
    async with standing(dsn, values=ValueLimits(stored_bytes=1000)) as stand:
        admit(stand)
        at = await stored(stand, pool, b"\x01" + b"\xc0" * 2000)

        answer = await read(stand, at)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:penstock:problem:value-too-large")
    assert "2001 bytes" in answer.json()["detail"]


async def test_a_caller_who_does_not_read_gives_its_place_back(dsn: str, pool: Pool) -> None:
    """Few values are held at a time: beyond them callers are told to come back, and nobody holds a place for ever."""
    limits = ValueLimits(place_seconds=0.01, pace=Pace(bytes_per_second=2**40, grace_seconds=1.0, seconds=1.0))
    async with standing(dsn, values=limits) as stand:
        admit(stand)
        at = await stored(stand, pool, codec.pack("x" * 16_000_000).data)
        idle = [await idling(stand, at) for _ in range(limits.places // 2)]

        refused = await read(stand, at)
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:penstock:problem:overloaded")
        assert refused.headers["retry-after"]

        async with asyncio.timeout(10):
            while (await read(stand, at, maxBytes=64)).status_code != 200:
                pass
        for sink in idle:
            sink.close()


async def idling(stand: Stand, at: str) -> asyncio.StreamWriter:
    """A caller who asks for a value and reads nothing but the first line of its answer."""
    source, sink = await asyncio.open_connection("127.0.0.1", stand.port, limit=1024)
    sink.write(
        f"GET /api/v1/executions{at}/steps/one/attempts/1/output HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer insider\r\n"
        "Accept: application/msgpack\r\n\r\n".encode()
    )
    await source.readline()
    return sink
