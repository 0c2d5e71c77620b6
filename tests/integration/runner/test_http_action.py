"""http steps against a real server."""

import json
import threading
import time
from base64 import b64encode
from typing import Any

import pytest

from engine_stand import Stand, unpacked
from penstock_core.executions.states import ExecutionState
from penstock_runner.errors import Reason
from web_server import Web

JSON = {"Content-Type": "application/json; charset=utf-8"}


def http(url: str, **members: Any) -> dict[str, Any]:
    return {"name": "call", "http": {"url": url, **members}}


def test_request_and_response(stand: Stand, web: Web) -> None:
    """Method, query, headers and JSON body arrive; status, headers, parsed body, size and url come back."""
    web.answer = lambda request: (201, JSON, json.dumps({"got": json.loads(request["body"])}).encode())

    stand.run(
        http(
            f"{web.url}/orders?x=1",
            method="POST",
            query={"tag": ["a", "b c"], "none": None, "n": 5},
            headers={"X-Total": 3},
            json={"id": "${config.id}"},
        ),
        config={"id": "ü"},
    )

    (request,) = web.seen
    assert (request["method"], request["path"]) == ("POST", "/orders?x=1&tag=a&tag=b+c&n=5")
    assert (request["headers"]["x-total"], request["headers"]["content-type"]) == ("3", "application/json")
    output = stand.recorder.output("call")
    assert (output["status"], output["body"]) == (201, {"got": {"id": "ü"}})
    assert output["headers"]["content-type"] == JSON["Content-Type"]
    assert (output["bytes"], output["url"]) == (25, f"{web.url}/orders?x=1&tag=a&tag=b+c&n=5")


@pytest.mark.parametrize(
    ("description", "fields", "header", "value"),
    [
        ({"type": "apiKey", "header": "X-Api-Key"}, {"key": "canary-key\n"}, "x-api-key", "canary-key"),
        ({"type": "apiKey", "prefix": "Token "}, {"key": "canary-key"}, "authorization", "Token canary-key"),
        ({"type": "bearer"}, {"token": "canary-token"}, "authorization", "Bearer canary-token"),
        ({"type": "basic"}, {"username": "me", "password": "pw12"}, "authorization",
         f"Basic {b64encode(b'me:pw12').decode()}"),
        ({"type": "custom", "fields": ["user", "token"], "headers": {"X-Auth": "${user}:${token}", "X-Const": "fixed-text"}},
         {"user": "u", "token": "canary-1"}, "x-auth", "u:canary-1"),
        ({"type": "custom", "fields": ["token"], "headers": {"X-Auth": "$${user}:${ token }"}},
         {"token": "canary-1"}, "x-auth", "${user}:canary-1"),
    ],
)  # fmt: skip
def test_connections_sign_in_and_are_masked(
    stand: Stand, web: Web, description: dict[str, Any], fields: dict[str, str], header: str, value: str
) -> None:
    """Each type of connection sends its header; an echo of it is recorded masked."""
    web.answer = lambda request: (200, JSON, json.dumps(request["headers"]).encode())

    stand.run(http(web.url, connection="erp"), descriptions={"erp": description}, fields={"erp": fields})

    assert web.seen[0]["headers"][header] == value
    assert value not in str(stand.recorder.output("call"))
    assert "***" in stand.recorder.output("call")["body"][header]


BEARER: dict[str, Any] = {"type": "bearer", "fields": ["token"], "secret": "acme-erp"}
BASIC: dict[str, Any] = {"type": "basic", "fields": ["username", "password"], "secret": "acme-erp"}
CUSTOM: dict[str, Any] = {"type": "custom", "fields": ["a", "b"], "headers": {"X-Auth": "${a}"}, "secret": "acme-erp"}


