"""What the second delivery gets, by what became of the first, by `afterFailure`, and by what makes the two one delivery.

A line of the table: how the first execution stands, what the Flow says, what the two requests have in common, and the answer.
"""

import base64
import hashlib
import hmac
import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway_stand import INSTANCE, INSTANCE_UID, KEY, TENANT, Stand, flow, key_secret, mirrored, until
from penstock_core.cluster import SECRETS
from penstock_core.executions.states import ExecutionState
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.live import Dispatch

SECRET = b"0123456789abcdef0123456789abcdef"
BODY = b'{"id": 7}'
FIRST, NEW = "the first", "a new one"

CASES = [
    # the first    afterFailure  in common           the second gets
    ("queued", "again", "value", FIRST),
    ("running", "again", "value", FIRST),
    ("passed", "again", "value", FIRST),
    ("completed_with_errors", "again", "value", FIRST),
    ("skipped", "again", "value", FIRST),
    ("failed", "again", "value", NEW),
    ("timed_out", "again", "value", NEW),
    ("cancelled", "again", "value", NEW),
    ("queued", "repeat", "value", FIRST),
    ("running", "repeat", "value", FIRST),
    ("passed", "repeat", "value", FIRST),
    ("completed_with_errors", "repeat", "value", FIRST),
    ("skipped", "repeat", "value", FIRST),
    ("failed", "repeat", "value", FIRST),
    ("timed_out", "repeat", "value", FIRST),
    ("cancelled", "repeat", "value", FIRST),
    # a Flow of the release before does not say
    ("failed", None, "value", FIRST),
    ("passed", None, "value", FIRST),
    # who sends an id of the delivery is answered what was answered
    ("failed", "again", "idempotency-key", FIRST),
    ("cancelled", "again", "idempotency-key", FIRST),
    ("timed_out", "again", "webhook-id", FIRST),
    ("failed", "again", "signed id", FIRST),
    # a request that is sent again as it was signed, and one that its sender signs anew
    ("failed", "again", "signature", FIRST),
    ("failed", "again", "value, signed anew", NEW),
    ("failed", "repeat", "value, signed anew", FIRST),
    ("passed", "again", "value, signed anew", FIRST),
    ("failed", "again", "value, signed without a time", NEW),
    ("failed", "repeat", "value, signed without a time", FIRST),
    # nothing in common
    ("failed", "again", "nothing", NEW),
    ("passed", "again", "nothing", NEW),
]


def made(text: bytes) -> bytes:
    return hmac.new(SECRET, text, hashlib.sha256).digest()


def stripe(*, ago: int) -> dict[str, str]:
    stamp = int(time.time()) - ago
    return {"Stripe-Signature": f"t={stamp},v1={made(b'%d.%s' % (stamp, BODY)).hex()}"}


