"""Signed webhooks over a socket: a signature is as good as a key, and is looked at in the documented order."""

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest

from gateway_stand import INSTANCE, INSTANCE_UID, KEY, TENANT, Stand, flow, key_secret, mirrored, until
from penstock_core import codec
from penstock_core.cluster import SECRETS
from penstock_core.store.connection.pool import Pool

PATH = f"/hooks/{TENANT}/{INSTANCE}/importOrder"
SECRET = b"It's a Secret to Everybody"
HEADER = "X-Hub-Signature-256"
HELLO = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
GENERIC = {
    "preset": "generic",
    "header": "x-shop-auth",
    "algorithm": "sha256",
    "encoding": "hex",
    "prefix": "",
    "timestampHeader": "x-shop-time",
    "toleranceSeconds": 60,
}


async def sign(stand: Stand, **described: Any) -> None:
    """Make the instance one whose requests are signed."""
    stored = {"preset": "github", "key": base64.b64encode(SECRET).decode(), **described}
    stand.cluster.seed(SECRETS, key_secret({INSTANCE_UID: mirrored(KEY, signature=stored)}))
    await until(lambda: stand.gateway.keys.signature(INSTANCE_UID))


@pytest.mark.parametrize(
    ("headers", "content", "status", "slug"),
    [
        ({HEADER: HELLO}, b"Hello, World!", 202, ""),
        ({HEADER: HELLO, "Api-Key": "wrong"}, b"Hello, World!", 202, ""),
        ({HEADER: "sha256=00", "Api-Key": KEY}, b"Hello, World!", 202, ""),
        ({HEADER: HELLO}, b"Hello, World?", 401, "key-required"),
        ({HEADER: "sha256="}, b"Hello, World!", 401, "key-required"),
        ({HEADER: "sha256=00", "Api-Key": "wrong"}, b"Hello, World!", 401, "key-required"),
        ({HEADER: HELLO, "Content-Type": "application/json"}, b"{", 401, "key-required"),
        ({"Api-Key": "wrong"}, b"Hello, World!", 401, "key-required"),
        ({}, b"Hello, World!", 401, "key-required"),
        ({HEADER: HELLO}, b"x" * 10_485_761, 413, "body-too-large"),
    ],
)
async def test_key_or_signature(stand: Stand, headers: dict[str, str], content: bytes, status: int, slug: str) -> None:
    """One of both is enough, both wrong is a 401 with its challenge, and a body that is too large comes first."""
    await sign(stand)

    answer = await stand.client.post(PATH, headers=headers, content=content)

    assert answer.status_code == status, answer.text
    if slug:
        assert answer.json()["type"] == f"urn:penstock:problem:{slug}"
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_signed_body_that_does_not_parse_is_a_400(stand: Stand) -> None:
    """Who has authenticated hears what is wrong with the body."""
    await sign(stand)
    made = "sha256=" + hmac.new(SECRET, b"{", hashlib.sha256).hexdigest()

    answer = await stand.client.post(PATH, headers={HEADER: made, "Content-Type": "application/json"}, content=b"{")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 202), ({HEADER: HELLO}, 202), ({HEADER: "sha256=00"}, 401), ({"Api-Key": "w"}, 401)]
)
async def test_optional_security_refuses_a_wrong_signature(stand: Stand, headers: dict[str, str], status: int) -> None:
    """Nobody has to authenticate, but a credential that is presented must be right."""
    await sign(stand)
    stand.serve(flow("open", webhook={"methods": ["POST"], "security": "optional"}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "open"))

    answer = await stand.client.post(f"/hooks/{TENANT}/{INSTANCE}/open", headers=headers, content=b"Hello, World!")

    assert answer.status_code == status, answer.text


async def test_a_large_body_is_checked_too(stand: Stand) -> None:
    """What is verified off the event loop is verified all the same, and nothing of a refused body stays in memory."""
    await sign(stand)
    content = b"x" * 1_000_000
    made = "sha256=" + hmac.new(SECRET, content, hashlib.sha256).hexdigest()

    right = await stand.client.post(PATH, headers={HEADER: made}, content=content)
    wrong = await stand.client.post(PATH, headers={HEADER: made}, content=content[1:] + b"y")

    assert (right.status_code, wrong.status_code) == (202, 401)
    assert stand.gateway._webhooks._intake.held == 0


async def test_a_replay_after_the_tolerance_is_refused(stand: Stand) -> None:
    """A request that was recorded on its way cannot be sent again later, nor made for later."""
    await sign(stand, **GENERIC)
    answers = []
    for away in (0, -120, 120):
        stamp = str(int(time.time()) + away)
        made = hmac.new(SECRET, stamp.encode() + b".{}", hashlib.sha256).hexdigest()
        headers = {"X-Shop-Auth": made, "X-Shop-Time": stamp}
        answers.append(await stand.client.post(PATH, headers=headers, content=b"{}"))

    assert [answer.status_code for answer in answers] == [202, 401, 401]
    assert answers[1].json()["type"] == "urn:penstock:problem:key-required"


@pytest.mark.parametrize("security", ["required", "none"])
async def test_the_signature_is_not_stored(stand: Stand, pool: Pool, security: str) -> None:
    """Trigger data has no signature, whatever its header is called, and whether it was looked at or not."""
    await sign(stand, **GENERIC)
    stand.serve(flow("other", webhook={"methods": ["POST"], "security": security}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "other"))
    stamp = str(int(time.time()))
    made = hmac.new(SECRET, stamp.encode() + b".{}", hashlib.sha256).hexdigest()

    headers = {"X-Shop-Auth": made, "X-Shop-Time": stamp}
    answer = await stand.client.post(f"/hooks/{TENANT}/{INSTANCE}/other", headers=headers, content=b"{}")

    assert answer.status_code == 202
    async with pool.connection() as connection:
        [row] = await (await connection.execute("select payload from execution_payloads")).fetchall()
    stored = codec.unpack(row["payload"])["headers"]
    assert stored["x-shop-time"] == stamp
    assert "x-shop-auth" not in stored
    assert made not in str(stored)


@pytest.mark.parametrize("security", ["required", "optional"])
async def test_nobody_is_judged_before_the_credentials_have_arrived(stand: Stand, security: str) -> None:
    """A signed request to an instance of a moment ago is asked to come again, not turned away or let through unseen."""
    fresh = flow("fresh", instance="new", webhook={"methods": ["POST"], "security": security})
    fresh["spec"]["instanceUid"] = "unknown"
    stand.serve(fresh)
    await until(lambda: stand.gateway.flows.named(TENANT, "new", "fresh"))

    answer = await stand.client.post(f"/hooks/{TENANT}/new/fresh", headers={HEADER: HELLO}, content=b"Hello, World!")

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:penstock:problem:keys-pending")


async def test_keys_still_work_where_the_signature_cannot_be_read(stand: Stand) -> None:
    """A way of signing that this gateway does not know lets nobody in, and does not lock out those with a key."""
    unreadable = {"preset": "morse", "key": "aw=="}
    stand.cluster.seed(SECRETS, key_secret({INSTANCE_UID: mirrored("new", signature=unreadable)}))
    await until(lambda: stand.gateway.keys.accepts(INSTANCE_UID, b"new"))

    signed = await stand.client.post(PATH, headers={HEADER: HELLO}, content=b"Hello, World!")
    keyed = await stand.client.post(PATH, headers={"Api-Key": "new"}, content=b"Hello, World!")

    assert (signed.status_code, keyed.status_code) == (401, 202)
