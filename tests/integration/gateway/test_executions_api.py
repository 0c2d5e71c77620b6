"""The REST API for executions: what it shows, and to whom."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgpack
import pytest

from gateway_stand import KEY, TENANT, Stand, flow, until
from penstock_core import codec
from penstock_core.cluster import FLOWS, Caller
from penstock_core.errors import ClusterUnavailable
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.reading import Reading


async def accepted(stand: Stand, **request: Any) -> str:
    answer = await stand.post(**request)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["executionId"])


async def record(pool: Pool, execution: str, *, path: str, output: Any) -> None:
    """A step as a runner records it."""
    packed = codec.pack(output).data
    async with pool.connection() as connection:
        await connection.execute(
            "insert into step_results (execution_id, namespace, path, attempt, action, status, started_at, ended_at,"
            " duration_ms, output, output_size) values (%s, %s, %s, 1, 'set', 'passed', %s, %s, 3, %s, %s)",
            (execution, TENANT, path, datetime.now(UTC), datetime.now(UTC), packed, len(packed)),
        )


async def test_list_shows_newest_first_and_pages(stand: Stand) -> None:
    """Pages follow each other by cursor, without gap or repeat."""
    made = [await accepted(stand, json={}) for _ in range(5)]
    first = (await stand.read("", namespace=TENANT, limit=3)).json()
    second = (await stand.read("", namespace=TENANT, limit=3, cursor=first["nextCursor"])).json()

    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
    assert second["nextCursor"] is None


async def test_item_has_the_documented_members(stand: Stand) -> None:
    """Members are camelCase, times RFC 3339 in UTC, starting is shown as queued."""
    await accepted(stand, json={})
    [item] = (await stand.read("")).json()["items"]

    assert item["status"] == "queued"
    assert item["createdAt"].endswith("Z")
    assert item["customer"] == {"id": "acme", "name": "ACME GmbH"}
    assert item["integration"] == {"name": "orders-to-erp", "version": "1.4.0"}
    assert (item["namespace"], item["flow"], item["trigger"]) == (TENANT, "importOrder", "webhook")
    assert item["durationMs"] is None
    assert "steps" not in item


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"flow": "importOrder"}, 1),
        ({"flow": "importorder"}, 0),
        ({"customer": "acme"}, 1),
        ({"status": "queued"}, 1),
        ({"status": "starting"}, 1),
        ({"status": "failed"}, 0),
        ({"trigger": "schedule"}, 0),
        ({"from": "2020-01-01T00:00:00Z"}, 1),
        ({"to": "2020-01-01T00:00:00Z"}, 0),
    ],
)
async def test_filters(stand: Stand, query: dict[str, str], count: int) -> None:
    """Each filter narrows the list."""
    await accepted(stand, json={})

    answer = await stand.read("", namespace=TENANT, **query)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["items"]) == count


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"status": "broken"},
        {"cursor": "nonsense"},
        {"fields": "payload"},
        {"from": "yesterday"},
        {"from": "2020-01-01T00:00:00"},
        {"from": "1960-01-01T00:00:00Z"},
        {"from": "1970-01-01T00:00:00+05:00"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"flow": "a\x00b"},
    ],
)
async def test_bad_queries(stand: Stand, query: dict[str, str]) -> None:
    """A query that cannot be meant is a 400 problem, never a 500."""
    answer = await stand.read("", namespace=TENANT, **query)

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:penstock:problem:malformed-request")


@pytest.mark.parametrize(
    ("path", "name"),
    [("", "isReplay"), ("", "unresolved"), ("", "q"), ("", "Namespace"), (f"/{UUID(int=7)}", "namespace"), (f"/{UUID(int=7)}/trigger", "limit")],
)  # fmt: skip
async def test_unknown_parameters_are_named(stand: Stand, path: str, name: str) -> None:
    """A filter that does not exist is refused rather than left out, with those that do."""
    answer = await stand.read(path, **{name: "true"})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:penstock:problem:malformed-request")
    assert f"`{name}`" in answer.json()["detail"]
    assert ("`customer`" in answer.json()["detail"]) is (path == "")


async def test_fields_choose_members(stand: Stand) -> None:
    """`fields` leaves the rest out."""
    identifier = await accepted(stand, json={})

    assert (await stand.read("", fields="id,status")).json()["items"] == [{"id": identifier, "status": "queued"}]


async def test_one_execution_with_its_steps(stand: Stand, pool: Pool) -> None:
    """`include=steps` adds the attempts in their order, without values."""
    identifier = await accepted(stand, json={})
    await record(pool, identifier, path="lines/0/push", output={"a": 1})

    plain = (await stand.read(f"/{identifier}")).json()
    full = (await stand.read(f"/{identifier}", include="steps")).json()

    assert "steps" not in plain
    [step] = full["steps"]
    assert (step["path"], step["attempt"], step["status"], step["durationMs"]) == ("lines/0/push", 1, "passed", 3)
    assert "output" not in step


async def judge(pool: Pool, execution: str, *, path: str, assertions: Any, extracted: Any) -> None:
    """A failed step as a runner records it."""
    packed = [None if value is None else codec.pack(value).data for value in (assertions, extracted)]
    async with pool.connection() as connection:
        await connection.execute(
            "insert into step_results (execution_id, namespace, path, attempt, action, status, started_at, assertions,"
            " extracted, error_code, error_message) values (%s, %s, %s, 1, 'http', 'failed', %s, %s, %s, 'a', 'b')",
            (execution, TENANT, path, datetime.now(UTC), *packed),
        )


REPORT = {"expression": "output.status == 200", "passed": False, "left": 500, "op": "==", "right": 200}


async def test_steps_show_what_was_asserted_and_extracted(stand: Stand, pool: Pool) -> None:
    """Expected and actual values stand in the list, for those who may see data; others see null."""
    identifier = await accepted(stand, json={})
    await judge(pool, identifier, path="ask", assertions=[REPORT], extracted={"id": 7})
    await record(pool, identifier, path="plain", output=1)

    shown = (await stand.read(f"/{identifier}", "insider", include="steps")).json()["steps"]
    hidden = (await stand.read(f"/{identifier}", "viewer", include="steps")).json()["steps"]

    assert [(step["assertions"], step["extracted"]) for step in shown] == [([REPORT], {"id": 7}), (None, None)]
    assert not any(step["assertionsTruncated"] or step["extractedTruncated"] for step in shown)
    assert [(step["assertions"], step["extracted"]) for step in hidden] == [(None, None)] * 2


async def test_large_extractions_are_not_read_for_the_list(stand: Stand, pool: Pool) -> None:
    """The list marks what it leaves out or cuts, and each value is there on its own."""
    identifier = await accepted(stand, json={})
    large = [str(uuid4()) for _ in range(20_000)]
    await judge(pool, identifier, path="large", assertions=[REPORT], extracted=large)
    await judge(pool, identifier, path="medium", assertions=None, extracted=large[:200])

    steps = (await stand.read(f"/{identifier}", "insider", include="steps")).json()["steps"]
    alone = await stand.read(f"/{identifier}/steps/large/attempts/1/extracted", "insider", maxBytes=4_000_000)

    assert [(step["path"], step["extractedTruncated"]) for step in steps] == [("large", True), ("medium", True)]
    assert (steps[0]["extracted"], steps[0]["assertions"]) == (None, [REPORT])
    assert 0 < len(steps[1]["extracted"]) < 200
    assert alone.json() == large


async def test_details_have_a_limit_for_all_attempts_together(stand: Stand, pool: Pool) -> None:
    """The store reads the first attempts' values up to the limit and says the size of the others."""
    identifier = await accepted(stand, json={})
    for path in ("a", "b", "c"):
        await judge(pool, identifier, path=path, assertions=None, extracted="x" * 100)

    found = await Reading(pool).step_details(UUID(identifier), namespace="acme", each=1000, total=250)

    assert [(each.path, each.extracted is None, each.extracted_size) for each in found] == [
        ("a", False, 103),
        ("b", False, 103),
        ("c", True, 103),
    ]


