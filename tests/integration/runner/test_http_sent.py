"""What the customer's system gets of an http step: tables of what is written and what arrives, to which a line can be added.

`config.v` is the value that a row names; `rawBody` is the trigger's.
"""

from typing import Any

import pytest

from engine_stand import Stand, unpacked
from web_server import Web

BYTES = b"\x00\xff\x0a"


def run(stand: Stand, url: str, value: Any = None, **members: Any) -> str:
    """Run one http step; gives its error, '' where it passed."""
    step = {"name": "call", "http": {"url": url, **members}}
    trigger = {"rawBody": BYTES, "contentType": "application/octet-stream"}
    return stand.run(step, config={"v": value, "base": url.split("${")[0]}, trigger=trigger).error_message or ""


@pytest.mark.parametrize(
    ("path", "value", "query", "line"),
    [
        ("/a/${config.v}", "x/../y", None, "/a/x%2F..%2Fy"),
        ("/a/${config.v}", "..", None, "/a/%2E%2E"),
        ("/a/${config.v}", "x y\r\nX: 1", None, "/a/x%20y%0D%0AX%3A%201"),
        ("/a/${config.v}?b=${config.v}", "ü&", None, "/a/%C3%BC%26?b=%C3%BC%26"),
        ("/a/${raw(config.v)}", "x/y?z=1", None, "/a/x/y?z=1"),
        ("/a b/%zz", None, None, "/a%20b/%25zz"),
        ("/a/./b/../c", None, None, "/a/c"),
        ("", None, None, "/"),
        ("?a=1", None, None, "/?a=1"),
        ("/a#${config.v}", "b", None, "/a"),
        ("/a", None, {"b": "c d+e&f=g/%"}, "/a?b=c+d%2Be%26f%3Dg%2F%25"),
        ("/a?b=1", None, {"c": [1, None, 2.0, True]}, "/a?b=1&c=1&c=2&c=true"),
        ("/a?b=1#f", None, {"c": 1}, "/a?b=1&c=1"),
        ("/a", None, {"b": None, "c": ""}, "/a?c="),
        ("/a", None, {"b": None}, "/a"),
        ("/a", "x&y", {"${config.v}": "${config.v}"}, "/a?x%26y=x%26y"),
        ("/a", None, {"b": {"c": 1}}, "/a?b=%7B%22c%22%3A1%7D"),
    ],
)  # fmt: skip
def test_the_request_line(
    stand: Stand, web: Web, path: str, value: Any, query: dict[str, Any] | None, line: str
) -> None:
    """And the address in the output is the one that was asked."""
    members = {} if query is None else {"query": query}

    assert run(stand, web.url + path, value, **members) == ""

    assert web.seen[0]["line"] == f"GET {line} HTTP/1.1"
    shown = stand.recorder.output("call")["url"].split("#")[0].removeprefix(web.url)
    assert shown == (line if path.startswith("/") else line[1:])  # of a path that nobody wrote, a request has the slash


