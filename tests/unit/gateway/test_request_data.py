"""What is taken from a request: headers, query, idempotency key."""

import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_stand import flow
from penstock_core import body, codec
from penstock_core.expressions.restricted import compile_restricted
from penstock_gateway.flows import Deduplication, serve
from penstock_gateway.problems import Problem
from penstock_gateway.webhooks import request_data
from penstock_gateway.webhooks.request_data import Request, prepare, query_values, stored_headers


def request(raw: bytes = b"", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(method="POST", path="", query_string=b"", headers=pairs, lookup=dict(reversed(pairs)), raw=raw)


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "proxy-authorization", "cookie", "api-key", "x-api-key", "x-hub-signature-256",
        "stripe-signature", "x-shopify-hmac-sha256", "webhook-signature", "x-gitlab-token", "X-Secret",
        "x-auth", "auth-key", "x-session-id", "cf-access-jwt-assertion", "ocp-apim-subscription-key", "x_functions_key",
    ],
)  # fmt: skip
def test_secret_headers_are_not_stored(name: str) -> None:
    """Nothing that authenticates a caller is kept."""
    assert stored_headers([(name.encode(), b"s3cret"), (b"x-id", b"1")]).values == {"x-id": "1"}


@pytest.mark.parametrize(
    "name",
    ["idempotency-key", "x-author", "x-request-id", "x-keyword", "content-type", "authority", "x-pinned", "x-design", "user-agent"],
)  # fmt: skip
def test_ordinary_headers_are_stored(name: str) -> None:
    """A rule that finds credentials by their names leaves what merely sounds like them."""
    assert stored_headers([(name.encode(), b"1")]).values == {name: "1"}


def test_long_names_are_judged_and_not_remembered() -> None:
    """Names that callers make up are kept out of the memory for those that come again."""
    remembered = request_data._remembered.cache_info().currsize
    pairs = [(b"x-%d-" % number + b"y" * 60_000, b"1") for number in range(3)]

    stored = stored_headers([*pairs, (b"z" * 100 + b"-token", b"s3cret")]).values

    assert list(stored) == [name.decode() for name, _ in pairs]
    assert request_data._remembered.cache_info().currsize == remembered


def test_repeated_headers_are_joined() -> None:
    """Repeated headers keep their order, joined by comma."""
    assert stored_headers([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]).values == {"a": "1, 3", "b": "2"}


def test_query_values() -> None:
    """Single parameters are text, repeated ones lists, empty ones are kept."""
    assert query_values(b"a=1&b=2&b=%C3%A9&c=") == ({"a": "1", "b": ["2", "é"], "c": ""}, ())


@pytest.mark.parametrize(
    ("headers", "kind", "key"),
    [
        ({"idempotency_key": "a", "webhook_id": "b"}, "idempotency-key", "a"),
        ({"webhook_id": "b"}, "webhook-id", "b"),
        ({}, "deduplicate-by", "7"),
        ({"idempotency_key": ""}, "deduplicate-by", "7"),
    ],
)
def test_first_key_that_is_present_counts(headers: dict[str, str], kind: str, key: str) -> None:
    """Idempotency-Key comes before webhook-id comes before deduplicateBy."""
    deduplication = Deduplication(value=compile_restricted("${trigger.body.id}"), window_seconds=60)

    found = prepare(request(b'{"id": 7}', content_type="application/json", **headers), deduplication).idempotency

    assert found is not None
    assert (found.kind, found.key) == (kind, key)


@pytest.mark.parametrize(
    ("headers", "again"), [({}, True), ({"idempotency_key": "a"}, False), ({"webhook_id": "b"}, False)]
)
def test_only_a_value_is_given_back_by_a_failure(headers: dict[str, str], again: bool) -> None:
    """`afterFailure` is said of the value; what the sender calls the delivery stays with its first answer."""
    deduplication = Deduplication(value=compile_restricted("${trigger.body.id}"), window_seconds=60, again=True)

    found = prepare(request(b'{"id": 7}', content_type="application/json", **headers), deduplication).idempotency

    assert found is not None
    assert found.again is again


@pytest.mark.parametrize("value", ["${trigger.body.id}", "order-${trigger.body.id}"])
@pytest.mark.parametrize("raw", [b"{}", b'{"id": null}', b'{"id": ""}', b"[]", b"7"])
def test_deduplication_without_a_value_warns(raw: bytes, value: str) -> None:
    """A value that is missing, null or empty deduplicates nothing, joined to a text or alone, and the execution says so."""
    deduplication = Deduplication(value=compile_restricted(value), window_seconds=60)

    prepared = prepare(request(raw, content_type="application/json"), deduplication)

    assert prepared.idempotency is None
    assert len(prepared.warnings) == 1


def test_the_value_of_a_body_is_gone_before_its_bytes_are_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large body's value and its packed bytes are not in memory at one time."""

    class Value(dict[str, Any]):
        pass

    value = Value(id=7)
    seen = weakref.ref(value)
    parsed = [value]
    del value
    monkeypatch.setattr(body, "parse", lambda *_, **__: body.Parsed(parsed.pop()))
    pack = codec.pack

    def packed(data: Any, *, limit: int) -> codec.Packed:
        assert seen() is None
        return pack(data, limit=limit)

    monkeypatch.setattr(codec, "pack", packed)
    deduplication = Deduplication(value=compile_restricted("${trigger.body.id}"), window_seconds=60)

    found = prepare(request(b"{}", content_type="application/json"), deduplication).idempotency

    assert found is not None
    assert found.key == "7"


@given(raw=st.binary(max_size=300), content_type=st.sampled_from(["application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "a/b", "", ";;"]))  # fmt: skip
def test_any_body_is_stored_as_it_came_or_refused(raw: bytes, content_type: str) -> None:
    """Whatever bytes arrive under whatever content type, they are kept exactly or answered with a 400."""
    try:
        prepared = prepare(request(raw, content_type=content_type), None)
    except Problem as problem:
        status = problem.kind.status
    else:
        status = 202
        assert codec.unpack(prepared.payload)["rawBody"] == raw
    assert status in {202, 400}


def test_flow_is_prepared_with_defaults() -> None:
    """A Flow without concurrency and deduplication has none, and asks for a key unless it says otherwise."""
    served = serve(flow(webhook={}))

    assert (served.limit, served.deduplication, served.security) == (None, None, "required")
    assert served.methods == {"POST"}
