"""A webhook becomes an execution whose every step can be read back."""

import hmac
import itertools

import httpx

import stub_server
import timeouts
from eventually import eventually
from installation import Installation, deploy, instance, integration, steps, webhook_flow
from kubectl import apply, get, secret

ORDER = {"id": "A-17", "customer": "c1", "total": 12.5, "lines": [{"sku": "x", "count": 2}, {"sku": "y", "count": 1}]}


def shop(url: str) -> dict[str, object]:
    """An integration that uses every action of this release."""
    return integration(
        "shop",
        [
            webhook_flow(
                "order",
                [
                    {"name": "valid", "check": {"that": ["has(trigger.body.id)", "trigger.body.total >= 0"]}},
                    {
                        "name": "lookup",
                        "http": {
                            "method": "POST",
                            "url": "${config.url}/failing/1",
                            "connection": "erp",
                            "json": {"customer": "${trigger.body.customer}"},
                        },
                        "retry": {"attempts": 3, "delay": "100ms"},
                        "assert": ["output.status == 200"],
                        "extract": {"nth": "$.body.nth"},
                    },
                    {
                        "name": "lines",
                        "forEach": {
                            "items": "${trigger.body.lines}",
                            "parallel": 2,
                            "steps": [{"name": "line", "set": {"value": {"sku": "${item.sku}", "at": "${index}"}}}],
                        },
                    },
                    {
                        "name": "route",
                        "branch": [
                            {"when": "trigger.body.total > 1000", "steps": [{"name": "big", "set": {"value": "big"}}]},
                            {
                                "steps": [
                                    {"name": "small", "set": {"value": "small, try ${steps.lookup.extracted.nth}"}}
                                ]
                            },
                        ],
                    },
                    {"name": "never", "if": "trigger.body.total > 1000", "set": {"value": 1}},
                    {"name": "pause", "sleep": {"for": "50ms"}},
                    {
                        "name": "report",
                        "python": {
                            "code": "def run(context):\n    context.log.info('counted', lines=len(context.steps['lines'].output))\n    return {'lines': len(context.steps['lines'].output)}\n"
                        },
                    },
                    {
                        "name": "enough",
                        "stop": {"status": "passed", "message": "all ${steps.report.output.lines} lines"},
                    },
                    {"name": "unreached", "set": {"value": 1}},
                ],
            )
        ],
        configVariables=[{"name": "url", "type": "string", "required": True, "default": url}],
        connections=[{"name": "erp", "type": "apiKey", "required": True, "header": "X-Api-Key"}],
    )


def erp_secret(tenant: str, value: str = "key-of-the-erp-4711") -> dict[str, object]:
    """A connection's Secret."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "erp", "namespace": tenant, "labels": {"penstock.dev/connection": "true"}},
        "stringData": {"key": value},
    }


def test_every_step_of_a_webhooks_execution_is_recorded(penstock: Installation, tenant: str) -> None:
    """Apply, POST, and each step's values, attempts and states can be read."""
    apply(erp_secret(tenant))
    url = stub_server.start(tenant)
    deploy(tenant, shop(url), instance("acme", "shop", connections={"erp": {"secretRef": {"name": "erp"}}}))

    identifier = penstock.send(tenant, "acme", "order", ORDER)
    execution = penstock.ended(identifier)

    assert execution["status"] == "passed", execution
    recorded = steps(execution)
    assert {path: step["status"] for path, step in recorded.items()} == {
        "valid": "passed", "lookup": "passed", "lines": "passed", "lines/0/line": "passed", "lines/1/line": "passed",
        "route": "passed", "route/1/small": "passed", "never": "skipped", "pause": "passed", "report": "passed", "enough": "passed",
    }  # fmt: skip
    assert [step["status"] for step in execution["steps"] if step["path"] == "lookup"] == ["failed", "passed"]
    assert penstock.value(identifier, "lookup", attempt=2)["body"]["body"] == '{"customer":"c1"}'
    assert penstock.value(identifier, "lines/1/line") == {"sku": "y", "at": 1}
    assert penstock.value(identifier, "route/1/small") == "small, try 2"
    assert penstock.value(identifier, "report") == {"lines": 2}
    keys = {request["headers"].get("idempotency-key") for request in stub_server.requests(tenant)}
    assert len(keys) == 1, "both attempts carry the same key"
    assert None not in keys


