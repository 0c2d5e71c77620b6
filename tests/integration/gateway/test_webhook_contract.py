"""Every row of the webhook table, over a socket and a real Postgres."""

from typing import Any

import pytest

from gateway_stand import INSTANCE, INSTANCE_UID, KEY, NAMESPACE, TENANT, Stand, flow, key_secret, mirrored, until
from penstock_core import codec
from penstock_core.cluster import SECRETS
from penstock_core.store.connection.pool import Pool

PATH = f"/hooks/{TENANT}/{INSTANCE}/importOrder"


async def column(pool: Pool, query: str) -> list[Any]:
    async with pool.connection() as connection:
        rows = await (await connection.execute(query)).fetchall()
    return [next(iter(row.values())) for row in rows]


async def test_acceptance_answers_with_the_id_of_a_durable_row(stand: Stand, pool: Pool) -> None:
    """A 202 names an execution that is in the database."""
    answer = await stand.post(json={"id": 1})

    body = answer.json()
    assert answer.status_code == 202, answer.text
    assert body["status"] == "queued"
    assert body["url"] == f"https://hooks.example/api/v1/executions/{body['executionId']}" == answer.headers["location"]
    assert answer.headers["penstock-execution-id"] == body["executionId"]
    assert [body["executionId"]] == [str(found) for found in await column(pool, "select id from executions")]


async def test_job_is_created_after_the_answer(stand: Stand) -> None:
    """The accepted execution gets one Job, and one write to the cluster."""
    answer = await stand.post(json={})

    await until(stand.cluster.jobs)
    assert stand.cluster.jobs() == [f"pex-{answer.json()['executionId']}"]


async def test_trigger_data_keeps_bytes_and_leaves_out_credentials(stand: Stand, pool: Pool) -> None:
    """What is stored is the request as it came, without what authenticated it."""
    raw = b'{"id": "\xc3\xa9"}'
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": "s", "Cookie": "c", "X-Id": "7"}
    await stand.client.post(
        f"{PATH}/orders/7?a=1&b=2&b=3", content=raw, headers={"Authorization": f"Bearer {KEY}", **headers}
    )

    [packed] = await column(pool, "select payload from execution_payloads")
    data = codec.unpack(packed)
    assert data["rawBody"] == raw
    assert data["query"] == {"a": "1", "b": ["2", "3"]}
    assert (data["path"], data["method"], data["contentType"]) == ("orders/7", "POST", "application/json")
    assert data["headers"]["x-id"] == "7"
    assert not {"authorization", "cookie", "x-hub-signature-256", "api-key"} & set(data["headers"])


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status", "slug"),
    [
        ("POST", "/hooks/acme/acme-orders/importorder", {"Api-Key": KEY}, b"", 404, "no-such-webhook"),
        ("POST", "/hooks/acme/acme-orders/importorder", {}, b"", 401, "key-required"),
        ("POST", "/hooks/Acme/acme-orders/importOrder", {"Api-Key": KEY}, b"", 401, "key-required"),
        ("POST", "/hooks/acme/acme-orders", {}, b"", 404, "no-such-webhook"),
        ("POST", "/hooks/acme/acme-orders/poll", {"Api-Key": KEY}, b"", 404, "no-such-webhook"),
        ("GET", PATH, {"Api-Key": KEY}, b"", 405, "method-not-allowed"),
        ("GET", PATH, {}, b"", 401, "key-required"),
        ("PUT", PATH, {"Api-Key": KEY}, b"x" * 10_485_761, 413, "body-too-large"),
        ("POST", PATH, {}, b"x" * 10_485_761, 413, "body-too-large"),
        ("POST", PATH, {}, b"{", 401, "key-required"),
        ("POST", PATH, {"Api-Key": "wrong"}, b"{", 401, "key-required"),
        ("POST", PATH, {"Authorization": "Basic abc"}, b"", 401, "key-required"),
        ("POST", PATH, {"Api-Key": KEY, "Content-Type": "application/json"}, b'{"a":\n1,}', 400, "malformed-body"),
        ("POST", PATH, {"Api-Key": KEY, "Content-Type": "application/json"}, b"\xff\xfe\x00", 400, "malformed-body"),
    ],
)
async def test_refusals(
    stand: Stand, method: str, path: str, headers: dict[str, str], content: bytes, status: int, slug: str
) -> None:
    """Each refusal has its status and type, and the earlier check wins."""
    stand.serve(flow("poll", trigger="schedule", webhook=None))

    answer = await stand.client.request(method, path, headers=headers, content=content)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:penstock:problem:{slug}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_malformed_json_names_its_place(stand: Stand) -> None:
    """A 400 says in which line and column the body stops being JSON."""
    answer = await stand.post(content=b'{"a": 1,\n "b" 2}', headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert (answer.json()["line"], answer.json()["column"]) == (2, 6)


async def test_405_and_401_say_what_is_possible(stand: Stand) -> None:
    """The headers that HTTP wants beside 405 and 401 are there."""
    refused = await stand.client.get(PATH, headers={"Api-Key": KEY})
    unauthorized = await stand.client.post(PATH)

    assert refused.headers["allow"] == "POST"
    assert unauthorized.headers["www-authenticate"].startswith("Bearer")


async def test_same_key_same_body_gives_the_first_execution(stand: Stand, pool: Pool) -> None:
    """A repeat is answered with the first id and stores nothing."""
    first = await stand.post(json={"a": 1}, headers={"Idempotency-Key": "k"})
    second = await stand.post(json={"a": 1}, headers={"Idempotency-Key": "k"})

    assert second.status_code == 202
    assert second.json()["executionId"] == first.json()["executionId"]
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await column(pool, "select id from executions")) == 1


