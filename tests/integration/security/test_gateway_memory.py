"""What a body becomes in the gateway's memory, measured on a gateway in a process of its own: no ten megabytes take much."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import brotli
import httpx
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_process import NAMESPACES, GatewayProcess, running
from postgres import Server

MOST = 160
"""MiB over those of the resting process."""
POD = 512 - 32
"""MiB that the chart lets a gateway have, without a reserve."""
SIZE = 10 * 1024 * 1024
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
EMOJI = "\U0001f600"
PART = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
END = b"\r\n--B--\r\n"
NESTED = b'{"":' * 150 + b"0" + b"}" * 150 + b","


@pytest.fixture(scope="module")
def gateway(postgres_server: Server) -> Iterator[GatewayProcess]:
    """One for the module: what one body leaves behind counts against the next."""
    with postgres_server.database() as dsn, running(dsn) as process:
        for content_type in (JSON, FORM, MULTIPART, "text/plain"):  # what parses is loaded by the first that needs it
            post(process, b"1", content_type)
        for flow, body in (("csv", b"a\n1"), ("xml", b"<a/>")):
            post(process, body, "text/plain", flow=flow)
        for encoding, encode in ENCODED.items():
            post(process, encode(b"1"), JSON, encoding=encoding)
        yield process


@pytest.fixture(scope="module")
def rest(gateway: GatewayProcess) -> float:
    """MiB of the process before anything large came."""
    return gateway.resident()


def post(
    gateway: GatewayProcess,
    body: bytes,
    content_type: str,
    *,
    flow: str = "open",
    namespace: str = "acme",
    encoding: str = "identity",
) -> int:
    url = f"{gateway.url}/hooks/{namespace}/acme-orders/{flow}"
    headers = {"Content-Type": content_type, "Content-Encoding": encoding}
    return httpx.post(url, content=body, headers=headers, timeout=60).status_code


def filled(unit: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """As many units as fit."""
    return before + unit * ((SIZE - len(before) - len(after)) // len(unit)) + after


WORST = {
    "escapes of a form": (FORM, filled(b"%41", before=b"a=")),
    "escapes among letters": (FORM, filled(b"%41z", before=b"a=", after=EMOJI.encode())),
    "fields of escapes": (FORM, b"&".join(b"f%d=%s" % (n, b"%C3%A9" * 170) for n in range(10_000))),
    "pluses": (FORM, filled(b"+", before=b"a=")),
    "form in utf-16": (f"{FORM}; charset=utf-16", ("a=" + "%41" * (SIZE // 6 - 2)).encode("utf-16")),
    "maps in maps": (JSON, b"[" + NESTED * 3300 + b'"' + b"x" * 3_000_000 + b'"]'),
    "lists in lists": (JSON, b"[" + (b"[" * 190 + b"0" + b"]" * 190 + b",") * 5200 + b'"' + b"x" * 7_000_000 + b'"]'),
    "wide text and maps": (JSON, filled(b"x", before=b"[" + NESTED * 1800 + b'"', after=EMOJI.encode() + b'"]')),
    "wide strings": (JSON, b"[" + f'"{EMOJI}",'.encode() * 999_000 + b'"' + b"x" * 3_000_000 + b'"]'),
    "escapes of json": (JSON, filled(b"\\u4e2d\\n", before=b'"', after=b'"')),
    "json in utf-16": (
        f"{JSON}; charset=utf-16",
        ("[" + '{"":0},' * 330_000 + '"' + "x" * 2_000_000 + '"]').encode("utf-16"),
    ),
    "keys": (JSON, b"{" + b",".join(b'"%06x":0' % n for n in range(499_000)) + b"}"),
    "one wide character": ("text/plain", filled(b"x", after=EMOJI.encode())),
    "one wide character in gb18030": ("text/csv; charset=gb18030", filled(b"x", after=EMOJI.encode("gb18030"))),
    "xml in utf-32": ("application/xml; charset=utf-32", (EMOJI * (SIZE // 4 - 1)).encode("utf-32")),
    "a part": (MULTIPART, filled(b"x", before=PART, after=EMOJI.encode() + END)),
    "ends of lines in a part": (MULTIPART, filled(b"\r\n-", before=PART, after=END)),
    "parts": (MULTIPART, (PART + b"x" * 980 + b"\r\n") * 9_900 + b"--B--\r\n"),
    "bytes": ("application/octet-stream", filled(b"\x00\xff")),
}


AS_VALUES = {
    "rows": ("csv", filled(b"a\n")),
    "quotes": ("csv", filled(b'""\n', before=b"a\n")),
    "cells": ("csv", b"\n".join([b",".join(b"%d" % n for n in range(30)), *[b"," * 29] * 340_000])),
    "wide cells": ("csv", filled(b"x,y\n", before=b"a,b\n", after=EMOJI.encode() + b",\n")),
    "elements": ("xml", filled(b"<a/>", before=b"<a>", after=b"</a>")),
    "attributes": ("xml", filled(b"<a b='1'/>", before=b"<a>", after=b"</a>")),
    "names": ("xml", b"<a>" + b"".join(b"<b%d/>" % n for n in range(900_000)) + b"</a>"),
    "a wide text": ("xml", filled(b"x", before=b"<a>", after=EMOJI.encode() + b"</a>")),
    "entities": ("xml", filled(b"&lt;", before=b"<a>", after=b"</a>")),
    "laughs": ("xml", b"<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '" + b"&b;" * 100_000 + b"'>]><a>" + b"&c;" * 1000 + b"</a>"),
}  # fmt: skip
ENCODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "deflate": lambda data: zlib.compress(data, 1),
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
}


@pytest.mark.parametrize("case", AS_VALUES)
def test_the_worst_of_csv_and_xml(gateway: GatewayProcess, rest: float, case: str) -> None:
    """What a trigger reads as a value takes as little."""
    flow, body = AS_VALUES[case]
    assert len(body) <= SIZE
    gateway.forget_peak(rest)

    assert post(gateway, body, "text/plain", flow=flow) in (202, 400)
    assert gateway.peak() - rest < MOST


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize(
    "content", [bytes(SIZE), bytes(20 * SIZE), WORST["maps in maps"][1]], ids=["most", "more", "maps"]
)
def test_the_worst_that_is_encoded(gateway: GatewayProcess, rest: float, encoding: str, content: bytes) -> None:
    """What becomes large takes what it becomes, and no more than the largest body."""
    body = ENCODED[encoding](content)
    gateway.forget_peak(rest)

    content_type = "application/octet-stream" if content[0] == 0 else JSON
    expected = 413 if len(content) > SIZE else 202

    assert post(gateway, body, content_type, encoding=encoding) == expected
    assert gateway.peak() - rest < MOST


def test_many_small_ones_that_become_large(gateway: GatewayProcess, rest: float) -> None:
    """Small bodies that become large ones, of many namespaces at one time, stay within what the chart lets a gateway have."""
    body = gzip.compress(bytes(SIZE))
    gateway.forget_peak(rest)
    with ThreadPoolExecutor(24) as pool:
        asked = [
            pool.submit(post, gateway, body, "application/octet-stream", namespace=NAMESPACES[n % 6], encoding="gzip")
            for n in range(24)
        ]
        answers = {each.result() for each in asked}

    assert answers <= {202, 503}
    assert 202 in answers
    assert gateway.peak() < POD


@pytest.mark.parametrize(
    ("case", "flow"),
    [*((case, "open") for case in WORST), *((case, "same") for case in ("maps in maps", "wide strings", "bytes"))],
)
def test_the_worst_that_is_known(gateway: GatewayProcess, rest: float, case: str, flow: str) -> None:
    """Each takes little, on a flow that only stores it and on one that compares it with earlier ones."""
    content_type, body = WORST[case]
    assert len(body) <= SIZE
    gateway.forget_peak(rest)

    assert post(gateway, body, content_type, flow=flow) in (202, 400)
    assert gateway.peak() - rest < MOST


CHARSETS = ["", "; charset=utf-8", "; charset=utf-16", "; charset=utf-32", "; charset=utf-7", "; charset=idna",
            "; charset=punycode", "; charset=gb18030", "; charset=cp037", "; charset=iso2022_jp", "; charset=unicode_escape"]  # fmt: skip
TYPES = [JSON, "application/vnd.api+json", FORM, "text/plain", "application/xml", "application/octet-stream", ""]
FRAGMENTS = ["[", "]", "{", "}", '"', '"a":', ",", ":", "0", "1e9", "%41", "%C3%A9", "%", "&", "=", "+", "\\u4e2d", "\\n", "\\",
             EMOJI, "\u4e2d", "x" * 50, "\r\n", "--B", "--B--", "a: b\r\n", "null", " ", "<a>", "\x00"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=12).map("".join)


@given(
    content_type=st.sampled_from([MULTIPART])
    | st.tuples(st.sampled_from(TYPES), st.sampled_from(CHARSETS)).map("".join),
    before=TEXTS,
    unit=TEXTS,
    after=TEXTS,
    flow=st.sampled_from(["open", "same"]),
)
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_repeated(
    gateway: GatewayProcess, rest: float, content_type: str, before: str, unit: str, after: str, flow: str
) -> None:
    """Ten megabytes of any fragments, under any content type and charset, take little, be they taken or refused."""
    encoding = next((name for name in ("utf-16", "utf-32", "gb18030") if name in content_type), "utf-8")
    parts = [part.encode(encoding) for part in (before, unit, after)]
    gateway.forget_peak(rest)

    assert post(gateway, filled(parts[1], before=parts[0], after=parts[2]), content_type, flow=flow) in (202, 400)
    assert gateway.peak() - rest < MOST


def test_many_at_once(gateway: GatewayProcess, rest: float) -> None:
    """Large bodies of many namespaces at one time stay within what the chart lets a gateway have."""
    content_type, body = WORST["bytes"]
    gateway.forget_peak(rest)
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(post, gateway, body, content_type, namespace=NAMESPACES[n % 6]) for n in range(12)]
        answers = [each.result() for each in asked]

    assert set(answers) <= {202, 503}
    assert 202 in answers
    assert gateway.peak() < POD
