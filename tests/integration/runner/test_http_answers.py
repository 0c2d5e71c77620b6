"""How answers arrive: what the other side sends, and what a step has of it.

A line of a table is a name, what is answered, the step's `parse`, and the body that the step has. b"…" are bytes.
"""

import gzip
import zlib
from typing import Any, NamedTuple

import pytest
import zstandard

from engine_stand import Stand
from penstock_core.executions.states import ExecutionState
from web_server import Web


class Answer(NamedTuple):
    content_type: str | None
    body: bytes
    encoding: str = ""
    status: int = 200


def answered(web: Web, answer: Answer) -> None:
    headers = {"Content-Type": answer.content_type, "Content-Encoding": answer.encoding}
    web.answer = lambda _: (answer.status, {name: value for name, value in headers.items() if value}, answer.body)


def call(web: Web, **members: Any) -> dict[str, Any]:
    return {"name": "call", "http": {"url": web.url, **members}}


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


TAKEN: dict[str, tuple[Answer, str, Any]] = {
    "json": (Answer("application/json", b'{"a": 1}'), "auto", {"a": 1}),
    "json by its suffix": (Answer("application/problem+json", b"[]"), "auto", []),
    "json with a mark": (Answer("application/json", b"\xef\xbb\xbf[]"), "auto", []),
    "json without anything": (Answer("application/json", b""), "auto", None),
    "json as text": (Answer("application/json", b'{"a": 1}'), "text", '{"a": 1}'),
    "json as bytes": (Answer("application/json", b"\xff"), "bytes", b"\xff"),
    "text that is json": (Answer("text/plain", b"[1]"), "json", [1]),
    "html": (Answer("text/html; charset=iso-8859-1", b"<p>\xfc"), "auto", "<p>ü"),
    "csv": (Answer("text/csv", b"a\n1\n"), "auto", "a\n1\n"),
    "csv as a value": (Answer("text/csv", b"a\n1\n"), "csv", [{"a": "1"}]),
    "xml by its declaration": (
        Answer("application/xml", b'<?xml version="1.0" encoding="latin1"?><a>\xfc</a>'),
        "xml",
        {"a": {"#text": "ü"}},
    ),
    "bytes": (Answer("application/octet-stream", b"text"), "auto", b"text"),
    "bytes as text": (Answer("application/octet-stream", b"text"), "text", "text"),
    "a form": (Answer("application/x-www-form-urlencoded", b"access_token=x&n=1&n=2"), "auto", {"access_token": "x", "n": ["1", "2"]}),
    "no type": (Answer(None, b"text"), "auto", "text"),
    "nothing": (Answer(None, b""), "auto", None),
    "nothing of text": (Answer("text/plain", b""), "auto", ""),
    "no content": (Answer("text/xml", b"", status=204), "xml", None),
    "gzip": (Answer("application/json", gzip.compress(b"[1]"), "gzip"), "auto", [1]),
    "deflate": (Answer("application/json", zlib.compress(b"[1]"), "deflate"), "auto", [1]),
    "zstd": (Answer("application/json", zstd(b"[1]"), "zstd"), "auto", [1]),
    "two encodings": (Answer("text/plain", gzip.compress(zstd(b"x")), "zstd, gzip"), "auto", "x"),
    "an encoding that nobody knows, as it is": (Answer("text/plain", b"x", "aws-chunked"), "bytes", b"x"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_what_a_step_has(stand: Stand, web: Web, case: str) -> None:
    """The declared type decides what the body is, unless the step says it."""
    answer, parse, expected = TAKEN[case]
    answered(web, answer)

    outcome = stand.run(call(web, parse=parse))

    assert (outcome.state, outcome.error_message) == (ExecutionState.PASSED, None)
    assert stand.recorder.output("call")["body"] == expected
    assert stand.recorder.last("call").warnings == ()


def test_nothing_encoded_is_asked_for(stand: Stand, web: Web) -> None:
    """A step that does not ask for an encoding gets none from who listens."""
    stand.run(call(web))

    assert web.seen[0]["headers"]["accept-encoding"] == "identity"


def test_what_declares_no_charset(stand: Stand, web: Web) -> None:
    """Text that is not UTF-8 is read as windows-1252, and the step has a warning."""
    answered(web, Answer("text/csv", "5 €".encode("cp1252")))

    stand.run(call(web))

    assert stand.recorder.output("call")["body"] == "5 €"
    [warning] = stand.recorder.last("call").warnings
    assert warning.startswith("the response names no charset and is not UTF-8 (byte 0x80 at offset 2")


@pytest.mark.parametrize("value", ["Jörg".encode(), b"J\xf6rg"])
def test_headers(stand: Stand, web: Web, value: bytes) -> None:
    """A header is UTF-8, or else windows-1252."""
    web.answer = lambda _: (200, {"X-Name": value.decode("latin-1")}, b"")

    stand.run(call(web))

    assert stand.recorder.output("call")["headers"]["x-name"] == "Jörg"


FAILED: dict[str, tuple[Answer, str, str]] = {
    "no json": (Answer("application/json", b"<html>"), "auto", "not valid JSON"),
    "json that is not utf-8": (Answer("application/json", b'"\xfc"'), "auto", "byte 0xfc at offset 1"),
    "text that is not what is declared": (Answer("text/plain; charset=utf-8", b"\xfc"), "auto", "not utf-8"),
    "a charset that nobody knows": (Answer("text/plain; charset=x-own", b"a"), "text", "`x-own`"),
    "no csv": (Answer("text/csv", b"a\n1,2\n"), "csv", "line 2, column 1"),
    "no xml": (Answer("text/xml", b"<a>"), "xml", "line 1, column 4"),
    "no gzip": (Answer("text/plain", b"x", "gzip"), "auto", "not gzip"),
    "an encoding that nobody knows": (Answer("text/plain", b"x", "aws-chunked"), "auto", "`aws-chunked`"),
}


@pytest.mark.parametrize("case", FAILED)
def test_what_is_not_what_it_is_declared_to_be(stand: Stand, web: Web, case: str) -> None:
    """It keeps its bytes and fails the step, with what begins it and how to take it."""
    answer, parse, message = FAILED[case]
    answered(web, answer)

    outcome = stand.run(call(web, parse=parse))

    assert outcome.error_code == "http_body_undecodable"
    assert message in (outcome.error_message or "")
    assert "`parse: bytes` takes any body as it is" in (outcome.error_message or "")
    assert stand.recorder.output("call")["body"] == answer.body


def test_a_status_that_is_not_expected_comes_first(stand: Stand, web: Web) -> None:
    """Who answers an error in no JSON is shown as who answered an error."""
    answered(web, Answer("application/json", b"<html>", status=502))

    outcome = stand.run(call(web))

    assert outcome.error_code == "http_status"
    assert "the body begins: <html>" in (outcome.error_message or "")


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
def test_an_answer_that_becomes_large(stand: Stand, web: Web, encoding: str) -> None:
    """What is too large when it is decoded is refused, however small it came."""
    body = gzip.compress(bytes(2_000_000))
    answered(web, Answer("text/plain", gzip.compress(body) if "," in encoding else body, encoding))

    outcome = stand.run(call(web, maxResponseBytes=1_000_000))

    assert outcome.error_code == "http_response_too_large"