def test_a_failing_assertion_shows_what_was_expected(penstock: Installation, tenant: str) -> None:
    """The record of a failed assertion holds the condition and both of its evaluated sides."""
    flow = webhook_flow(
        "order", [{"name": "total", "set": {"value": {"sum": 7}}, "assert": ["output.sum == trigger.body.sum"]}]
    )
    deploy(tenant, integration("sums", [flow]), instance("acme", "sums"))

    execution = penstock.ended(penstock.send(tenant, "acme", "order", {"sum": 8}))

    assert execution["status"] == "failed"
    assertion = steps(execution)["total"]["assertions"][0]
    assert (assertion["expression"], assertion["passed"]) == ("output.sum == trigger.body.sum", False)
    assert (assertion["left"], assertion["right"]) == (7, 8)
    assert "total" in execution["error"]["message"]


def test_a_repeat_with_the_same_key_is_the_same_execution(penstock: Installation, tenant: str) -> None:
    """An Idempotency-Key that comes again answers with the first id and starts nothing; with another body it is refused."""
    deploy(
        tenant,
        integration("sums", [webhook_flow("order", [{"name": "one", "set": {"value": 1}}])]),
        instance("acme", "sums"),
    )
    headers = {"Idempotency-Key": "order-17"}

    first = penstock.post(tenant, "acme", "order", json={"a": 1}, headers=headers)
    again = penstock.post(tenant, "acme", "order", json={"a": 1}, headers=headers)
    other = penstock.post(tenant, "acme", "order", json={"a": 2}, headers=headers)

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json()["executionId"] == again.json()["executionId"]
    assert again.headers["Idempotency-Replayed"] == "true"
    penstock.ended(first.json()["executionId"])
    assert len(penstock.executions(tenant)) == 1


def test_a_value_that_failed_starts_another(penstock: Installation, tenant: str) -> None:
    """The same value is a new execution after a failure, linked both ways, and the first one again where the flow says repeat."""
    failing = [{"name": "never", "check": {"that": ["trigger.body.id == 0"]}}]
    same = {"value": "${trigger.body.id}"}
    deploy(
        tenant,
        integration(
            "flaky",
            [
                webhook_flow("again", failing, deduplicateBy=same),
                webhook_flow("repeat", failing, deduplicateBy={**same, "afterFailure": "repeat"}),
            ],
        ),
        instance("acme", "flaky"),
    )
    for flow in ("again", "repeat"):
        first = penstock.post(tenant, "acme", flow, json={"id": 7}).json()["executionId"]
        assert penstock.ended(first)["status"] == "failed"
        answer = penstock.post(tenant, "acme", flow, json={"id": 7})
        second = answer.json()["executionId"]
        new = second if flow == "again" else None

        assert answer.status_code == 202
        assert (second != first) == (flow == "again")
        assert answer.headers.get("Idempotency-Replayed") == (None if new else "true")
        assert penstock.ended(second)["repeatOf"] == (first if new else None)
        assert penstock.execution(first)["repeatedBy"] == new