async def test_sides_of_an_attempt(stand: Stand, pool: Pool) -> None:
    """Assertions, extractions and the error are read like input and output, with the same right."""
    identifier = await accepted(stand, json={})
    await judge(pool, identifier, path="ask", assertions=[REPORT], extracted={"id": 7})
    await record(pool, identifier, path="plain", output=1)
    at = f"/{identifier}/steps/ask/attempts/1"

    answers = [await stand.read(f"{at}/{side}", "insider") for side in ("assertions", "extracted", "error")]
    absent = [
        (await stand.read(f"/{identifier}/steps/plain/attempts/1/{side}", "insider")).status_code
        for side in ("assertions", "extracted", "error")
    ]
    refused = await stand.read(f"{at}/error", "viewer")
    unknown = await stand.read(f"{at}/logs", "insider")

    assert [answer.json() for answer in answers] == [[REPORT], {"id": 7}, {"code": "a", "message": "b"}]
    assert absent == [404, 404, 404]
    assert (refused.status_code, unknown.status_code) == (403, 400)


@pytest.mark.parametrize("path", ["lines/0/push", "lines%2F0%2Fpush"])
async def test_step_value(stand: Stand, pool: Pool, path: str) -> None:
    """A nested step's output is read by its path, slashes encoded or not; parts of it by `path`."""
    identifier = await accepted(stand, json={})
    await record(pool, identifier, path="lines/0/push", output={"rows": [{"a b": 1}], "raw": b"\x00"})
    at = f"/{identifier}/steps/{path}/attempts/1/output"

    whole = await stand.read(at, "insider")
    part = await stand.read(at, "insider", path='rows[0]["a b"]')
    stored = await stand.read(at, "insider", headers={"Accept": "application/msgpack"})

    assert whole.json() == {"rows": [{"a b": 1}], "raw": {"$bytes": "AA=="}}
    assert whole.headers["penstock-truncated"] == "false"
    assert part.json() == 1
    assert msgpack.unpackb(stored.content) == {"rows": [{"a b": 1}], "raw": b"\x00"}
    assert stored.headers["content-type"] == "application/msgpack"


