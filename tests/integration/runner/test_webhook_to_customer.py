"""From a webhook to the customer's system: what a sender sends, the http step, and what the customer's system gets.

A line of the table is a JSON body (or bytes of another type), the step's members, and the request's line, content type
and body; `@` stands for the customer's system. A line that fails has what the step says instead.
"""

import json
from typing import Any

import pytest

from engine_stand import Stand
from penstock_core import codec
from penstock_gateway.webhooks.request_data import Request, prepare
from web_server import Web

AT = "${config.erp}"


def delivered(stand: Stand, web: Web, sent: Any, http: dict[str, Any], content_type: str = "application/json") -> str:
    """Send a webhook through the gateway's own reading and the engine; gives the execution's error, '' where it passed."""
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    header = (b"content-type", content_type.encode())
    request = Request(
        method="POST", path="", query_string=b"", headers=[header], lookup=dict([header]), raw=raw
    )  # fmt: skip
    trigger = codec.unpack(prepare(request, None).payload)
    step = {"name": "send", "http": http}
    return stand.run(step, trigger=trigger, config={"erp": f"{web.url}/api"}).error_message or ""


@pytest.mark.parametrize(
    ("sent", "http", "line", "content_type", "body"),
    [
        ({"id": "C/17"}, {"url": f"{AT}/customers/${{trigger.body.id}}"}, "GET /api/customers/C%2F17", None, b""),
        ({"id": "../admin"}, {"url": f"{AT}/customers/${{trigger.body.id}}"}, "GET /api/customers/..%2Fadmin", None, b""),
        ({"id": 12345678901234567890}, {"url": f"{AT}/o/${{trigger.body.id}}"}, "GET /api/o/12345678901234567890", None, b""),
        ({"id": 7.0}, {"url": f"{AT}/o/${{trigger.body.id}}"}, "GET /api/o/7", None, b""),
        ({"q": "a&b=c #1"}, {"url": f"{AT}/find?q=${{trigger.body.q}}"}, "GET /api/find?q=a%26b%3Dc%20%231", None, b""),
        ({"q": "a&b"}, {"url": f"{AT}/find", "query": {"q": "${trigger.body.q}"}}, "GET /api/find?q=a%26b", None, b""),
        ({"q": ["a", "b"]}, {"url": f"{AT}/find", "query": {"q": "${trigger.body.q}"}}, "GET /api/find?q=a&q=b", None, b""),
        ({"q": None}, {"url": f"{AT}/find", "query": {"q": "${trigger.body.q}"}}, "GET /api/find", None, b""),
        ({"n": "Müller & Söhne"}, {"url": f"{AT}/n", "method": "POST", "form": {"n": "${trigger.body.n}"}},
         "POST /api/n", "application/x-www-form-urlencoded", b"n=M%C3%BCller+%26+S%C3%B6hne"),
        ({"n": "Müller & Söhne"},
         {"url": f"{AT}/n", "method": "POST", "headers": {"Content-Type": "text/xml; charset=iso-8859-1"},
          "body": "<n>${xmlEscape(trigger.body.n)}</n>"},
         "POST /api/n", "text/xml; charset=iso-8859-1", b"<n>M\xfcller &amp; S\xf6hne</n>"),
        ({"n": 'a "b"\n'}, {"url": f"{AT}/n", "method": "PUT", "body": '{"n": ${jsonEncode(trigger.body.n)}}'},
         "PUT /api/n", "text/plain; charset=utf-8", b'{"n": "a \\"b\\"\\n"}'),
        ({"n": 0.1, "m": 1e20, "k": 9007199254740993}, {"url": f"{AT}/n", "method": "POST", "json": "${trigger.body}"},
         "POST /api/n", "application/json", b'{"n":0.1,"m":100000000000000000000,"k":9007199254740993}'),
    ],
)  # fmt: skip
def test_what_the_customers_system_gets(
    stand: Stand, web: Web, sent: Any, http: dict[str, Any], line: str, content_type: str | None, body: bytes
) -> None:
    """The value that was sent, in the form that its place has."""
    assert delivered(stand, web, sent, http) == ""

    [request] = web.seen
    assert request["line"] == f"{line} HTTP/1.1"
    assert (request["headers"].get("content-type"), request["body"]) == (content_type, body)


@pytest.mark.parametrize(
    ("sent", "http", "told"),
    [
        ({"id": None}, {"url": f"{AT}/o/${{trigger.body.id}}"}, "http.url: `${trigger.body.id}` is null"),
        ({"id": ""}, {"url": f"{AT}/o/${{trigger.body.id}}"}, "http.url: `${trigger.body.id}` is empty"),
        ({"id": ["a"]}, {"url": f"{AT}/o/${{trigger.body.id}}"}, "http.url: `${trigger.body.id}` is a list"),
        ({"id": {"a": 1}}, {"url": f"{AT}/o?id=${{trigger.body.id}}"}, "http.url: `${trigger.body.id}` is a map"),
        ({}, {"url": f"{AT}/o/${{trigger.body.id}}"}, "http.url: there is no member `id`"),
        ({"h": "evil.example/"}, {"url": "http://${trigger.body.h}/o"}, "http.url: `${trigger.body.h}` stands in the host"),
        ({"h": "http://me:pw@h/"}, {"url": "${trigger.body.h}"}, "http.url: \"http://***@h/\" holds a user or a password"),
        ({"h": "a\r\nX: b"}, {"url": AT, "headers": {"X-A": "${trigger.body.h}"}}, "http.headers.X-A: the value has a line break"),
        ({"n": "日本"}, {"url": AT, "method": "POST", "body": "<n>${trigger.body.n}</n>",
                       "headers": {"Content-Type": "text/xml; charset=iso-8859-1"}},
         "http.body: iso-8859-1 cannot hold `日` (U+65E5) at line 1, column 4"),
    ],
)  # fmt: skip
def test_what_cannot_arrive_is_not_sent(stand: Stand, web: Web, sent: Any, http: dict[str, Any], told: str) -> None:
    """The execution says what, where and why."""
    message = delivered(stand, web, sent, http)

    assert told in message
    assert web.seen == []


def test_bytes_go_through_as_they_came(stand: Stand, web: Web) -> None:
    """Of a type that is no text, whatever they are."""
    http = {"url": AT, "method": "POST", "body": "${trigger.body}", "headers": {"Content-Type": "application/pdf"}}

    assert delivered(stand, web, b"%PDF\x00\xff", http, "application/pdf") == ""
    assert (web.seen[0]["body"], web.seen[0]["headers"]["content-type"]) == (b"%PDF\x00\xff", "application/pdf")
