"""From a webhook's body through an expression with functions to what the customer's system gets: a line is one such way."""

import json
from typing import Any

import pytest

from engine_stand import Stand
from penstock_core import codec
from penstock_gateway.webhooks.request_data import Request, prepare
from web_server import Web

ORDER = b'{"id": 7, "lines": [{"sku": "B", "price": 1.10}, {"sku": "A", "price": 1.20}], "at": "2026-01-31T17:30:00Z"}'


def arrived(raw: bytes, content_type: str) -> dict[str, Any]:
    """A request as the gateway stores it and the runner reads it."""
    headers = [(b"content-type", content_type.encode())]
    request = Request(method="POST", path="", query_string=b"", headers=headers, lookup=dict(headers), raw=raw)
    stored: dict[str, Any] = codec.unpack(prepare(request, None).payload)
    return stored


@pytest.mark.parametrize(
    ("content_type", "raw", "expression", "sent"),
    [
        ("application/json", ORDER, "trigger.body.lines.map(l, l.price).sum()", b"2.3"),
        ("application/json", ORDER, "trigger.body.lines.sortBy('sku').map(l, l.sku)", b'["A","B"]'),
        ("application/json", ORDER, "trigger.body.lines.first().sku", b'"B"'),
        ("application/json", ORDER, "[trigger.body.lines.map(l, l.price).max()]", b"[1.2]"),
        ("application/json", ORDER, "text.padLeft(trigger.body.id, 4, '0')", b'"0007"'),
        ("application/json", ORDER, "date.format(trigger.body.at, '%d.%m.%Y %H:%M', 'Europe/Zurich')", b'"31.01.2026 18:30"'),
        ("application/json", b'[12345678901234567890, 1]', "trigger.body.sum()", b"12345678901234567891"),
        ("application/json", b'[12345678901234567890, 1, 12345678901234567890]', "trigger.body.distinct()", b"[12345678901234567890,1]"),
        ("application/json", b'["a\\u0000b", "\\ud83d\\ude00"]', "trigger.body.map(t, text.upper(t))", '["A\\u0000B","\U0001f600"]'.encode()),
        ("application/json", b'{"b": 1.0, "a": null}', "jsonEncode(trigger.body)", b'"{\\"a\\":null,\\"b\\":1}"'),
        ("application/json", b'{"t": "Smith & <Sons>"}', "xmlEscape(trigger.body.t)", b'"Smith &amp; &lt;Sons&gt;"'),
        ("application/octet-stream", b"\x00\xff", "sha256(trigger.body)", b'"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8"'),
        ("text/plain; charset=iso-8859-1", b"sku;name\nA;K\xe4se", "csv.parse(trigger.body, ';')", '[{"name":"Käse","sku":"A"}]'.encode()),
        ("application/xml", b"<o><l>a</l><l>b</l></o>", "xml.parse(trigger.body).o.l.map(l, l['#text'])", b'["a","b"]'),
        ("text/plain", b"2, 3", "csv.rows(trigger.body)[0].map(t, int(text.trim(t))).sum()", b"5"),
    ],
)  # fmt: skip
def test_what_functions_make_is_what_is_sent(
    stand: Stand, web: Web, content_type: str, raw: bytes, expression: str, sent: bytes
) -> None:
    """Digits, characters and bytes are those that came."""
    call = {"name": "call", "http": {"method": "POST", "url": web.url, "json": f"${{{expression}}}"}}

    outcome = stand.run(call, trigger=arrived(raw, content_type))

    assert outcome.error_message is None
    assert in_order(web.seen[0]["body"]) == in_order(sent)


def in_order(body: bytes) -> bytes:
    """JSON with the members of maps by their names, which have no order; everything else byte for byte."""
    if b"{" not in body[:2]:
        return body
    return json.dumps(json.loads(body), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("raw", "expression", "message"),
    [
        (b"[1, null]", "trigger.body.sum()", "sum: item 1 is null, not a number"),
        (b'{"at": "31.1.2026"}', "date.parse(trigger.body.at, '%F', 'UTC')", '"31.1.2026" is not of the form "%F"'),
        (b"[]", "trigger.body.first()", "the optional value is empty"),
        (b"[3]", "lists.range(trigger.body[0] * 1000000000).size()", "3,000,000,000 items are too many"),
        (b'["a"]', "trigger.body.map(t, text.padLeft(t, 9999999)).size() + lists.range(99).map(i, text.padLeft('a', 9999999)).size()", "read and make too much together"),
    ],
)  # fmt: skip
def test_what_a_function_refuses_fails_the_step(stand: Stand, raw: bytes, expression: str, message: str) -> None:
    """With its name, the item or the value, and nothing sent."""
    outcome = stand.run(
        {"name": "make", "set": {"value": f"${{{expression}}}"}}, trigger=arrived(raw, "application/json")
    )

    assert message in str(outcome.error_message)