async def test_preview_is_cut_to_size(stand: Stand, pool: Pool) -> None:
    """`maxBytes` bounds the preview and the header says that it was cut; the MessagePack is whole."""
    identifier = await accepted(stand, json={})
    await record(pool, identifier, path="big", output=["x" * 100 for _ in range(1000)])
    at = f"/{identifier}/steps/big/attempts/1/output"

    cut = await stand.read(at, "insider", maxBytes=2000)
    stored = await stand.read(at, "insider", headers={"Accept": "application/msgpack"})

    assert cut.headers["penstock-truncated"] == "true"
    assert len(cut.content) <= 4000
    assert len(msgpack.unpackb(stored.content)) == 1000


@pytest.mark.parametrize(
    "rest", ["steps/none/attempts/1/output", "steps/a%00b/attempts/1/output", "steps/x/attempts/0/input"]
)
async def test_value_that_is_not_there(stand: Stand, rest: str) -> None:
    """A step or attempt without a value is a 404 that says which."""
    identifier = await accepted(stand, json={})

    answer = await stand.read(f"/{identifier}/{rest}", "insider")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:penstock:problem:no-such-value")


async def test_trigger_and_definition(stand: Stand) -> None:
    """Trigger data and the definition that ran are readable with the right for data."""
    identifier = await accepted(stand, content=b"hello", headers={"Content-Type": "text/plain"})

    trigger = await stand.read(f"/{identifier}/trigger", "insider")
    definition = await stand.read(f"/{identifier}/definition", "insider")

    assert trigger.json()["rawBody"] == {"$bytes": "aGVsbG8="}
    assert "api-key" not in trigger.json()["headers"]
    assert definition.json() == flow()["spec"]["definition"]


async def test_data_needs_a_right_of_its_own(stand: Stand) -> None:
    """Who may see executions but not their data gets a 403 that names the permission."""
    identifier = await accepted(stand, json={})

    answer = await stand.read(f"/{identifier}/trigger", "viewer")

    assert answer.status_code == 403
    assert "get on executions/data.penstock.dev" in answer.json()["detail"]
    assert TENANT in answer.json()["detail"]


async def test_execution_of_a_foreign_namespace_is_not_there(stand: Stand) -> None:
    """Whether an id exists elsewhere is not told."""
    identifier = await accepted(stand, json={})
    stand.cluster.tokens["stranger"] = Caller(user="stranger")

    foreign = [await stand.read(f"/{identifier}{rest}", "stranger") for rest in ("", "/trigger")]
    absent = await stand.read(f"/{uuid4()}", "viewer")

    assert {answer.status_code for answer in [*foreign, absent]} == {404}
    assert foreign[0].json() == absent.json()


