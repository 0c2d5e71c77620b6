"""Who is not let in learns nothing: neither what is deployed, nor what it wants, nor how anything is called."""

import base64
import logging
from typing import Any

import httpx
import pytest

from gateway_stand import INSTANCE, INSTANCE_UID, KEY, TENANT, Stand, flow, key_secret, mirrored, until
from penstock_core.cluster import SECRETS

SIGNED_UID = "6f1c2f0e-0000-4000-8000-000000000002"
PATHS = {
    "a flow": f"/hooks/{TENANT}/{INSTANCE}/importOrder",
    "a signed instance's flow": f"/hooks/{TENANT}/signed/importOrder",
    "no such flow": f"/hooks/{TENANT}/{INSTANCE}/importOrders",
    "no such instance": f"/hooks/{TENANT}/nobody/importOrder",
    "no such namespace": f"/hooks/nowhere/{INSTANCE}/importOrder",
    "a schedule": f"/hooks/{TENANT}/{INSTANCE}/poll",
}
REQUESTS: list[dict[str, Any]] = [
    {"method": "POST"},
    {"method": "POST", "headers": {"Api-Key": "wrong"}},
    {"method": "GET"},
    {"method": "PUT", "content": b"{", "headers": {"Content-Type": "application/json", "Authorization": "Bearer x"}},
    {"method": "POST", "content": b"x" * 300_000, "headers": {"X-Hub-Signature-256": "sha256=" + "0" * 64}},
    {"method": "PUT", "content": b"x", "headers": {"X-Hub-Signature-256": "sha256=" + "0" * 64}},
    {"method": "POST", "headers": {"Stripe-Signature": "t=1,v1=00"}},
]


@pytest.fixture(autouse=True)
async def served(stand: Stand) -> None:
    """A flow of each kind."""
    described = {"preset": "github", "key": base64.b64encode(b"s").decode()}
    stand.serve(flow("poll", trigger="schedule", webhook=None), flow(instance="signed", instanceUid=SIGNED_UID))
    fields = {INSTANCE_UID: mirrored(KEY), SIGNED_UID: mirrored(KEY, signature=described)}
    for uid, text in fields.items():
        one = key_secret({uid: text})
        same = {each: fields[each] for each in fields if key_secret({each: ""})["metadata"] == one["metadata"]}
        stand.cluster.seed(SECRETS, key_secret(same))
    await until(lambda: stand.gateway.keys.signature(SIGNED_UID))
    await until(lambda: len(stand.gateway.flows) == 3)


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, {name: value for name, value in answer.headers.items() if name != "date"}, answer.content


@pytest.mark.parametrize("request_", REQUESTS)
async def test_all_refused_hear_the_same(stand: Stand, request_: dict[str, Any]) -> None:
    """Status, headers and words are the same, whatever there is at the URL and whatever was wrong."""
    answers = [told(await stand.client.request(url=path, **request_)) for path in PATHS.values()]

    assert answers == [answers[0]] * len(answers)
    assert answers[0][0] == 401
    assert not any(word in answers[0][2].decode() for word in (INSTANCE, TENANT, "webhook-key", "hub"))


async def test_a_request_that_claims_to_be_signed_is_answered_after_its_body(stand: Stand) -> None:
    """The moment of the answer does not tell a signed instance from none: nobody is answered before the body is there."""
    for path in PATHS.values():
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Hub-Signature-256: sha256=00\r\n"
        early = await stand.raw(f"{head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n".encode() + b"x" * 100)
        assert early.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 "), early


async def test_the_owner_finds_the_cause(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """The log names flow and cause, once a minute each, and the metric counts all."""
    caplog.set_level(logging.INFO, logger="penstock_gateway")
    for _ in range(3):
        await stand.client.post(PATHS["a flow"], headers={"Api-Key": "wrong"})
        await stand.client.post(PATHS["no such flow"])
        await stand.client.post(PATHS["no such namespace"])
    metrics = (await stand.probe("/metrics")).text

    refused = [record.__dict__ for record in caplog.records if record.message == "webhook refused"]
    assert [(each["cause"], each.get("flow")) for each in refused] == [
        ("key_unknown", "importOrder"),
        ("no_such_flow", None),
        ("no_such_flow", None),
    ]
    assert not any("wrong" in str(each.values()) for each in refused)
    assert 'penstock_gateway_refusals_total{cause="key_unknown"} 3.0' in metrics
    assert 'penstock_gateway_refusals_total{cause="no_such_flow"} 6.0' in metrics


async def test_who_has_a_key_of_the_instance_hears_more(stand: Stand) -> None:
    """A wrong flow's name or method is told to who may know."""
    unknown = await stand.client.post(PATHS["no such flow"], headers={"Api-Key": KEY})
    method = await stand.client.put(PATHS["a flow"], headers={"Api-Key": KEY})

    assert (unknown.status_code, method.status_code) == (404, 405)