async def test_same_key_other_body_is_refused(stand: Stand) -> None:
    """An Idempotency-Key stands for one body."""
    first = await stand.post(json={"a": 1}, headers={"Idempotency-Key": "k"})
    second = await stand.post(json={"a": 2}, headers={"Idempotency-Key": "k"})

    assert second.status_code == 422
    assert second.json()["executionId"] == first.json()["executionId"]


async def test_webhook_id_with_another_body_is_a_repeat(stand: Stand) -> None:
    """Only Idempotency-Key compares bodies: a sender's own id must not be retried for ever."""
    first = await stand.post(json={"a": 1}, headers={"webhook-id": "w"})
    second = await stand.post(json={"a": 2}, headers={"webhook-id": "w"})

    assert (second.status_code, second.json()["executionId"]) == (202, first.json()["executionId"])


async def test_deduplicate_by_value(stand: Stand, pool: Pool) -> None:
    """The same value is the same execution; none deduplicates nothing and leaves a warning."""
    stand.serve(flow("audit", deduplicateBy={"value": "${trigger.body.id}", "windowSeconds": 60}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "audit"))
    first = await stand.post("audit", json={"id": 7})
    second = await stand.post("audit", json={"id": 7, "more": True})
    third = await stand.post("audit", json={})
    fourth = await stand.post("audit", json={})

    assert second.json()["executionId"] == first.json()["executionId"]
    assert third.json()["executionId"] != fourth.json()["executionId"]
    assert await column(pool, "select array_length(warnings, 1) from executions order by id") == [None, 1, 1]


async def test_paused_instance_rejects_new_but_repeats_old(stand: Stand, pool: Pool) -> None:
    """While paused a repeat has its 202 and a reused key its 422; what is new has a 503 and leaves nothing behind."""
    first = await stand.post(json={}, headers={"Idempotency-Key": "old"})
    stand.serve(flow(paused=True))
    await until(lambda: (served := stand.gateway.flows.named(TENANT, INSTANCE, "importOrder")) and served.paused)

    plain = await stand.post(json={})
    keyed = await stand.post(json={}, headers={"Idempotency-Key": "new"})
    repeat = await stand.post(json={}, headers={"Idempotency-Key": "old"})
    reused = await stand.post(json={"b": 1}, headers={"Idempotency-Key": "old"})

    assert [plain.status_code, keyed.status_code, repeat.status_code, reused.status_code] == [503, 503, 202, 422]
    assert int(plain.headers["retry-after"]) > 0
    assert keyed.json()["type"].endswith("instance-paused")
    assert repeat.json()["executionId"] == first.json()["executionId"]
    assert len(await column(pool, "select id from executions")) == 1
    assert len(await column(pool, "select execution_id from idempotency_keys")) == 1


async def test_paused_instance_that_queues_accepts_without_a_job(stand: Stand) -> None:
    """`whenPaused: queue` keeps the request and starts nothing."""
    stand.serve(flow(paused=True, whenPaused="queue"))
    await until(lambda: (served := stand.gateway.flows.named(TENANT, INSTANCE, "importOrder")) and served.paused)

    answer = await stand.post(json={})

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert stand.gateway.starter.waiting() == 0
    assert stand.cluster.jobs() == []