@pytest.mark.parametrize(
    ("description", "fields", "sent"),
    [
        # what the Secret holds, and what the customer's system gets; None where nothing is sent
        (BEARER, {"token": "canary-1"}, ("authorization", "Bearer canary-1")),
        (BEARER, {"token": "canary-1\n"}, ("authorization", "Bearer canary-1")),
        (BEARER, {"token": "canary-1\r\n"}, ("authorization", "Bearer canary-1")),
        (BEARER, {"token": "canary\t1"}, ("authorization", "Bearer canary\t1")),
        (BEARER, {"token": "canary\n1"}, None),
        (BEARER, {"token": "canary\u20ac1"}, None),
        (BEARER, {"token": "\ufeffcanary-1"}, None),
        (BEARER, {"token": "canary\x7f1"}, None),
        (BEARER, {"token": ""}, None),
        (BEARER, {"token": " \n"}, None),
        (BEARER, {}, None),
        (BEARER, {"tokens": "canary-1"}, None),
        (BASIC, {"username": "me", "password": "p\u20ac\nw"}, ("authorization", "Basic bWU6cOKCrAp3")),
        (BASIC, {"username": "me", "password": ""}, None),
        (BASIC, {"username": "me"}, None),
        (CUSTOM, {"a": "canary-1", "b": "two\nlines"}, ("x-auth", "canary-1")),
        (CUSTOM, {"a": "canary-1"}, None),
        (BEARER | {"secret": None}, {}, None),
        # as release 0.1 described them
        ({"type": "bearer", "fields": ["token"]}, {"token": "canary-1"}, ("authorization", "Bearer canary-1")),
        ({"type": "bearer", "fields": ["token"]}, {}, None),
        (None, {}, None),
    ],
)
def test_a_connection_signs_in_or_nothing_is_sent(
    stand: Stand, web: Web, description: dict[str, Any] | None, fields: dict[str, str], sent: tuple[str, str] | None
) -> None:
    """What a Secret holds is sent as it is, or the step fails with one code, the Secret's name and no value of it."""
    described = {} if description is None else {"erp": description}
    outcome = stand.run(http(web.url, connection="erp"), descriptions=described, fields={"erp": fields})
    message = outcome.error_message or ""

    if sent is not None:
        assert (outcome.error_code, web.seen[0]["headers"][sent[0]]) == (None, sent[1])
    else:
        assert (outcome.error_code, web.seen) == ("connection_unusable", [])
        assert "connection `erp`" in message
        assert (description or {}).get("secret") is None or "the Secret acme-erp" in message
        assert "canary" not in message


def test_a_header_that_signs_in_is_sent_and_not_recorded(stand: Stand, web: Web) -> None:
    """A token that an answer gave, which no connection knows, stands in no record of the request that it signs."""
    web.answer = lambda request: (200, {"Content-Type": "text/plain"}, b"t0ken")

    stand.run(
        {"name": "token", "http": {"url": web.url}},
        http(web.url, headers={"Authorization": "Bearer ${steps.token.output.body}", "X-Page": "2"}),
    )

    assert web.seen[1]["headers"]["authorization"] == "Bearer t0ken"
    assert unpacked(stand.recorder.last("call").input)["headers"] == {"Authorization": "***", "X-Page": "2"}


def test_unexpected_status_fails_with_the_answer(stand: Stand, web: Web) -> None:
    """A status that is not expected fails with the beginning of the body, and keeps the response as output."""
    web.answer = lambda _: (503, {}, b"try later")

    outcome = stand.run(http(web.url) | {"retry": {"attempts": 2, "delay": "1ms", "when": "error.status >= 500"}})

    assert outcome.error_message == (
        f"step call: GET {web.url} answered 503 Service Unavailable, not 2xx; the body begins: try later"
    )
    assert stand.recorder.output("call")["status"] == 503
    assert len(web.seen) == 2


def test_expected_statuses(stand: Stand, web: Web) -> None:
    """expectStatus takes codes and classes."""
    web.answer = lambda _: (404, {}, b"")

    assert stand.run(http(web.url, expectStatus=["2xx", 404])).state is ExecutionState.PASSED


def test_idempotency_key_is_the_same_over_attempts(stand: Stand, web: Web) -> None:
    """Unsafe methods carry a key that stays the same over attempts and differs between steps; GET has none."""
    web.answer = lambda request: (500 if len(web.seen) == 1 else 200, {}, b"")

    stand.run(
        http(web.url, method="POST") | {"retry": {"attempts": 2, "delay": "1ms"}},
        http(web.url, method="POST") | {"name": "other"},
        http(web.url) | {"name": "get"},
    )

    keys = [request["headers"].get("idempotency-key") for request in web.seen]
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] is None


def test_redirects_keep_credentials_to_themselves(stand: Stand, web: Web) -> None:
    """Another origin gets neither the connection's header nor Authorization; the same origin does."""
    web.answer = lambda request: {
        "/same": (307, {"Location": "/away"}, b""), "/away": (302, {"Location": f"{web.other}/end"}, b""),
    }.get(request["path"], (200, {}, b"end"))  # fmt: skip

    stand.run(
        http(f"{web.url}/same", connection="erp", headers={"authorization": "mine", "X-Other": "kept"}),
        descriptions={"erp": {"type": "apiKey", "header": "X-Api-Key"}},
        fields={"erp": {"key": "canary-key"}},
    )

    assert [request["headers"].get("x-api-key") for request in web.seen] == ["canary-key", "canary-key", None]
    assert [request["headers"].get("authorization") for request in web.seen] == ["mine", "mine", None]
    assert web.seen[2]["headers"]["x-other"] == "kept"
    assert stand.recorder.output("call")["url"] == f"{web.other}/end"


