"""Assertions and extractions in the list of steps: bounded, and honest about what is missing."""

from typing import Any

import pytest

from penstock_core import codec
from penstock_core.store.executions.model import StepDetails
from penstock_gateway.api.executions.step_details import SHOWN_BYTES, Detail, details


def recorded(assertions: Any = None, extracted: Any = None, path: str = "one") -> StepDetails:
    packed = [None if value is None else codec.pack(value).data for value in (assertions, extracted)]
    return StepDetails(
        path=path,
        attempt=1,
        assertions=packed[0],
        extracted=packed[1],
        assertions_size=len(packed[0] or b""),
        extracted_size=len(packed[1] or b""),
    )


def shown(found: StepDetails) -> Detail:
    return details([found])[found.path, 1]


def test_small_values_are_shown_as_recorded() -> None:
    """What fits comes back whole, in the types of JSON."""
    report = {"expression": "output.status == 200", "passed": False, "left": 500, "op": "==", "right": 200}

    assert shown(recorded([report], {"id": b"\x00", "all": [1.5, None]})) == Detail(
        assertions=[report], extracted={"id": {"$bytes": "AA=="}, "all": [1.5, None]}
    )


def test_nothing_recorded_is_null_and_not_cut() -> None:
    """An attempt without assertions has null, which is not the same as something that was left out."""
    assert shown(recorded(extracted={"a": 1})) == Detail(extracted={"a": 1})


def test_large_extractions_are_cut_to_4_kib() -> None:
    """All names stay, their values are shortened."""
    found = shown(recorded(extracted={"id": 7, "rows": ["x" * 100] * 1000}))

    assert found.extracted_cut
    assert found.extracted["id"] == 7
    assert 0 < len(found.extracted["rows"]) < 50


def test_a_large_operand_does_not_hide_other_assertions() -> None:
    """Each report has its share: expression and answer are there for all of them."""
    reports = [{"expression": f"e{n}", "passed": n > 0, "left": "x" * 50_000, "op": "==", "right": n} for n in range(8)]

    found = shown(recorded(reports))

    assert found.assertions is not None
    assert found.assertions_cut
    assert [(each["expression"], each["passed"], each["right"]) for each in found.assertions] == [
        (f"e{n}", n > 0, n) for n in range(8)
    ]
    assert len(str(found.assertions)) < 2 * SHOWN_BYTES


def test_what_was_not_read_is_left_out() -> None:
    """A size without a value: too large for the list."""
    unread = StepDetails(
        path="one", attempt=1, assertions=None, extracted=None, assertions_size=9_000_000, extracted_size=70_000
    )

    assert shown(unread) == Detail(assertions_cut=True, extracted_cut=True)


def test_what_the_runner_had_cut_is_marked() -> None:
    """A value that was stored cut is not all there, small as it may be."""
    packed = codec.pack({"a": "x" * 1000}, limit=100).data
    found = StepDetails(
        path="one", attempt=1, assertions=None, extracted=packed, assertions_size=0, extracted_size=len(packed)
    )

    assert shown(found).extracted_cut


def test_a_small_row_that_unfolds_to_much_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are a tenant's: what zstd makes of a few bytes is looked at before."""
    bomb = recorded(extracted="x" * 2_000_000)
    assert bomb.extracted_size < 1000
    monkeypatch.setattr(codec, "unpack", lambda data: pytest.fail("unfolded"))

    assert shown(bomb) == Detail(extracted_cut=True)


def test_a_small_row_of_very_many_values_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte of empty maps would take a hundred in memory."""
    bomb = recorded(extracted=[{}] * 1_000_000)
    assert bomb.extracted_size < 1000
    monkeypatch.setattr(codec, "unpack", lambda data: pytest.fail("unfolded"))

    assert shown(bomb) == Detail(extracted_cut=True)


def test_integers_of_thousands_of_digits_are_hexadecimal_text() -> None:
    """One such number does not break the list."""
    assert shown(recorded(extracted={"n": 16**4000, 16**4000: 1})) == Detail(
        extracted={"n": "0x1" + "0" * 4000, "0x1" + "0" * 4000: 1}
    )


def test_all_values_together_are_bounded() -> None:
    """What one answer unfolds has an end, and what comes after it is marked."""
    found = details([recorded(extracted="x" * 100, path=str(n)) for n in range(3)], unfolded=250)

    assert [each.extracted_cut for each in found.values()] == [False, False, True]


@pytest.mark.parametrize("data", [b"", b"\x07", b"\x02nonsense", b"\x01\xc1", b"\x01\x81", b"\x01\xc7\x01\x05x", b"\x01\xc7\x14\x04" + b"9" * 20])  # fmt: skip
def test_bytes_that_are_no_value_are_left_out(data: bytes) -> None:
    """One broken row does not break the list."""
    broken = StepDetails(path="one", attempt=1, assertions=data, extracted=data, assertions_size=9, extracted_size=9)

    assert shown(broken) == Detail(assertions_cut=True, extracted_cut=True)


def test_values_nested_too_deep_for_json_are_left_out() -> None:
    """A value that no JSON library writes is marked instead of failing the answer."""
    value: Any = 1
    for _ in range(400):
        value = [value]

    assert shown(recorded(extracted=value)) == Detail(extracted_cut=True)
