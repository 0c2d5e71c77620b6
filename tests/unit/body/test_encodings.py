"""Content-Encoding: what is undone, what is refused, and what a hostile body takes."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from penstock_core.body import encodings
from penstock_core.errors import BodyError, BodyTooLarge, UnknownEncoding

MIB = 1024 * 1024
RAW = -zlib.MAX_WBITS


def raw_deflate(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=RAW)
    return made.compress(data) + made.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def streamed_zstd(data: bytes) -> bytes:
    """Without its size in the header."""
    made = zstandard.ZstdCompressor().compressobj()
    return made.compress(data) + made.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip by its old name": ("x-gzip", gzip.compress),
    "gzip in two members": ("gzip", lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:])),
    "gzip filled up with zeros": ("gzip", lambda data: gzip.compress(data) + bytes(512)),
    "deflate": ("deflate", zlib.compress),
    "deflate without zlib's header": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd),
    "zstd without its size": ("zstd", streamed_zstd),
    "zstd in two frames": ("zstd", lambda data: zstd(data[:3]) + zstd(data[3:])),
    "zstd behind a frame to skip": ("zstd", lambda data: b"\x50\x2a\x4d\x18\x02\x00\x00\x00ab" + zstd(data)),
    "none": ("identity", lambda data: data),
    "upper case and blanks": (" GZIP , ", gzip.compress),
    "two in a row": ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    "three in a row": ("zstd, identity, deflate, gzip", lambda data: gzip.compress(zlib.compress(zstd(data)))),
}


def decoded(raw: bytes, header: str, *, limit: int = MIB) -> bytes:
    return encodings.decoded(raw, encodings.encodings([header]), limit=limit)


@pytest.mark.parametrize("case", ENCODERS)
@pytest.mark.parametrize("data", [b"", b"x", b"abcdef" * 10_000, bytes(300_000)])
def test_what_is_undone(case: str, data: bytes) -> None:
    """Each encoding, and several in a row, give what was encoded."""
    header, encode = ENCODERS[case]

    assert decoded(encode(data), header) == data


@pytest.mark.parametrize("header", ["compress", "gzip, aws-chunked", "x", "gzip;q=1", "gzip, gzip, gzip, gzip"])
def test_what_is_not_understood(header: str) -> None:
    """Another encoding, or too many in a row, are told apart from what is malformed."""
    with pytest.raises(UnknownEncoding):
        encodings.encodings([header])


MALFORMED: dict[str, tuple[str, bytes]] = {
    "nothing": ("gzip", b""),
    "plain text": ("gzip", b"{}"),
    "gzip that is cut": ("gzip", gzip.compress(b"abc" * 99)[:-1]),
    "gzip with something behind": ("gzip", gzip.compress(b"abc") + b"x"),
    "gzip with a wrong sum": ("gzip", gzip.compress(b"abc")[:-8] + bytes(8)),
    "deflate that is cut": ("deflate", zlib.compress(b"abc" * 99)[:-1]),
    "deflate of one byte": ("deflate", b"x"),
    "deflate with something behind": ("deflate", zlib.compress(b"abc") + zlib.compress(b"def")),
    "plain text as br": ("br", b"{}xxxxxxx"),
    "br that is cut": ("br", brotli.compress(b"abc" * 99)[:-1]),
    "br with something behind": ("br", brotli.compress(b"abc") + b"x"),
    "plain text as zstd": ("zstd", b"{}xxxxxxx"),
    "zstd that is cut": ("zstd", zstd(b"abc" * 99)[:-1]),
    "zstd with something behind": ("zstd", zstd(b"abc") + b"x"),
    "zstd that looks back too far": ("zstd", b"\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"),
    "one of two is missing": ("gzip, br", brotli.compress(b"abc")),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_malformed(case: str) -> None:
    """What is not what its header says, or not all of it, is refused."""
    header, raw = MALFORMED[case]

    with pytest.raises(BodyError, match="as its Content-Encoding says"):
        decoded(raw, header)


def bomb(encode: Callable[[bytes], bytes]) -> bytes:
    return encode(bytes(200 * MIB))


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("gzip", lambda: bomb(gzip.compress)),
    "deflate": ("deflate", lambda: bomb(zlib.compress)),
    "br": ("br", lambda: bomb(lambda data: brotli.compress(data, quality=1))),
    "zstd": ("zstd", lambda: bomb(zstd)),
    "gzip in gzip": ("gzip, gzip", lambda: gzip.compress(bomb(gzip.compress))),
    "gzip in zstd": ("gzip, zstd", lambda: zstd(bomb(gzip.compress))),
    "zstd in br": ("zstd, br", lambda: brotli.compress(bomb(zstd))),
    "nothing that is long before": ("gzip, gzip", lambda: gzip.compress(raw_gzip(b"\x00\x00\x00\xff\xff" * 4_000_000))),
    "empty members": ("gzip", lambda: gzip.compress(b"") * 100_000),
    "empty frames": ("zstd", lambda: zstd(b"") * 100_000),
    "frames to skip": ("zstd", lambda: b"\x50\x2a\x4d\x18\x00\x00\x00\x00" * 100_000),
}


def raw_gzip(blocks: bytes) -> bytes:
    """A member of these blocks of deflate and a last one."""
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + blocks + b"\x01\x00\x00\xff\xff" + bytes(8)


@pytest.mark.parametrize("case", BOMBS)
def test_bombs(case: str) -> None:
    """What becomes large, after any of its encodings, is refused once it is, in the memory of what it may become."""
    header, make = BOMBS[case]
    raw = make()
    tracemalloc.start()
    with pytest.raises(BodyError):
        decoded(raw, header)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 5 * MIB


def test_the_limit_is_exact() -> None:
    """A body of the limit is taken, a byte more is not."""
    assert len(decoded(gzip.compress(bytes(1000)), "gzip", limit=1000)) == 1000
    with pytest.raises(BodyTooLarge):
        decoded(gzip.compress(bytes(1001)), "gzip", limit=1000)


@given(st.sampled_from(["gzip", "deflate", "br", "zstd", "br, gzip"]), st.binary(max_size=60), st.sampled_from(list(ENCODERS)), st.integers(0, 40))  # fmt: skip
def test_any_bytes_are_decoded_or_refused(header: str, raw: bytes, case: str, cut: int) -> None:
    """Whatever comes, right beginnings included, is bytes or a BodyError."""
    for data in (raw, ENCODERS[case][1](b"abc" * 50)[:cut] + raw):
        with suppress(BodyError):
            decoded(data, header)
