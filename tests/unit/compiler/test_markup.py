"""Which expressions in a body of XML or JSON are told to be encoded: a table, to which a line can be added."""

from typing import Any

import pytest

from penstock_core.compiler import check_integration

X = "${trigger.body.x}"


def warned(body: str, content_type: str = "") -> list[str]:
    """The warnings of an Integration that sends such a body, of which no other is told."""
    http: dict[str, Any] = {"url": "https://h/", "method": "POST", "body": body}
    if content_type:
        http["headers"] = {"content-type": content_type}
    flow = {"name": "demo", "trigger": {"webhook": {}}, "steps": [{"name": "ask", "http": http}]}
    return [str(warning) for warning in check_integration({"version": "1.0.0", "flows": [flow]}).warnings]


@pytest.mark.parametrize(
    ("body", "content_type", "write"),
    [
        (f"<a>{X}</a>", "", "xmlEscape"),
        (f"<?xml version='1.0'?>\n<a b='{X}'/>", "", "xmlEscape"),
        (f"\n  <soap:Envelope>{X}</soap:Envelope>", "text/xml; charset=utf-8", "xmlEscape"),
        (f"{X}<a/>", "application/soap+xml", "xmlEscape"),
        (f'{{"a": "{X}"}}', "", "jsonEncode"),
        (f'{{"a": "{X}"}}', "application/json", "jsonEncode"),
        (f"[{X}, 1]", "application/vnd.api+json", "jsonEncode"),
        ("<a>${trigger.body.x + xmlEscape('b')}</a>", "", "xmlEscape"),
        ("<a>${xmlEscape('b') + trigger.body.x}</a>", "", "xmlEscape"),
        ("<a>${(trigger.body.x)}</a>", "", "xmlEscape"),
    ],
)
def test_a_bare_expression_in_markup_is_told(body: str, content_type: str, write: str) -> None:
    """With what to write, at its place; the Integration is valid all the same."""
    [found] = warned(body, content_type)

    assert f"write `${{{write}(" in found
    assert found.startswith("flow demo, step ask, http.body, ")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (X, ""),
        (X, "application/xml"),
        (f"Dear {X},", ""),
        (f"<a>{X}</a>", "text/plain"),
        (f"id;{X}", "text/csv"),
        ("<a>b</a>", "text/xml"),
        ("<a>$${b}</a>", "text/xml"),
        ("<a n='${size(trigger.body.x)}'>${int(trigger.body.x)} ${'b'} ${1}</a>", ""),
    ],
)
def test_what_cannot_break_a_body_is_not_told(body: str, content_type: str) -> None:
    """Text of other kinds, the body as a whole, numbers and literals."""
    assert warned(body, content_type) == []