def test_a_signed_webhook_needs_no_key(penstock: Installation, tenant: str) -> None:
    """With a signing secret, a correctly signed body is accepted without a key and a wrong signature is refused."""
    shared = b"a secret that both sides know"
    apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "signing", "namespace": tenant, "labels": {"penstock.dev/connection": "true"}},
            "stringData": {"secret": shared.decode()},
        }
    )
    signed = {"signature": {"preset": "github", "secretRef": {"name": "signing", "key": "secret"}}}
    flow = webhook_flow("order", [{"name": "one", "set": {"value": "${trigger.body.n}"}}])
    deploy(tenant, integration("sums", [flow]), instance("acme", "sums", webhook=signed))
    body = b'{"n": 17}'
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": "sha256=" + hmac.new(shared, body, "sha256").hexdigest(),
    }
    path = f"/hooks/{tenant}/acme/order"

    def accepted() -> httpx.Response:
        answer = penstock.client.post(path, content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer

    answer = eventually(accepted, within=timeouts.SEEN)
    forged = penstock.client.post(path, content=b'{"n": 18}', headers=headers)

    identifier = answer.json()["executionId"]
    assert penstock.ended(identifier)["status"] == "passed"
    assert penstock.value(identifier, "one") == 17
    assert forged.status_code == 401
    assert "WWW-Authenticate" in forged.headers


def test_refusals_say_why(penstock: Installation, tenant: str) -> None:
    """Unknown flow, wrong method, wrong key, too large and malformed bodies each get their own answer with a remedy."""
    deploy(
        tenant,
        integration("sums", [webhook_flow("order", [{"name": "one", "set": {"value": 1}}])]),
        instance("acme", "sums"),
    )
    path = f"/hooks/{tenant}/acme/order"

    key = {"Api-Key": secret("acme-webhook-key", "key", namespace=tenant)}

    def not_found() -> httpx.Response:
        answer = penstock.client.post(f"/hooks/{tenant}/acme/orders", headers=key)
        assert answer.status_code == 404, answer.text
        return answer

    unknown = eventually(not_found, within=timeouts.SEEN)
    method = penstock.client.put(path, headers=key)
    keyless = penstock.client.post(path, json={})
    stranger = penstock.client.post(f"/hooks/{tenant}/acme/orders", json={})
    large = penstock.post(tenant, "acme", "order", content=b"x" * (11 * 1024 * 1024))
    malformed = penstock.post(
        tenant, "acme", "order", content=b'{"a": 1,\n oops}', headers={"Content-Type": "application/json"}
    )

    answers = [unknown, method, keyless, large, malformed]
    assert [answer.status_code for answer in answers] == [404, 405, 401, 413, 400]
    assert {answer.headers["content-type"].partition(";")[0] for answer in answers} == {"application/problem+json"}
    assert method.headers["Allow"] == "POST"
    assert "WWW-Authenticate" in keyless.headers
    assert (stranger.status_code, stranger.content) == (keyless.status_code, keyless.content)
    assert "line 2" in malformed.json()["detail"]
    assert penstock.executions(tenant) == []


def test_a_limited_flow_queues_in_order(penstock: Installation, tenant: str) -> None:
    """With a limit of one, three webhooks at once run one after the other, oldest first."""
    slow = webhook_flow(
        "order", [{"name": "wait", "sleep": {"for": "1s"}}], concurrency={"limit": 1, "whenFull": "queue"}
    )
    deploy(tenant, integration("slow", [slow]), instance("acme", "slow"))

    identifiers = [penstock.send(tenant, "acme", "order", {"n": n}) for n in range(3)]
    executions = [penstock.ended(identifier) for identifier in identifiers]

    assert [execution["status"] for execution in executions] == ["passed"] * 3
    for before, after in itertools.pairwise(executions):
        assert before["endedAt"] <= after["startedAt"]


def test_a_limited_flow_can_reject(penstock: Installation, tenant: str) -> None:
    """With whenFull: reject, a webhook at the limit gets 429 with Retry-After and leaves no row."""
    slow = webhook_flow(
        "order",
        [{"name": "wait", "sleep": {"for": f"{timeouts.STRUCK:.0f}s"}}],
        concurrency={"limit": 1, "whenFull": "reject"},
    )
    deploy(tenant, integration("slow", [slow]), instance("acme", "slow"))

    identifier = penstock.send(tenant, "acme", "order", {})
    refused = penstock.post(tenant, "acme", "order", json={})

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert penstock.ended(identifier)["status"] == "passed"
    assert len(penstock.executions(tenant)) == 1


def test_kubectl_alone_tells_what_ran_last(penstock: Installation, tenant: str) -> None:
    """`kubectl get flows` shows the URL and, soon after it ran, the last execution's state."""

    deploy(
        tenant,
        integration("sums", [webhook_flow("order", [{"name": "one", "set": {"value": 1}}])]),
        instance("acme", "sums"),
    )
    identifier = penstock.send(tenant, "acme", "order", {})
    penstock.ended(identifier)

    def last() -> bool:
        flow = get("flow.penstock.dev", "acme.order", namespace=tenant)
        return bool(flow.get("status", {}).get("lastExecution", {}).get("state") == "passed")

    eventually(last, within=timeouts.RECONCILED)
