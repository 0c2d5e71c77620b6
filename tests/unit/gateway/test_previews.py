"""Stored values as JSON: what is shown, what is cut, and what one value may cost."""

import base64
import json
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgpack
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from penstock_core import codec
from penstock_core.values.json_text import json_text
from penstock_gateway.api.values.preview import DEPTH, preview
from penstock_gateway.problems import Problem

BOMB = codec.pack([{}] * 16_000_000).data
"""536 bytes or so."""


def shown(value: Any, **how: Any) -> Any:
    return json.loads(preview(codec.pack(value).data, **how).content)


def compressed(message: bytes) -> bytes:
    return bytes([codec.ZSTD]) + zstandard.ZstdCompressor().compress(message)


def refusal(data: bytes, **how: Any) -> str:
    with pytest.raises(Problem) as caught:
        preview(data, **how)
    return caught.value.kind.slug


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", {"7": 0, "a": [{"b c": 1}], "d.e": 2, "é": 3, "0": 4}),
        ("a[0]", {"b c": 1}),
        ('a[0]["b c"]', 1),
        ('["d.e"]', 2),
        ("a", [{"b c": 1}]),
        ("é", 3),
        ('["\\u00e9"]', 3),
        ("[0]", 4),
    ],
)
def test_paths_into_values(path: str, found: object) -> None:
    """A path picks a member by name or place."""
    value = {7: 0, "a": [{"b c": 1}], "d.e": 2, "é": 3, "0": 4}

    assert shown(value, path=path) == found


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("x", "no-such-value"),
        ("a[7]", "no-such-value"),
        ("a.b.c", "no-such-value"),
        ('["\\ud800"]', "no-such-value"),
        ("a[", "malformed-request"),
        ("a..", "malformed-request"),
        (f"a[{'9' * 5000}]", "malformed-request"),
    ],
)
def test_paths_that_lead_nowhere(path: str, slug: str) -> None:
    """A path that does not parse is a 400, one that finds nothing a 404."""
    assert refusal(codec.pack({"a": [1]}).data, path=path) == slug


def test_odd_values_are_json() -> None:
    """What JSON lacks is shown as something that it has."""
    value = {
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "sum": Decimal("1.50"),
        "raw": b"\xff",
        "not": float("nan"),
        "none": [None, True, -1, 2**64 - 1, 1.5],
        7: {1},
        None: 0,
    }

    assert b'"sum":1.50' in preview(codec.pack(value).data).content
    assert shown(value) == {
        "at": "2026-01-01T00:00:00+00:00",
        "sum": 1.5,
        "raw": {"$bytes": "/w=="},
        "not": "nan",
        "none": [None, True, -1, 2**64 - 1, 1.5],
        "7": [1],
        "null": 0,
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    ),
    st.integers(64, 2000),
)  # fmt: skip
def test_whole_where_it_fits_and_json_in_any_case(value: Any, size: int) -> None:
    """A value is shown as `http.json` would send it, or cut and marked, and both are JSON of about the size asked for."""
    found = preview(codec.pack(value).data, max_bytes=size)

    read = json.loads(found.content)
    assert found.truncated or read == json.loads(json_text(value))
    assert len(found.content) < 8 * size


def test_cut_keeps_the_shape() -> None:
    """Small members stay when a large one before them is cut, and the first rows of many stay whole."""
    row = {"sku": "PEN-1", "quantity": 1}
    found = preview(codec.pack({"body": [row] * 10_000, "text": "é" * 10_000, "status": 200}).data, max_bytes=2000)

    value = json.loads(found.content)
    assert found.truncated
    assert value["status"] == 200
    assert value["body"][:10] == [row] * 10
    assert value["text"].endswith("é…")
    assert len(found.content) < 2100


def test_bytes_are_cut_to_base64_that_decodes() -> None:
    """What is left of bytes is still base64."""
    left = shown(b"\x00" * 10_000, max_bytes=100)["$bytes"]

    assert base64.b64decode(left, validate=True) == bytes(len(left) // 4 * 3)


def test_small_bytes_that_unfold_to_millions_of_values_take_little_memory() -> None:
    """Half a kilobyte may stand for 16 million maps: a preview takes the memory of what it shows."""
    tracemalloc.start()
    # a few values, since taking note of memory makes everything slow
    found = preview(BOMB, max_bytes=16 * 1024 * 1024, values=20_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(BOMB) < 1000
    assert found.truncated
    assert found.size == 16_000_005
    assert peak < 4 * 1024 * 1024


def test_effort_is_bounded() -> None:
    """However large a preview is asked for, it ends after so many values, and a path after so many passed."""
    assert preview(BOMB, max_bytes=16 * 1024 * 1024, values=1000).content.count(b"{}") == 999
    assert shown([[{}] * 400, [{}] * 800, 1], max_bytes=10_000, values=1000) == [[{}] * 400, [{}] * 597]
    assert preview(BOMB, path="[9000]", values=1000).content == b"{}"
    assert refusal(BOMB, path="[30000]", values=1000) == "value-too-large"


@pytest.mark.parametrize(
    "message",
    [b"\x91" * 10_000, b"\x81\xa1a" * 10_000, b"\x81" * 10_000, b"\xc7\x01\x07" * 10_000],
    ids=["lists", "maps", "keys", "sets"],
)
def test_nested_too_deep(message: bytes) -> None:
    """A value that no JSON library reads is a problem that says so, whatever it is nested in."""
    assert refusal(compressed(message)) == "too-deep"


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}, lambda inner: {"a": [inner]}])
def test_depth_that_runners_keep_is_shown(wrap: Any) -> None:
    """Every value that a runner masked level by level can be looked at."""
    value: Any = 1
    while str(value).count("[") + str(value).count("{") < DEPTH - 1:
        value = wrap(value)

    assert shown(value) == value


def test_integers_of_thousands_of_digits_are_hexadecimal_text() -> None:
    """Python refuses to write them in decimal."""
    assert shown([10**4000, 16**4000, -(16**4000)]) == [10**4000, "0x1" + "0" * 4000, "-0x1" + "0" * 4000]
    assert shown([1, 2**100_000]) == [1, "<extension 8 of 12501 bytes>"]


NOT_VALUES = [b"", b"\x07", b"\x02nonsense", b"\x01\xc1", b"\x01\x81", b"\x01\xc7\x01\x05x", b"\x01\xc7\x03\x06abc"]


@pytest.mark.parametrize("data", [*NOT_VALUES, codec.pack("x" * 100_000).data[:-5]])
def test_damaged_values_are_a_problem(data: bytes) -> None:
    """Bytes that are no value, or not all of one, are a 422 and no exception."""
    assert refusal(data) == "value-damaged"


def test_text_that_is_no_utf8_is_shown_with_replacements() -> None:
    """One wrong byte does not hide a value."""
    assert json.loads(preview(b"\x01" + msgpack.packb([b"a\xff"], use_bin_type=False)).content) == ["a\ufffd"]
