"""What is told of an http step when its Integration is published: a table, to which a line can be added."""

from typing import Any

import pytest

from penstock_core.compiler import compile_integration


def told(http: dict[str, Any], **others: Any) -> list[str]:
    """The problems of an Integration with one http step."""
    flow = {"name": "demo", "trigger": {"webhook": {}}, "steps": [{"name": "ask", "http": http}]}
    variables = [{"name": name, "type": "string"} for name in ("base", "x")]
    spec = {"version": "1.0.0", "flows": [flow], "configVariables": variables, **others}
    return [str(problem) for problem in compile_integration(spec)]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("${config.base}/a/${config.x}", ""),
        ("${config.base}", ""),
        ("${config.base\n}/a/${\n  config.x\n}", ""),
        ("https://b\u00fccher.example/${raw(config.x)}", ""),
        ("https://[::1]:8443/a", ""),
        ("https://${config.x}:8443/a", ""),
        ("erp.example/a", "http.url: write an address that begins with https://"),
        ("https://a..b/${config.x}", 'http.url: "https://a..b" is not an address: a host cannot be called `a..b`'),
        ("https://\u2603.example/a", 'http.url: "https://\u2603.example/a" is not an address'),
        ("https://erp.example:99999/a", 'http.url: "https://erp.example:99999/a" is not an address'),
        ("https://erp.example\\@evil.example/", "http.url: an address holds no user and password"),
        ("https://erp.example/a\nb", 'http.url: "https://erp.example/a\\nb" is not an address: it holds the control'),
        ("https://erp.example/a\n${config.x}", "http.url, column 22: the address holds the control character U+000A"),
        ("https://erp.example/${config.nope}", "http.url, column 23: there is no variable `config.nope`"),
        ("https://erp.example/${raw(config.nope)}", "http.url, column 27: there is no variable `config.nope`"),
        ("https://erp.example/${'a' + raw(config.x)}", "http.url, column 29: `raw(…)` turns off the encoding"),
    ],
)
def test_an_address_is_read_when_it_is_published(url: str, problem: str) -> None:
    """As far as it is written out."""
    found = told({"url": url})

    assert len(found) == bool(problem), found
    assert not problem or f"flow demo, step ask, {problem}" in found[0]


@pytest.mark.parametrize("member", ["headers", "query", "json", "form", "body"])
def test_raw_is_refused_outside_of_addresses(member: str) -> None:
    """Nothing is encoded there, so there is nothing to turn off."""
    text = "${raw(config.x)}"

    [found] = told({"url": "https://h/", member: text if member in ("json", "body") else {"a": text}})

    assert "`raw(…)` turns off the encoding of a value in http.url" in found


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect",
     "Proxy-Authorization", "proxy-connection"],
)  # fmt: skip
def test_headers_that_the_client_owns_are_refused(name: str) -> None:
    """In a step, and in a connection."""
    words = f"{name}: the client writes this header itself, from the address and the body: remove it"
    connections: list[dict[str, Any]] = [
        {"name": "own", "type": "custom", "fields": ["key"], "headers": {name: "${key}"}},
        {"name": "erp", "type": "apiKey", "header": name},
    ]

    assert told({"url": "https://h/", "headers": {name: "1"}}) == [f"flow demo, step ask, http.headers.{words}"]
    assert told({"url": "https://h/"}, connections=connections) == [
        f"connections.own.headers.{words}", f"connections.erp.header: {words.split(': ', 1)[1]}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"X-A": "M\u00fcller", "x-b": "a\tb", "Accept": "${config.x}"}, ""),
        ({"Content-Type": "text/xml; charset=ISO-8859-1"}, ""),
        ({"content-type": "text/xml; charset=klingon"}, "http.headers.content-type: nothing can be sent in the charset `klingon`"),
        ({"X-A": "\u20ac"}, "http.headers.X-A: `\u20ac` (U+20AC) at character 1 cannot be sent in a header"),
        ({"X-A": "a\n"}, "http.headers.X-A: the value has a line break at character 2"),
        ({"X-A": " a"}, "http.headers.X-A: the value begins or ends with a blank"),
        ({"X A": "a"}, "http.headers.X A: this is no name of a header field"),
        ({"X-A": "a", "x-a": "b"}, "http.headers.x-a: this header is there twice"),
    ],
)  # fmt: skip
def test_headers_are_read_when_they_are_published(headers: dict[str, str], problem: str) -> None:
    """As far as they are written out."""
    found = told({"url": "https://h/", "headers": headers})

    assert len(found) == bool(problem), found
    assert not problem or problem in found[0]
