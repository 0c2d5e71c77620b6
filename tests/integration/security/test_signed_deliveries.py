"""Who sends a signed request again, as it was but for what is not signed, starts nothing a second time."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest

from gateway_stand import INSTANCE, INSTANCE_UID, KEY, TENANT, Stand, flow, key_secret, mirrored, until
from penstock_core.cluster import SECRETS
from penstock_core.store.connection.pool import Pool

PATH = f"/hooks/{TENANT}/{INSTANCE}"
SECRET = b"0123456789abcdef0123456789abcdef"


async def sign(stand: Stand, preset: str, **described: Any) -> None:
    stored = {"preset": preset, "key": base64.b64encode(SECRET).decode(), **described}
    stand.cluster.seed(SECRETS, key_secret({INSTANCE_UID: mirrored(KEY, signature=stored)}))
    await until(lambda: stand.gateway.keys.signature(INSTANCE_UID))


async def serve(stand: Stand, name: str, **spec: Any) -> None:
    stand.serve(flow(name, **spec))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, name))


async def send(stand: Stand, body: bytes, headers: dict[str, str], *, flow: str = "importOrder") -> httpx.Response:
    answer = await stand.client.post(
        f"{PATH}/{flow}", content=body, headers={"Content-Type": "application/json", **headers}
    )
    assert answer.status_code == 202, answer.text
    return answer


async def executions(pool: Pool) -> int:
    async with pool.connection() as connection:
        [row] = await (await connection.execute("select count(*) as n from executions")).fetchall()
    return int(row["n"])


def made(text: bytes) -> bytes:
    return hmac.new(SECRET, text, hashlib.sha256).digest()


def stripe(body: bytes, *, ago: int = 0) -> dict[str, str]:
    stamp = int(time.time()) - ago
    return {"Stripe-Signature": f"t={stamp},v1={made(b'%d.%s' % (stamp, body)).hex()}"}


def standard(body: bytes, *, identifier: str = "msg_1", ago: int = 0, family: str = "webhook") -> dict[str, str]:
    stamp = str(int(time.time()) - ago)
    signature = base64.b64encode(made(f"{identifier}.{stamp}.".encode() + body)).decode()
    return {f"{family}-id": identifier, f"{family}-timestamp": stamp, f"{family}-signature": f"v1,{signature}"}


UNSIGNED: list[dict[str, str]] = [
    {},
    {"Idempotency-Key": "another"},
    {"Idempotency-Key": "a third"},
    {"Webhook-Id-": "x", "X-Other": "y"},
]


@pytest.mark.parametrize(
    "spec", [{}, {"deduplicateBy": {"value": "${trigger.headers['x-other']}", "windowSeconds": 1}}]
)
async def test_a_replay_with_other_unsigned_headers(stand: Stand, pool: Pool, spec: dict[str, Any]) -> None:
    """What is signed with a time is one execution, whatever Idempotency-Key comes with it the second time."""
    await sign(stand, "stripe")
    await serve(stand, "pay", **spec)
    body = b'{"id": "evt_1"}'
    signed = stripe(body)
    answers = [await send(stand, body, {**signed, **more}, flow="pay") for more in UNSIGNED]

    assert len({answer.json()["executionId"] for answer in answers}) == 1
    assert await executions(pool) == 1


async def test_replays_at_once(stand: Stand, pool: Pool) -> None:
    """Neither are they where they arrive at one moment."""
    await sign(stand, "stripe")
    body = b"{}"
    signed = stripe(body)
    answers = await asyncio.gather(*(send(stand, body, {**signed, "Idempotency-Key": f"k{n % 5}"}) for n in range(30)))

    assert len({answer.json()["executionId"] for answer in answers}) == 1
    assert await executions(pool) == 1


async def test_a_senders_own_retry_is_recognised(stand: Stand, pool: Pool) -> None:
    """A retry that is signed anew, with the same Idempotency-Key, is no second execution, and neither is a replay of it."""
    await sign(stand, "stripe")
    body = b"{}"
    retry = stripe(body, ago=7)
    first = await send(stand, body, {**stripe(body), "Idempotency-Key": "order-1"})
    second = await send(stand, body, {**retry, "Idempotency-Key": "order-1"})
    replay = await send(stand, body, {**retry, "Idempotency-Key": "order-2"})

    assert {each.json()["executionId"] for each in (second, replay)} == {first.json()["executionId"]}
    assert await executions(pool) == 1


async def test_other_deliveries_are_others(stand: Stand, pool: Pool) -> None:
    """Another time or another body is another delivery."""
    await sign(stand, "stripe")
    for body, ago in ((b"{}", 0), (b"{}", 9), (b'{"a": 1}', 0)):
        await send(stand, body, stripe(body, ago=ago))

    assert await executions(pool) == 3


@pytest.mark.parametrize("again", ["webhook", "svix"])
async def test_a_signed_id_goes_before_everything(stand: Stand, pool: Pool, again: str) -> None:
    """A delivery is one by its signed id, under either family of names, whatever else its retries carry."""
    await sign(stand, "standard-webhooks")
    await serve(stand, "audit", deduplicateBy={"value": "${trigger.body.n}", "windowSeconds": 60})
    sent = [
        await send(stand, body, {**standard(body, family=family, ago=ago), "Idempotency-Key": key}, flow="audit")
        for body, family, ago, key in ((b'{"n": 1}', "webhook", 0, "a"), (b'{"n": 2}', again, 5, "b"))
    ]

    assert sent[0].json()["executionId"] == sent[1].json()["executionId"]
    assert await executions(pool) == 1


async def test_an_unsigned_id_does_not_take_a_signed_ones_place(stand: Stand, pool: Pool) -> None:
    """Who may send unsigned cannot keep a signed delivery out by sending its id before."""
    await sign(stand, "standard-webhooks")
    await serve(stand, "open", webhook={"methods": ["POST"], "security": "optional"})
    forged = await send(stand, b"{}", {"webhook-id": "msg_1", "Idempotency-Key": "msg_1"}, flow="open")
    right = await send(stand, b"{}", standard(b"{}"), flow="open")

    assert forged.json()["executionId"] != right.json()["executionId"]


async def test_deduplication_over_a_signed_body_goes_before_an_unsigned_key(stand: Stand, pool: Pool) -> None:
    """What is signed without a time is recognised by its body, if the flow says how, and not by what anybody may add."""
    await sign(stand, "github")
    await serve(stand, "push", deduplicateBy={"value": "${trigger.body.id}", "windowSeconds": 60})
    body = b'{"id": 7}'
    headers = {"X-Hub-Signature-256": "sha256=" + made(body).hex()}
    answers = [await send(stand, body, {**headers, **more}, flow="push") for more in UNSIGNED]

    assert len({answer.json()["executionId"] for answer in answers}) == 1
    assert await executions(pool) == 1


async def test_a_refused_delivery_may_come_again(stand: Stand, pool: Pool) -> None:
    """A signed request that found its flow full left nothing behind: the same one is accepted once there is room."""
    await sign(stand, "stripe")
    await serve(stand, "few", concurrency={"limit": 1, "whenFull": "reject"})
    await send(stand, b"{}", stripe(b"{}"), flow="few")
    body = b'{"n": 2}'
    signed = stripe(body)
    full = await stand.client.post(f"{PATH}/few", content=body, headers=signed)
    async with pool.connection() as connection:
        await connection.execute("delete from live_executions")
    again = await send(stand, body, signed, flow="few")

    assert full.status_code == 429
    assert "idempotency-replayed" not in again.headers
    assert await executions(pool) == 2


async def test_several_members_are_kept_apart(stand: Stand, pool: Pool) -> None:
    """Two orders whose parts make the same text are two."""
    await serve(stand, "parts", deduplicateBy={"value": "${trigger.body.a}${trigger.body.b}", "windowSeconds": 60})
    for a, b in (("a", "bc"), ("ab", "c"), ("a", "bc"), (1, "2"), ("1", 2)):
        await stand.post("parts", json=json.loads(json.dumps({"a": a, "b": b})))

    assert await executions(pool) == 4
