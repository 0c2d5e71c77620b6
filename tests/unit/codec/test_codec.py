"""Packing values: everything survives or is named, nothing fails."""

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_core import codec


def there_and_back(value: Any) -> Any:
    return codec.unpack(codec.pack(value).data)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.uuids(),
    st.decimals(allow_nan=False), st.datetimes(), st.dates(), st.times(), st.timedeltas(),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(-(2**63), 2**64 - 1), inner),
    max_leaves=20,
)


@given(VALUES)
def test_storable_values_survive(value: Any) -> None:
    """Scalars, lists and maps come back equal, without a warning."""
    packed = codec.pack(value)

    assert codec.unpack(packed.data) == value
    assert packed.warnings == ()


ANYTHING = st.recursive(
    SCALARS | st.floats() | st.characters() | st.complex_numbers() | st.functions() | st.just("\ud800") | st.just(object()),
    lambda inner: st.lists(inner)
    | st.tuples(inner, inner)
    | st.dictionaries(st.tuples(st.integers()) | st.text() | st.just("\udfff") | st.frozensets(st.integers()), inner),
    max_leaves=20,
)  # fmt: skip


@given(ANYTHING, st.integers(0, 300))
def test_nothing_fails(value: Any, limit: int) -> None:
    """Whatever the value and the limit, packing succeeds, unpacking gives something, and the limit is kept."""
    packed = codec.pack(value, limit=limit)

    codec.unpack(packed.data)
    assert packed.truncated == (packed.size > limit)
    assert len(codec.message_of(packed.data)) <= max(limit, 32)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(2026, 1, 2), date(2026, 1, 2), time(1, 2, 3, tzinfo=UTC), timedelta(days=-1, microseconds=1),  # noqa: DTZ001 - naive ones are stored too
        Decimal("1.500"), UUID(int=7), {1, 2}, 2**200, -(2**64), "a\x00b", {(1, 2): 3, None: 4, 1.5: 5},
    ],
)  # fmt: skip
def test_documented_types_come_back(value: Any) -> None:
    """Each extension type keeps value and type."""
    back = there_and_back(value)

    assert (back, type(back)) == (value, type(value))


def test_nan_and_tuples() -> None:
    """NaN stays NaN, a tuple becomes a list."""
    assert math.isnan(there_and_back(float("nan")))
    assert there_and_back((1, (2,))) == [1, [2]]


class Colour(Enum):
    RED = 1


def test_unstorable_values_are_replaced_with_a_warning_that_says_where() -> None:
    """What cannot be stored leaves null in its place; the warning has its path and its type."""
    packed = codec.pack({"a": [1, Colour.RED], "ok": 2})

    assert codec.unpack(packed.data) == {"a": [1, None], "ok": 2}
    assert packed.warnings[0].startswith(f".a[1]: {__name__}.Colour is of a type")


def test_cycles_and_depth_are_cut() -> None:
    """A value that contains itself, or is nested without end, is cut where it does."""
    loop: list[object] = [1]
    loop += [loop, loop]
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]

    assert there_and_back(loop) == [1, None, None]
    assert len(codec.pack(deep).warnings) == 1


def test_lone_surrogates_are_replaced() -> None:
    """Half a surrogate pair becomes U+FFFD in values and keys."""
    assert set(there_and_back({"\ud800k": "v\udfff"}).values()) == {"v\ufffd"}


def test_many_warnings_are_summed_up() -> None:
    """A thousand unstorable values do not make a thousand warnings."""
    warnings = codec.pack([object()] * 1000).warnings

    assert len(warnings) == 21
    assert warnings[-1] == "and 980 more values that could not be stored"


def test_large_values_are_compressed() -> None:
    """From 4 KiB on the value is a zstd frame, marked in the first byte."""
    small, large = codec.pack("x" * 100), codec.pack("x" * 100_000)

    assert (small.data[0], large.data[0]) == (codec.PLAIN, codec.ZSTD)
    assert len(large.data) < 200
    assert codec.unpack(large.data) == "x" * 100_000


def test_cutting_keeps_small_members_and_the_beginning_of_large_ones() -> None:
    """A response that is too large keeps status and headers; body and lists are cut; the true size is known."""
    value = {"status": 200, "headers": {"a": "b"}, "body": "y" * 5000, "rows": [{"n": n} for n in range(2000)]}

    packed = codec.pack(value, limit=3000)

    kept = codec.unpack(packed.data)
    assert (kept["status"], kept["headers"]) == (200, {"a": "b"})
    assert kept["body"].startswith("yyy")
    assert kept["rows"][:2] == [{"n": 0}, {"n": 1}]
    assert codec.stored(packed.data) == codec.Stored(truncated=True, size=packed.size)
    assert "the limit is 3000" in packed.warnings[-1]


@given(st.binary(max_size=100))
def test_foreign_bytes_are_a_value_error(data: bytes) -> None:
    """Bytes that we did not write are refused with ValueError, or happen to be a value."""
    try:
        codec.unpack(data)
    except ValueError:
        return


@given(st.binary(max_size=20_000), st.sampled_from([1000, 1_000_000]))
def test_pieces_are_the_message(value: Any, limit: int) -> None:
    """Piece by piece comes the same MessagePack, compressed or not, cut or not."""
    packed = codec.pack(value, limit=limit)

    pieces = list(codec.chunks(packed.data, size=1000))

    assert b"".join(pieces) == codec.message_of(packed.data)
    assert max(map(len, pieces)) <= 1000


@pytest.mark.parametrize("cut", [1, 10])
def test_pieces_of_half_a_value_are_a_value_error(cut: int) -> None:
    """A frame that was cut short gives what is there, and then says so."""
    data = codec.pack(list(range(100_000))).data[:-cut]

    with pytest.raises(ValueError, match="not a stored value"):
        list(codec.chunks(data))


@pytest.mark.parametrize("extension", [(codec.DECIMAL, b"x"), (codec.TIMEDELTA, b"9" * 20), (codec.UUID_, b"abc")])
def test_extensions_of_others_are_a_value_error(extension: tuple[int, bytes]) -> None:
    """What an extension type cannot hold is refused like any other bytes that are not ours."""
    import msgpack

    with pytest.raises(ValueError):
        codec.unpack(bytes([codec.PLAIN]) + msgpack.packb([msgpack.ExtType(*extension)]))


def test_bombs_are_refused() -> None:
    """A frame that claims to unfold to gigabytes is not unfolded."""
    import zstandard

    frame = zstandard.ZstdCompressor().compress(b"\0" * 1000)
    claimed = bytes([codec.ZSTD]) + frame[:4] + bytes([0b1010_0000]) + (1 << 31).to_bytes(4, "little") + frame[6:]

    with pytest.raises(ValueError, match="not a stored value"):
        codec.unpack(claimed)


def test_extensions_of_later_releases_are_shown() -> None:
    """An unknown extension type is text that says so."""
    import msgpack

    data = bytes([codec.PLAIN]) + msgpack.packb(msgpack.ExtType(99, b"abc"))

    assert codec.unpack(data) == "<extension 99 of 3 bytes>"
