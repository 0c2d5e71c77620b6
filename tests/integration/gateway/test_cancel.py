"""Cancelling over REST: who may, what is recorded, and what the caller is told."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway_stand import TENANT, Stand
from penstock_core.cluster import Caller
from penstock_core.store.connection.pool import Pool


@pytest.fixture
async def stand(stand: Stand) -> Stand:
    """As the others', with the token `anna`, who may cancel and read."""
    stand.cluster.tokens["anna"] = Caller(user="anna")
    stand.cluster.rights |= {
        ("anna", TENANT, "get", "executions"),
        ("anna", TENANT, "get", "executions/data"),
        ("anna", TENANT, "create", "executions/cancel"),
    }
    return stand


async def accepted(stand: Stand) -> str:
    """An execution that starts: its Job is asked for."""
    return str((await stand.post(json={})).json()["executionId"])


async def queued(stand: Stand, pool: Pool) -> str:
    """An execution as it is behind a limit."""
    execution = await accepted(stand)
    async with pool.connection() as connection:
        await connection.execute("update live_executions set state = 'queued' where id = %s", [execution])
    return execution


async def cancel(stand: Stand, execution: object, token: str = "anna", **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await stand.client.post(f"/api/v1/executions/{execution}:cancel", headers=headers, **request)


async def begin(pool: Pool, execution: str) -> None:
    """As a runner's claim does."""
    async with pool.connection() as connection:
        await connection.execute(
            "update live_executions set state = 'running', lease_until = now() + interval '1 hour' where id = %s",
            [execution],
        )
        await connection.execute(
            "update executions set state = 'running', started_at = now() where id = %s", [execution]
        )


async def test_what_is_queued_ends_at_once(stand: Stand, pool: Pool) -> None:
    """200 with the execution as it is now: who, when and why are there to be read."""
    execution = await queued(stand, pool)

    answer = await cancel(stand, execution, json={"reason": "wrong customer"})
    read = (await stand.read(f"/{execution}", "insider")).json()
    without_data = (await stand.read(f"/{execution}")).json()

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert without_data["cancellation"] == {**read["cancellation"], "reason": None}
    assert read["cancellation"] == answer.json()["cancellation"]
    assert (read["cancellation"]["requestedBy"], read["cancellation"]["reason"]) == ("anna", "wrong customer")
    assert read["error"]["code"] == "cancelled"


async def test_what_is_about_to_begin_is_asked_to_end(stand: Stand, pool: Pool) -> None:
    """202: its Job is there, or will be, and somebody has to see it end."""
    execution = await accepted(stand)

    answer = await cancel(stand, execution, json={"reason": "wrong customer"})
    async with pool.connection() as connection:
        marked = await (await connection.execute("select state, cancel from live_executions")).fetchone()

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.json()["cancellation"]["reason"] == "wrong customer"
    assert marked == {"state": "starting", "cancel": True}


async def test_what_runs_is_asked_to_end(stand: Stand, pool: Pool) -> None:
    """202: it still runs, its runner finds the mark, and the first who asked is kept."""
    stand.cluster.tokens["bert"] = Caller(user="bert")
    stand.cluster.rights |= {("bert", TENANT, "create", "executions/cancel")}
    execution = await accepted(stand)
    await begin(pool, execution)

    answer = await cancel(stand, execution)
    again = await cancel(stand, execution, "bert", json={"reason": "me too"})
    async with pool.connection() as connection:
        marked = await (await connection.execute("select cancel from live_executions")).fetchone()

    assert (answer.status_code, answer.json()["status"]) == (202, "running")
    assert (again.status_code, again.json()["cancellation"]) == (202, answer.json()["cancellation"])
    assert again.json()["cancellation"]["requestedBy"] == "anna"
    assert marked == {"cancel": True}


async def test_a_name_is_written_as_one_line(stand: Stand, pool: Pool) -> None:
    """Who issues tokens may write into a name what no database takes, and what would forge a line of the log."""
    execution = await queued(stand, pool)
    stand.cluster.tokens["odd"] = Caller(user="a\x00b\nc\ud800")
    stand.cluster.rights.add(("a\x00b\nc\ud800", TENANT, "create", "executions/cancel"))

    answer = await cancel(stand, execution, "odd")

    assert (answer.status_code, answer.json()["cancellation"]["requestedBy"]) == (200, "a?b?c?")


async def test_who_comes_too_late_is_told_how_it_ended(stand: Stand, pool: Pool) -> None:
    """A runner that passed before it saw the mark was not stopped by anybody: 409, not 200."""
    execution = await accepted(stand)
    await begin(pool, execution)
    async with pool.connection() as connection:
        # as if its runner ended between the mark and the look at what became of it
        await connection.execute(
            "create function ends() returns trigger language plpgsql as $$ begin"
            " update executions set state = 'passed', ended_at = now() where id = new.id; return null; end $$"
        )
        await connection.execute(
            "create trigger ends after update of cancel on live_executions for each row execute function ends()"
        )

    answer = await cancel(stand, execution)

    assert (answer.status_code, answer.json()["executionStatus"]) == (409, "passed")


async def test_what_has_ended_stays_as_it_is(stand: Stand, pool: Pool) -> None:
    """409 with how it ended."""
    execution = await queued(stand, pool)
    await cancel(stand, execution)

    answer = await cancel(stand, execution)

    assert answer.status_code == 409
    assert (answer.json()["type"], answer.json()["status"]) == ("urn:penstock:problem:already-ended", 409)
    assert "cancelled" in answer.json()["detail"]


async def test_a_row_that_is_being_written_is_waited_for(stand: Stand, pool: Pool) -> None:
    """Who holds the row for a moment, as its runner does, makes nobody believe that it has ended."""
    execution = await queued(stand, pool)
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("select from executions where id = %s for update", [execution])
        asking = asyncio.ensure_future(cancel(stand, execution))
        await asyncio.wait([asking], timeout=0.5)
        held = asking.done()
    answer = await asking

    assert not held
    assert answer.json()["status"] == "cancelled"


async def test_only_who_may(stand: Stand) -> None:
    """403 for who may read, 404 for who may not even that and for what is not there, 401 without a token; nothing ends."""
    stand.cluster.tokens["eve"] = Caller(user="eve")
    execution = await accepted(stand)

    answers = [
        await cancel(stand, execution, "viewer"),
        await cancel(stand, execution, "eve"),
        await cancel(stand, uuid4()),
        await cancel(stand, execution, "nobody"),
    ]

    assert [answer.status_code for answer in answers] == [403, 404, 404, 401]
    assert "create on executions/cancel.penstock.dev" in answers[0].json()["detail"]
    assert (await stand.read(f"/{execution}")).json()["status"] == "queued"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "JSON object"),
        (b"\xff\xfe{", 400, "not JSON"),
        (b"[" * 10_000, 400, "not JSON"),
        (b'{"resaon": "typo"}', 400, "did you mean `reason`?"),
        (b'{"reason": "a", "reason": "b"}', 400, "twice"),
        ('{"reason": "\u2028"}'.encode(), 400, "one line"),
        ('{"reason": "\u202egnol"}'.encode(), 400, "one line"),
        (b'{"reason": 5}', 400, "reason"),
        (json.dumps({"reason": "x" * 1001}).encode(), 400, "at most 1000 characters"),
        (b'{"reason": "two\\nlines"}', 400, "`reason` is one line of text, without control characters, not"),
        (b'{"reason": "\\u0000"}', 400, "one line"),
        (b'{"reason": "\\ud800"}', 400, "UTF-8"),
        (b'{"reason": "' + b"x" * 20_000 + b'"}', 413, "16384"),
    ],
)
async def test_a_body_that_is_not_understood_cancels_nothing(stand: Stand, body: bytes, status: int, told: str) -> None:
    """It says what is wrong, and the execution goes on."""
    execution = await accepted(stand)

    answer = await cancel(stand, execution, content=body)

    assert (answer.status_code, told in answer.json()["detail"]) == (status, True), answer.text
    assert (await stand.read(f"/{execution}")).json()["status"] == "queued"


async def test_a_strangers_body_is_not_read(stand: Stand) -> None:
    """Who has no token is refused before a byte of a large body is taken."""
    head = f"POST /api/v1/executions/{uuid4()}:cancel HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000000\r\n\r\n"

    assert (await stand.raw(head.encode())).startswith(b"HTTP/1.1 401")