def test_redirects_need_not_be_followed(stand: Stand, web: Web) -> None:
    """followRedirects false gives the redirect itself."""
    web.answer = lambda _: (302, {"Location": "/x"}, b"")

    stand.run(http(web.url, followRedirects=False, expectStatus=[302]))

    assert stand.recorder.output("call")["status"] == 302
    assert len(web.seen) == 1


def test_endless_redirects_fail(stand: Stand, web: Web) -> None:
    """More than ten redirects are an error."""
    web.answer = lambda _: (302, {"Location": "/again"}, b"")

    assert stand.run(http(web.url)).error_code == "http_redirects"


def test_large_response_is_refused(stand: Stand, web: Web) -> None:
    """A response above maxResponseBytes fails the step with the limit."""
    web.answer = lambda _: (200, {}, b"x" * 300_000)

    outcome = stand.run(http(web.url, maxResponseBytes=100_000))

    assert outcome.error_code == "http_response_too_large"
    assert "100000 bytes" in (outcome.error_message or "")


def test_body_that_is_no_json_fails_the_step(stand: Stand, web: Web) -> None:
    """A response that says JSON and is none keeps its bytes and fails the step."""
    web.answer = lambda _: (200, JSON, b"<html>")

    outcome = stand.run(http(web.url))

    assert outcome.error_code == "http_body_undecodable"
    assert "the body begins: <html>" in (outcome.error_message or "")
    assert stand.recorder.output("call")["body"] == b"<html>"


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://nobody.invalid/", "dns"), ("http://127.0.0.1:1/", "connect"), ("ftp://x/", "invalid_input"), ("", "invalid_input")],
)  # fmt: skip
def test_failures_below_http_are_told_apart(stand: Stand, url: str, code: str) -> None:
    """Name, connection and address problems each have a code and a remedy."""
    outcome = stand.run(http(url))

    assert outcome.error_code == code


def test_tls_is_verified(stand: Stand, web: Web) -> None:
    """A server without a valid certificate is refused."""
    outcome = stand.run(http(web.url.replace("http:", "https:")))

    assert outcome.error_code in ("tls", "connection_broken")


def test_line_break_in_a_header_is_refused(stand: Stand, web: Web) -> None:
    """A header value cannot smuggle further headers."""
    outcome = stand.run(http(web.url, headers={"X-A": "${config.v}"}), config={"v": "a\r\nX-B: 1"})

    assert (outcome.error_code, web.seen) == ("invalid_input", [])


def test_step_timeout_ends_the_wait(stand: Stand, silent: str) -> None:
    """A server that does not answer ends with the step's timeout."""
    begun = time.monotonic()

    outcome = stand.run(http(silent) | {"timeout": "300ms"})

    assert outcome.error_code == "timeout"
    assert time.monotonic() - begun < 2


def test_cancellation_does_not_wait_for_the_server(stand: Stand, silent: str) -> None:
    """A cancelled flow leaves the request at once."""
    threading.Timer(0.2, stand.interrupt.set, [Reason.CANCELLED]).start()
    begun = time.monotonic()

    assert stand.run(http(silent)).state is ExecutionState.CANCELLED
    assert time.monotonic() - begun < 2


def test_forms_and_plain_bodies(stand: Stand, web: Web) -> None:
    """A form is urlencoded with repeated fields, a lone expression in `body` sends bytes."""
    stand.run(
        http(web.url, method="POST", form={"a": [1, 2], "b": "ü"}),
        http(web.url, method="PUT", body="${trigger.rawBody}") | {"name": "raw"},
        trigger={"rawBody": b"\x00\xff", "contentType": "application/octet-stream"},
    )

    assert web.seen[0]["body"] == b"a=1&a=2&b=%C3%BC"
    assert web.seen[1]["body"] == b"\x00\xff"


def test_fields_of_forms_and_queries_become_text_as_in_templates(stand: Stand, web: Web) -> None:
    """Booleans and numbers as JSON writes them, maps as JSON; null is left out, in lists too."""
    fields = {"a": True, "b": [True, None, 2.0], "c": {"x": [1, None]}, "d": None, "e": 1.5}

    stand.run(
        http(
            f"{web.url}/", method="POST", query=fields, form=fields, headers={"X-A": "${2.0}", "X-B": "${trigger.body}"}
        ),
        trigger={"body": {"k": True}},
    )

    sent = "a=true&b=true&b=2&c=%7B%22x%22%3A%5B1%2Cnull%5D%7D&e=1.5"
    (request,) = web.seen
    assert (request["path"], request["body"]) == (f"/?{sent}", sent.encode())
    assert (request["headers"]["x-a"], request["headers"]["x-b"]) == ("2", '{"k":true}')