async def test_list_without_namespace_shows_what_the_caller_may_list(stand: Stand, pool: Pool) -> None:
    """A list over all namespaces holds those where the caller has the right, and no others."""
    mine = await accepted(stand, json={})
    other = flow(namespace="other")
    stand.serve(other)
    await until(lambda: len(stand.gateway.flows) == 2)
    theirs = await stand.client.post("/hooks/other/acme-orders/importOrder", headers={"Api-Key": KEY})
    stand.cluster.rights.add(("admin", "", "list", "executions"))
    stand.cluster.tokens["admin"] = Caller(user="admin")

    seen = (await stand.read("", "viewer")).json()["items"]
    everything = (await stand.read("", "admin")).json()["items"]

    assert [item["id"] for item in seen] == [mine]
    assert {item["id"] for item in everything} == {mine, theirs.json()["executionId"]}


async def test_list_without_namespace_shows_what_ran_where_no_flow_is_left(stand: Stand) -> None:
    """Who may list a namespace sees its history after its last flow is gone."""
    identifier = await accepted(stand, json={})
    stand.cluster.remove(FLOWS, TENANT, flow()["metadata"]["name"])
    await until(lambda: not stand.gateway.flows.namespaces())

    seen = (await stand.read("", "viewer")).json()["items"]

    assert [item["id"] for item in seen] == [identifier]


@pytest.mark.parametrize("query", [{}, {"namespace": TENANT}])
async def test_list_without_a_right_is_403(stand: Stand, query: dict[str, str]) -> None:
    """Who may list nothing of what was asked for is told which permission is missing."""
    stand.cluster.tokens["stranger"] = Caller(user="stranger")

    answer = await stand.read("", "stranger", **query)

    assert answer.status_code == 403
    assert "list on executions.penstock.dev" in answer.json()["detail"]


async def test_tokens(stand: Stand) -> None:
    """No token and an unknown token are 401 with a challenge."""
    without = await stand.client.get("/api/v1/executions")
    unknown = await stand.read("", "forged")

    assert (without.status_code, unknown.status_code) == (401, 401)
    assert without.headers["www-authenticate"].startswith("Bearer")
    assert (without.json()["type"], unknown.json()["type"]) == (
        "urn:penstock:problem:token-required",
        "urn:penstock:problem:token-refused",
    )


async def test_reviews_are_remembered(stand: Stand) -> None:
    """A second request asks the API server nothing."""
    await stand.read("", "viewer", namespace=TENANT)
    asked = stand.cluster.reviews
    await stand.read("", "viewer", namespace=TENANT)

    assert asked == stand.cluster.reviews > 0


async def test_api_server_away(stand: Stand) -> None:
    """Permissions that cannot be checked are a 503, never a yes."""
    stand.cluster.failure = ClusterUnavailable("no answer")

    answer = await stand.read("", "viewer")

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:penstock:problem:cluster-unavailable")


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1/nothing", "/hooks", "/api/v1/executions/", "/docs"])
async def test_unknown_paths_are_problems(stand: Stand, path: str) -> None:
    """Nothing answers 200 with a page for a path that is not ours."""
    answer = await stand.client.get(path, headers={"Accept": "text/html"})

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:penstock:problem:no-such-path")


async def test_method_of_the_api(stand: Stand) -> None:
    """A method that a path does not have is 405 with Allow."""
    answer = await stand.client.delete("/api/v1/executions")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/v1/executions", "/api/v1/executions/{id}/trigger"])
async def test_head_is_answered_as_get(stand: Stand, path: str) -> None:
    """Load balancers and checks that ask for the head alone get the same head, and no body."""
    path = path.format(id=await accepted(stand, json={}))
    headers = {"Authorization": "Bearer insider"}

    head = await stand.client.head(path, headers=headers)
    get = await stand.client.get(path, headers=headers)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert get.content


async def test_document_and_metrics(stand: Stand) -> None:
    """OpenAPI names the paths and the metrics count what was accepted."""
    await accepted(stand, json={})
    document = (await stand.client.get("/api/openapi.json")).json()
    metrics = (await stand.probe("/metrics")).text

    assert "/api/v1/executions/{execution}" in document["paths"]
    assert 'penstock_gateway_webhooks_total{result="accepted"} 1.0' in metrics
    assert "penstock_gateway_reflector_lag_seconds" in metrics
    assert 'penstock_gateway_reflector_lag_seconds{resource="secrets"} +Inf' not in metrics