def standard(*, ago: int) -> dict[str, str]:
    stamp = str(int(time.time()) - ago)
    signature = base64.b64encode(made(f"msg_1.{stamp}.".encode() + BODY)).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def pair(common: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """The preset of the signature, '' without one, and the headers of both requests."""
    key = {"Api-Key": KEY}
    github = {"X-Hub-Signature-256": "sha256=" + made(BODY).hex()}
    signed = stripe(ago=0)
    pairs = {
        "value": ("", key, key),
        "nothing": ("", {**key, "X-Part": "a"}, {**key, "X-Part": "b"}),
        "idempotency-key": ("", {**key, "Idempotency-Key": "k"}, {**key, "Idempotency-Key": "k"}),
        "webhook-id": ("", {**key, "Webhook-Id": "w"}, {**key, "Webhook-Id": "w"}),
        "signed id": ("standard-webhooks", standard(ago=5), standard(ago=0)),
        "signature": ("stripe", signed, signed),
        "value, signed anew": ("stripe", stripe(ago=9), signed),
        "value, signed without a time": ("github", github, github),
    }
    return pairs[common]


async def serve(stand: Stand, preset: str, **deduplication: Any) -> None:
    if preset:
        stored = {"preset": preset, "key": base64.b64encode(SECRET).decode()}
        stand.cluster.seed(SECRETS, key_secret({INSTANCE_UID: mirrored(KEY, signature=stored)}))
        await until(lambda: stand.gateway.keys.signature(INSTANCE_UID))
    stand.serve(flow("audit", deduplicateBy={"windowSeconds": 60, **deduplication}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "audit"))


async def send(stand: Stand, headers: dict[str, str], body: bytes = BODY) -> httpx.Response:
    return await stand.client.post(
        f"/hooks/{TENANT}/{INSTANCE}/audit", content=body, headers={"Content-Type": "application/json", **headers}
    )


async def become(pool: Pool, execution: UUID, state: str) -> None:
    """Bring an execution to a state, as runner or operator would."""
    if state == "running":
        await Database(pool).count("update executions set state = 'running', started_at = now()")
    elif state != "queued":
        ended = await Dispatch(pool).end(execution, ExecutionState.FAILED, namespace=TENANT, cause="c", code="c")
        assert ended
        await Database(pool).count("update executions set state = %(state)s", state=state)


@pytest.mark.parametrize(("state", "after_failure", "common", "gets"), CASES)
async def test_the_second_delivery(
    stand: Stand, pool: Pool, state: str, after_failure: str | None, common: str, gets: str
) -> None:
    """It is the first execution again, or a new one; both answers are a 202, and say which they are."""
    preset, one, two = pair(common)
    value = "${trigger.headers['x-part']}" if common == "nothing" else "${trigger.body.id}"
    said = {"afterFailure": after_failure} if after_failure else {}
    await serve(stand, preset, value=value, **said)
    first = await send(stand, one)
    await become(pool, UUID(first.json()["executionId"]), state)

    second = await send(stand, two)

    assert (first.status_code, second.status_code) == (202, 202), second.text
    answer = second.json()
    new = answer["executionId"] != first.json()["executionId"]
    assert (NEW if new else FIRST) == gets
    assert second.headers.get("idempotency-replayed") == (None if new else "true")
    repeated = new and common != "nothing"
    assert answer.get("repeatOf") == (first.json()["executionId"] if repeated else None)
    assert answer["status"] == ("queued" if new else state)
    rows = await Database(pool).rows("select id, repeat_of, repeated_by from executions order by id")
    assert len(rows) == (2 if new else 1)
    if repeated:
        assert (rows[0]["repeated_by"], rows[1]["repeat_of"]) == (rows[1]["id"], rows[0]["id"])


async def test_both_are_shown_with_their_link(stand: Stand, pool: Pool) -> None:
    """Details and lists name the execution that was repeated, and the one that repeats it."""
    await serve(stand, "", value="${trigger.body.id}", afterFailure="again")
    first, second = [(await _failing(stand, pool)) for _ in range(2)]

    [one, two] = [(await stand.read(f"/{each}")).json() for each in (first, second)]
    listed = (await stand.read("", namespace=TENANT)).json()["items"]

    assert (one["repeatOf"], one["repeatedBy"]) == (None, second)
    assert (two["repeatOf"], two["repeatedBy"]) == (first, None)
    assert [(each["id"], each["repeatOf"], each["repeatedBy"]) for each in listed] == [
        (second, first, None),
        (first, None, second),
    ]


async def _failing(stand: Stand, pool: Pool) -> str:
    identifier = str((await send(stand, {"Api-Key": KEY})).json()["executionId"])
    await Dispatch(pool).end(UUID(identifier), ExecutionState.FAILED, namespace=TENANT, cause="c", code="c")
    return identifier


async def test_a_paused_flow_starts_nothing_after_a_failure(stand: Stand, pool: Pool) -> None:
    """While it rejects, a value that failed is asked to come again later, as everything that is new; what passed is answered."""
    await serve(stand, "", value="${trigger.body.id}", afterFailure="again")
    await _failing(stand, pool)
    passed = await send(stand, {"Api-Key": KEY}, b'{"id": 8}')
    same = {"value": "${trigger.body.id}", "windowSeconds": 60, "afterFailure": "again"}
    stand.serve(flow("audit", deduplicateBy=same, paused=True))
    await until(lambda: (served := stand.gateway.flows.named(TENANT, INSTANCE, "audit")) and served.paused)

    refused, repeat = await send(stand, {"Api-Key": KEY}), await send(stand, {"Api-Key": KEY}, b'{"id": 8}')

    assert (refused.status_code, repeat.status_code) == (503, 202)
    assert repeat.json()["executionId"] == passed.json()["executionId"]