@pytest.mark.parametrize("given", [None, "${trigger.body}"])
def test_json_null_is_a_body(stand: Stand, web: Web, given: Any) -> None:
    """Written as such, or given by an expression."""
    stand.run(http(web.url, method="POST", json=given), trigger={"body": None})

    assert (web.seen[0]["body"], web.seen[0]["headers"]["content-type"]) == (b"null", "application/json")


@pytest.mark.parametrize("target", ["http://[bad", "http://localhost:99999/", "ftp://localhost/"])
def test_a_redirect_that_leads_nowhere_is_told(stand: Stand, web: Web, target: str) -> None:
    """It is the other side's mistake, and the message shows it."""
    web.answer = lambda _: (302, {"Location": target}, b"")

    outcome = stand.run(http(web.url))

    assert outcome.error_code == "http_redirects"
    assert "is not an address" in (outcome.error_message or "")


@pytest.mark.parametrize(
    "members", [{"query": {"a": "${trigger.body}"}}, {"form": {"a": "${trigger.body}"}}, {"json": ["${trigger.body}"]},
                {"body": "x ${trigger.body}"}],
)  # fmt: skip
def test_half_a_surrogate_pair_is_refused(stand: Stand, web: Web, members: dict[str, Any]) -> None:
    """Python can hold one, no request can: nothing is sent in its place."""
    outcome = stand.run(http(f"{web.url}/", method="POST", **members), trigger={"body": "\ud800"})

    assert (outcome.error_code, web.seen) == ("invalid_input", [])
    assert "half " in (outcome.error_message or "")


@pytest.mark.parametrize("members", [{"url": "http://me:canary-pw@127.0.0.1:{port}/"}, {"url": "{url}/away"}])
def test_user_and_password_in_an_address_are_refused(stand: Stand, web: Web, members: dict[str, Any]) -> None:
    """Also in a redirect; the message does not repeat them."""
    port = web.url.rsplit(":", 1)[1]
    web.answer = lambda _: (302, {"Location": f"http://me:canary-pw@127.0.0.1:{port}/"}, b"")

    outcome = stand.run(http(members["url"].format(port=port, url=web.url)))

    assert "connection of type basic" in (outcome.error_message or "")
    assert "canary" not in (outcome.error_message or "")


def test_an_address_that_is_none_does_not_show_its_password(stand: Stand) -> None:
    """Whatever else is wrong with it."""
    for url in ("http://me:canary-pw@[bad", "http://me:canary-pw@localhost:99999/"):
        outcome = stand.run(http(url))

        assert outcome.error_code == "invalid_input"
        assert "canary" not in (outcome.error_message or "")


def test_a_secret_at_the_end_of_what_is_shown_of_a_body_is_masked(stand: Stand, web: Web) -> None:
    """The body is masked before it is cut."""
    web.answer = lambda request: (500, {}, b"x" * 290 + request["headers"]["x-api-key"].encode())

    outcome = stand.run(
        http(web.url, connection="erp"),
        descriptions={"erp": {"type": "apiKey", "header": "X-Api-Key"}},
        fields={"erp": {"key": "canary-value-of-some-length"}},
    )

    assert (outcome.error_message or "").endswith("x***")


def test_response_headers_of_one_name_are_all_kept(stand: Stand, web: Web) -> None:
    """Joined by commas; cookies, whose dates hold commas, by line breaks. Of several content types the last one counts."""
    cookies = ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"]
    answered = {"Set-Cookie": cookies, "Link": ["<a>", "<b>"], "Content-Type": ["text/plain", "application/json"]}
    web.answer = lambda _: (200, answered, b"[1]")

    stand.run(http(web.url))

    output = stand.recorder.output("call")
    assert (output["headers"]["set-cookie"], output["headers"]["link"]) == ("\n".join(cookies), "<a>, <b>")
    assert output["body"] == [1]


@pytest.mark.parametrize(
    ("description", "fields", "readable"),
    [
        ({"type": "basic"}, {"username": "penstock-user", "password": "canary-password"}, "penstock-user"),
        ({"type": "custom", "fields": ["tenant", "token"], "readable": ["tenant"], "headers": {"X-T": "${tenant}"}},
         {"tenant": "tenant-4711", "token": "canary-token"}, "tenant-4711"),
    ],
)  # fmt: skip
def test_fields_that_are_no_secret_stay_readable(
    stand: Stand, web: Web, description: dict[str, Any], fields: dict[str, str], readable: str
) -> None:
    """A user's name, and what a connection calls readable, are recorded; what is secret beside them is not."""
    web.answer = lambda request: (200, JSON, json.dumps({"fields": list(fields.values())}).encode())

    stand.run(http(web.url, connection="erp"), descriptions={"erp": description}, fields={"erp": fields})

    assert stand.recorder.output("call")["body"] == {"fields": [readable, "***"]}