@pytest.mark.parametrize(
    ("members", "value", "content_type", "body"),
    [
        # text, in the charset that is declared, by the header or by XML's own declaration
        ({"body": "Käse"}, None, "text/plain; charset=utf-8", "Käse".encode()),
        ({"body": "Käse", "headers": {"content-type": "text/xml; charset=iso-8859-1"}}, None,
         "text/xml; charset=iso-8859-1", b"K\xe4se"),
        ({"body": "Käse €", "headers": {"Content-Type": 'text/csv; charset="windows-1252"'}}, None,
         'text/csv; charset="windows-1252"', b"K\xe4se \x80"),
        ({"body": "Käse", "headers": {"Content-Type": "text/csv"}}, None, "text/csv", "Käse".encode()),
        ({"body": "Käse", "headers": {"Content-Type": "text/csv; charset=utf-16"}}, None,
         "text/csv; charset=utf-16", "Käse".encode("utf-16")),
        ({"body": "<?xml version='1.0' encoding='ISO-8859-1'?><a>ü</a>", "headers": {"Content-Type": "application/xml"}},
         None, "application/xml", b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>"),
        ({"body": '<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>'}, None, "text/plain; charset=iso-8859-1",
         b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xfc</a>'),
        ({"body": '<?xml version="1.0" encoding="UTF-8"?><a>ü</a>',
          "headers": {"Content-Type": "text/xml; charset=utf8"}}, None, "text/xml; charset=utf8",
         '<?xml version="1.0" encoding="UTF-8"?><a>ü</a>'.encode()),
        # bytes are what they are
        ({"body": "${trigger.rawBody}"}, None, "application/octet-stream", BYTES),
        ({"body": "${trigger.rawBody}", "headers": {"Content-Type": "text/plain; charset=utf-8"}}, None,
         "text/plain; charset=utf-8", BYTES),
        # nothing, and an empty text
        ({}, None, None, b""),
        ({"body": None}, None, None, b""),
        ({"body": "${config.v}"}, None, None, b""),
        ({"body": ""}, None, "text/plain; charset=utf-8", b""),
        # JSON
        ({"json": {"a": "${config.v}"}}, "ü", "application/json", b'{"a":"\xc3\xbc"}'),
        ({"json": {"a": 1}, "headers": {"content-type": "application/vnd.api+json"}}, None, "application/vnd.api+json",
         b'{"a":1}'),
        ({"json": "ü€", "headers": {"Content-Type": "application/json; charset=iso-8859-1"}}, None,
         "application/json; charset=iso-8859-1", b'"\\u00fc\\u20ac"'),
        ({"json": "😀", "headers": {"Content-Type": "application/json; charset=us-ascii"}}, None,
         "application/json; charset=us-ascii", b'"\\ud83d\\ude00"'),
        ({"json": [1.0, 1e20, 0.1, 12345678901234567890]}, None, "application/json",
         b"[1,100000000000000000000,0.1,12345678901234567890]"),
        ({"json": None}, None, "application/json", b"null"),
        ({"body": "${config.v}"}, {"a": [1]}, "application/json", b'{"a":[1]}'),
        # forms
        ({"form": {"a": "ü b", "c": None}}, None, "application/x-www-form-urlencoded", b"a=%C3%BC+b"),
        ({"form": {"ä": "ü"}, "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=iso-8859-1"}}, None,
         "application/x-www-form-urlencoded; charset=iso-8859-1", b"%E4=%FC"),
    ],
)  # fmt: skip
def test_the_body(
    stand: Stand, web: Web, members: dict[str, Any], value: Any, content_type: str | None, body: bytes
) -> None:
    """Its content type and its bytes, by every method that has a body, and by GET."""
    for method in ("POST", "GET"):
        assert run(stand, f"{web.url}/", value, method=method, **members) == ""

    for request in web.seen:
        assert (request["headers"].get("content-type"), request["body"]) == (content_type, body)
    assert web.seen[0]["headers"]["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("members", "value", "told"),
    [
        ({"body": "a\nb€", "headers": {"Content-Type": "text/xml; charset=iso-8859-1"}}, None,
         "http.body: iso-8859-1 cannot hold `€` (U+20AC) at line 2, column 2"),
        ({"form": {"a": "€"}, "headers": {"Content-Type": "x/y; charset=latin1"}}, None, "http.form.a: latin1 cannot hold `€`"),
        ({"body": "a", "headers": {"Content-Type": "text/plain; charset=klingon"}}, None,
         "http.headers.Content-Type: nothing can be sent in the charset `klingon`"),
        ({"body": "<?xml version='1.0' encoding='utf-8'?><a/>", "headers": {"Content-Type": "text/xml; charset=latin1"}},
         None, "http.body: its XML declaration says utf-8, and the header Content-Type says latin1"),
        ({"json": {"a": "${trigger.rawBody}"}}, None, "http.json.a: "),
        ({"form": {"a": "${trigger.rawBody}"}}, None, "http.form.a: bytes are no text"),
        ({"query": {"a": "${trigger.rawBody}"}}, None, "http.query.a: bytes are no text"),
        ({"headers": {"X-A": "${trigger.rawBody}"}}, None, "http.headers.X-A: bytes are no text"),
        ({"headers": {"X-A": "${config.v}"}}, "日本", "http.headers.X-A: `日` (U+65E5) at character 1 cannot be sent"),
        ({"headers": {"X-A": "${config.v}"}}, "a\nb", "http.headers.X-A: the value has a line break at character 2"),
        ({"headers": {"X-A": "${config.v}"}}, "a\x00", "http.headers.X-A: the value has the character NUL"),
        ({"headers": {"X-A": "${config.v}"}}, "a\x7f", "http.headers.X-A: the value has the control character U+007F"),
        ({"headers": {"X-A": "${config.v}"}}, "a\x85", "http.headers.X-A: the value has the control character U+0085"),
        ({"headers": {"X-A": "${config.v}"}}, "a ", "http.headers.X-A: the value begins or ends with a blank"),
        ({"headers": {"${config.v}": "a"}}, "Host", "http.headers.Host: the client writes this header itself"),
        ({"headers": {"${config.v}": "a"}}, "transfer-encoding", "http.headers.transfer-encoding: the client writes"),
        ({"headers": {"${config.v}": "a"}}, "proxy-anything", "http.headers.proxy-anything: the client writes"),
        ({"headers": {"${config.v}": "a"}}, "a b", "http.headers.a b: this is no name of a header field"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_told_by_name(
    stand: Stand, web: Web, members: dict[str, Any], value: Any, told: str
) -> None:
    """The step fails before anything is sent."""
    message = run(stand, f"{web.url}/", value, method="POST", **members)

    assert told in message
    assert web.seen == []


@pytest.mark.parametrize(
    ("given", "value", "arrives"),
    [
        ({"X-A": "${config.v}"}, 5.0, "5"),
        ({"X-A": "${config.v}"}, 12345678901234567890, "12345678901234567890"),
        ({"X-A": "${config.v}"}, True, "true"),
        ({"X-A": "${config.v}"}, "Müller", "Müller"),
        ({"X-A": "${config.v}"}, "a\tb", "a\tb"),
        ({"X-A": "${config.v}"}, "", ""),
        ({"X-A": "a", "x-a": "b"}, None, "b"),
        ({"X-A": None}, None, None),
    ],
)
def test_a_header_arrives_as_it_is(
    stand: Stand, web: Web, given: dict[str, Any], value: Any, arrives: str | None
) -> None:
    """Numbers as everywhere, text of ISO 8859-1 byte by byte, each field once, null not at all."""
    assert run(stand, f"{web.url}/", value, headers=given) == ""

    assert web.seen[0]["headers"].get("x-a") == arrives
    assert [name.lower() for name in web.seen[0]["names"]].count("x-a") == (arrives is not None)


def test_what_is_sent_where_nothing_is_said(stand: Stand, web: Web) -> None:
    """No other field than these; a name is sent as it is written, and what the step gives stands in a default's place."""
    assert run(stand, f"{web.url}/", headers={"SOAPAction": "x"}) == ""
    assert run(stand, f"{web.url}/", headers={"user-agent": "mine", "accept-encoding": "gzip", "accept": "a/b"}) == ""

    port = web.url.rsplit(":", 1)[1]
    expected = {"host": f"127.0.0.1:{port}", "accept-encoding": "identity", "user-agent": "penstock", "soapaction": "x"}
    assert (web.seen[0]["headers"], web.seen[0]["names"][-2:]) == (expected, ["SOAPAction", "User-Agent"])
    assert web.seen[1]["headers"] == {
        "host": f"127.0.0.1:{port}", "user-agent": "mine", "accept-encoding": "gzip", "accept": "a/b",
    }  # fmt: skip


def test_the_recorded_address_is_the_one_that_was_asked(stand: Stand, web: Web) -> None:
    """In the step's input, too: nobody has to know how addresses are written."""
    run(stand, web.url.replace("http://", "HTTP://") + "/a b/../ü?q=x y")

    record = stand.recorder.last("call")
    assert record.input is not None
    assert unpacked(record.input)["url"] == f"{web.url}/%C3%BC?q=x%20y" == stand.recorder.output("call")["url"]
    assert web.seen[0]["path"] == "/%C3%BC?q=x%20y"


@pytest.mark.parametrize(("key", "arrives"), [("abc\n", "abc"), ("m\u00fc", "m\u00fc")])
def test_a_secret_arrives_without_what_surrounds_it(stand: Stand, web: Web, key: str, arrives: str) -> None:
    """Which is the last line break of a file."""
    step = {"name": "call", "http": {"url": web.url, "connection": "erp"}}
    stand.run(step, descriptions={"erp": {"type": "apiKey", "header": "X-Key"}}, fields={"erp": {"key": key}})

    assert web.seen[0]["headers"]["x-key"] == arrives


@pytest.mark.parametrize("key", ["canary\u20acsecret", "canary\nsecret", "canary\x7f"])
def test_a_secret_that_no_header_holds_is_not_shown(stand: Stand, web: Web, key: str) -> None:
    """The message names connection and header, and no character of it."""
    step = {"name": "call", "http": {"url": web.url, "connection": "erp"}}
    outcome = stand.run(step, descriptions={"erp": {"type": "apiKey", "header": "X-Key"}}, fields={"erp": {"key": key}})

    message = outcome.error_message or ""
    assert message.startswith(
        "step call: connection `erp`: header X-Key: a field of its Secret holds what no header may"
    )
    assert not any(shown in message for shown in ("canary", "secret\n", "U+", "\u20ac"))
    assert web.seen == []