async def test_limit_that_rejects(stand: Stand) -> None:
    """At its limit the flow answers 429 with Retry-After, and a repeat still has its 202."""
    stand.serve(flow("few", concurrency={"limit": 1, "whenFull": "reject"}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "few"))
    first = await stand.post("few", json={}, headers={"Idempotency-Key": "k"})
    second = await stand.post("few", json={})
    repeat = await stand.post("few", json={}, headers={"Idempotency-Key": "k"})

    assert [first.status_code, second.status_code, repeat.status_code] == [202, 429, 202]
    assert second.json()["type"] == "urn:penstock:problem:flow-at-limit"
    assert int(second.headers["retry-after"]) > 0


async def test_limit_that_queues(stand: Stand) -> None:
    """Beyond the limit executions are accepted and wait: one Job only."""
    stand.serve(flow("few", concurrency={"limit": 1, "whenFull": "queue"}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "few"))
    answers = [await stand.post("few", json={}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    await until(stand.cluster.jobs)
    assert stand.cluster.jobs() == [f"pex-{answers[0].json()['executionId']}"]


@pytest.mark.parametrize(
    ("security", "key", "status"),
    [
        ("none", None, 202),
        ("none", "wrong", 202),
        ("optional", None, 202),
        ("optional", "wrong", 401),
        ("optional", KEY, 202),
    ],
)
async def test_security_of_a_webhook(stand: Stand, security: str, key: str | None, status: int) -> None:
    """Without security keys are not looked at; where it is optional a wrong key is still wrong."""
    stand.serve(flow("open", webhook={"methods": ["POST"], "security": security}))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "open"))

    headers = {"Api-Key": key} if key else {}
    answer = await stand.client.post(f"/hooks/{TENANT}/{INSTANCE}/open", headers=headers, json={})

    assert answer.status_code == status


async def test_key_of_an_instance_whose_keys_have_not_arrived(stand: Stand) -> None:
    """A key that cannot be judged yet is no reason to turn the caller away for good."""
    other = flow("fresh", instance="new") | {}
    other["spec"]["instanceUid"] = "unknown"
    stand.serve(other)
    await until(lambda: stand.gateway.flows.named(TENANT, "new", "fresh"))

    answer = await stand.client.post(f"/hooks/{TENANT}/new/fresh", headers={"Api-Key": "k"}, json={})

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:penstock:problem:keys-pending")


async def test_a_missing_secret_of_digests_is_no_outage(stand: Stand) -> None:
    """While a Secret of digests is gone its instances' callers are asked to come again; the gateway stays ready."""
    secret = key_secret({INSTANCE_UID: mirrored(KEY)})
    stand.cluster.remove(SECRETS, NAMESPACE, secret["metadata"]["name"])
    await until(lambda: not stand.gateway.keys.known(INSTANCE_UID))
    pending = await stand.post(json={})
    ready = await stand.probe("/readyz")
    stand.cluster.seed(SECRETS, secret)
    await until(lambda: stand.gateway.keys.known(INSTANCE_UID))

    assert (pending.status_code, pending.json()["type"]) == (503, "urn:penstock:problem:keys-pending")
    assert ready.status_code == 200
    assert (await stand.post(json={})).status_code == 202


async def test_deleted_flow_is_gone(stand: Stand) -> None:
    """A deleted Flow answers 404 to who has the instance's key."""
    from penstock_core.cluster import FLOWS

    stand.serve(flow("another"))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "another"))
    stand.cluster.remove(FLOWS, TENANT, f"{INSTANCE}.importorder")
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "importOrder") is None)

    assert (await stand.post(json={})).status_code == 404


async def test_text_that_is_not_utf_8(stand: Stand, pool: Pool) -> None:
    """Path, query, headers and body have their characters, and the execution a warning for each."""
    head = (
        f"POST {PATH}/%FC?a=%FC HTTP/1.1\r\nHost: x\r\nApi-Key: {KEY}\r\nX-Name: J\xf6rg\r\nContent-Type: text/csv\r\n"
        "Content-Length: 1\r\nConnection: close\r\n\r\n\xfc"
    )

    answer = await stand.raw(head.encode("latin-1"))

    assert b" 202 " in answer, answer
    [packed] = await column(pool, "select payload from execution_payloads")
    data = codec.unpack(packed)
    assert (data["path"], data["query"], data["headers"]["x-name"]) == ("ü", {"a": "ü"}, "Jörg")
    [warnings] = await column(pool, "select warnings from executions")
    assert [warning.split(" names")[0] for warning in warnings] == [
        "the path",
        "the header x-name",
        "the query",
        "the body",
    ]
