"""Requests with a Content-Encoding, over a socket: what is stored, what is refused, and what is signed."""

import gzip
import hashlib
import hmac
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import zstandard

from gateway_stand import INSTANCE, INSTANCE_UID, KEY, TENANT, Stand, flow, key_secret, mirrored, until
from penstock_core import codec
from penstock_core.cluster import SECRETS
from penstock_core.store.connection.pool import Pool

PATH = f"/hooks/{TENANT}/{INSTANCE}/importOrder"
SECRET = b"It's a Secret to Everybody"
SMALL = b'{"id": 7}'
LARGE = b'{"id": "' + b"ab" * 400_000 + b'"}'


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


ENCODED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd),
    "two": ("gzip, zstd", lambda data: zstd(gzip.compress(data))),
    "identity": ("identity", lambda data: data),
}


async def stored(pool: Pool) -> dict[str, Any]:
    async with pool.connection() as connection:
        rows = await (await connection.execute("select payload from execution_payloads")).fetchall()
    [row] = rows
    data: dict[str, Any] = codec.unpack(next(iter(row.values())))
    return data


def typed(encoding: str, **more: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Content-Encoding": encoding, **more}


@pytest.mark.parametrize("case", ENCODED)
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
async def test_what_is_stored_is_decoded(stand: Stand, pool: Pool, case: str, content: bytes) -> None:
    """The raw body is what the content type describes, and no header says that it is encoded still."""
    encoding, encode = ENCODED[case]

    answer = await stand.post(content=encode(content), headers=typed(encoding))

    assert answer.status_code == 202, answer.text
    data = await stored(pool)
    assert data["rawBody"] == content
    assert encoding == "identity" or not {"content-encoding", "content-length"} & set(data["headers"])


async def test_encodings_in_several_headers(stand: Stand, pool: Pool) -> None:
    """They are one list."""
    headers = [("Api-Key", KEY), ("Content-Encoding", "gzip"), ("Content-Encoding", "zstd")]

    answer = await stand.client.post(PATH, content=zstd(gzip.compress(SMALL)), headers=headers)

    assert answer.status_code == 202, answer.text
    assert (await stored(pool))["rawBody"] == SMALL


REFUSED: dict[str, tuple[str, bytes, int, str]] = {
    "an encoding that nobody knows": ("compress", SMALL, 415, "unknown-content-encoding"),
    "too many": ("gzip, gzip, gzip, gzip", SMALL, 415, "unknown-content-encoding"),
    "not what it says": ("gzip", SMALL, 400, "malformed-body"),
    "cut": ("gzip", gzip.compress(LARGE)[:-9], 400, "malformed-body"),
    "no json inside": ("gzip", gzip.compress(b"{"), 400, "malformed-body"),
    "a bomb": ("gzip", gzip.compress(bytes(10_485_761)), 413, "body-too-large"),
    "a bomb in br": ("br", brotli.compress(bytes(10_485_761), quality=1), 413, "body-too-large"),
    "a bomb in a bomb": ("gzip, zstd", zstd(gzip.compress(bytes(10_485_761))), 413, "body-too-large"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_refused(stand: Stand, case: str) -> None:
    """What is not understood is told with what is; what is malformed or becomes too large is a fault of the body."""
    encoding, content, status, slug = REFUSED[case]

    answer = await stand.post(content=content, headers=typed(encoding))

    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:penstock:problem:{slug}"
    assert answer.headers.get("accept-encoding") == ("gzip, deflate, br, zstd" if status == 415 else None)


async def test_strangers_are_not_told_what_is_understood(stand: Stand) -> None:
    """Who has no key gets the one 401, whatever the encoding."""
    answer = await stand.client.post(PATH, content=b"x", headers=typed("compress"))

    assert answer.status_code == 401


@pytest.mark.parametrize(("sign_encoded", "status"), [(True, 202), (False, 401)])
async def test_signatures_are_over_the_bytes_as_sent(stand: Stand, sign_encoded: bool, status: int) -> None:
    """What a sender signs is what goes over the wire."""
    signature = {"preset": "github", "key": "SXQncyBhIFNlY3JldCB0byBFdmVyeWJvZHk="}
    stand.cluster.seed(SECRETS, key_secret({INSTANCE_UID: mirrored(KEY, signature=signature)}))
    await until(lambda: stand.gateway.keys.signature(INSTANCE_UID))
    content = gzip.compress(SMALL)
    signed = hmac.new(SECRET, content if sign_encoded else SMALL, hashlib.sha256).hexdigest()

    answer = await stand.client.post(
        PATH, content=content, headers=typed("gzip", **{"X-Hub-Signature-256": f"sha256={signed}"})
    )

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("parse", "content", "status", "message"),
    [
        ("csv", b"id\n7\n", 202, ""),
        ("csv", b"id\n7,8\n", 400, "at line 2, column 1. Correct the body: this webhook reads every body as csv."),
        ("xml", b"<a/>", 202, ""),
        ("xml", b"<a>\n<b></a>", 400, "at line 2, column 6."),
        ("text", b"{", 202, ""),
    ],
)
async def test_what_a_trigger_says_of_parsing(
    stand: Stand, parse: str, content: bytes, status: int, message: str
) -> None:
    """A trigger's `parse` goes before the content type, and what does not parse is a 400 with its place."""
    webhook = {"methods": ["POST"], "security": "required", "url": "https://hooks.example/x", "parse": parse}
    stand.serve(flow("upload", webhook=webhook))
    await until(lambda: stand.gateway.flows.named(TENANT, INSTANCE, "upload"))

    answer = await stand.post("upload", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == status, answer.text
    assert message in answer.text
