"""Assertions and extractions for the list of an execution's steps: whole where they are small, else cut, never in the way.

A list may show thousands of attempts, and their rows are written by tenants: so what is read and unfolded for one answer is
bounded, and what does not fit is left out and marked. Each value is readable on its own, whatever its size.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from penstock_core import codec
from penstock_core.store.executions.model import StepDetails
from penstock_gateway.api.values.messagepack import Exhausted, Reader
from penstock_gateway.api.values.preview import jsonable

SHOWN_BYTES: Final = 4096
"""Of one value, in MessagePack."""
READ_BYTES: Final = 64 * 1024
"""Stored bytes of a value that is read for the list."""
READ_BYTES_IN_ALL: Final = 4 * 1024 * 1024
UNFOLDED_BYTES: Final = 1024 * 1024
"""MessagePack of a value that is unfolded for the list."""
UNFOLDED_BYTES_IN_ALL: Final = 16 * 1024 * 1024
EFFORT: Final = 100_000
"""Values inside of one that is unfolded, those with a head of several bytes counted as `messagepack.READ`: in memory
each may take a hundred bytes."""
_DEPTH: Final = 64
"""Levels of a value that is shown: JSON libraries give up long before MessagePack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """JSON-like values of one attempt, None where there are none; `…_cut` where a value is not all there, or left out."""

    assertions: list[Any] | None = None
    assertions_cut: bool = False
    extracted: Any = None
    extracted_cut: bool = False


NOTHING: Final = Detail()
Attempt = tuple[str, int]
"""Path and number."""


def details(found: Iterable[StepDetails], *, unfolded: int = UNFOLDED_BYTES_IN_ALL) -> Mapping[Attempt, Detail]:
    """What to show of each attempt that recorded something; takes a while, so in a thread.

    Values are unfolded as long as all together have no more than `unfolded` bytes.
    """
    unfolding = _Unfolding(unfolded)
    return {(each.path, each.attempt): _detail(each, unfolding) for each in found}


class _Unfolding:
    """Counts what is unfolded for one answer."""

    def __init__(self, left: int) -> None:
        self._left = left

    def value(self, data: bytes | None) -> Any:
        """The value, or `_LEFT_OUT` where it was not read, would take too much, or is none of ours."""
        if data is None:
            return _LEFT_OUT
        size = codec.unfolded_size(data)
        if not 0 <= size <= min(UNFOLDED_BYTES, self._left):
            return _LEFT_OUT
        self._left -= size
        try:
            Reader(codec.chunks(data), effort=EFFORT).pass_by()
            return codec.unpack(data)
        except (ValueError, Exhausted):
            return _LEFT_OUT


_LEFT_OUT: Final = object()


def _detail(found: StepDetails, unfolding: _Unfolding) -> Detail:
    assertions, assertions_cut = _assertions(found, unfolding)
    extracted, extracted_cut = _extracted(found, unfolding)
    return Detail(
        assertions=assertions, assertions_cut=assertions_cut, extracted=extracted, extracted_cut=extracted_cut
    )


def _assertions(found: StepDetails, unfolding: _Unfolding) -> tuple[list[Any] | None, bool]:
    if not found.assertions_size:
        return None, False
    value = unfolding.value(found.assertions)
    if not isinstance(value, list):
        return None, True
    # each has its share, so that a large operand of the first does not hide the others
    shown = [_cut(report, limit=max(SHOWN_BYTES // max(len(value), 1), 128)) for report in value]
    cut = codec.stored(found.assertions or b"").truncated or any(each_cut for _, each_cut in shown)
    return [report for report, _ in shown], cut


def _extracted(found: StepDetails, unfolding: _Unfolding) -> tuple[Any, bool]:
    if not found.extracted_size:
        return None, False
    value = unfolding.value(found.extracted)
    if value is _LEFT_OUT:
        return None, True
    shown, cut = _cut(value, limit=SHOWN_BYTES)
    return shown, cut or codec.stored(found.extracted or b"").truncated


def _cut(value: Any, *, limit: int) -> tuple[Any, bool]:
    """A value as JSON takes it, and whether something is missing."""
    packed = codec.pack(value, limit=limit)
    shown = codec.unpack(packed.data) if packed.truncated else value
    if _is_deeper(shown, _DEPTH):
        return None, True
    return jsonable(shown), packed.truncated


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list | set):
        return False
    members = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(member, levels - 1) for member in members)
