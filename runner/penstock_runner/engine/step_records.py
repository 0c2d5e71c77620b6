"""What a step's attempt leaves on record: values masked, packed, and left out where the step says so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from penstock_core import codec
from penstock_core.executions.records import StepRecord
from penstock_core.executions.states import StepStatus
from penstock_core.masking import Masker
from penstock_runner.engine.history import INTERRUPTED
from penstock_runner.engine.unrecorded import Unread, settled
from penstock_runner.errors import Failure, Gap

MAX_MESSAGE = 8192
"""Characters of an error message that are kept."""
MAX_DETAILS_BYTES = 65_536
"""Of an error's details, what a replacement runner sees."""


class Attempt:
    """One attempt while it runs; mutable, seen by one thread. `started` is a reading of the monotonic clock.

    No dataclass: making one costs each start of a runner a millisecond.
    """

    def __init__(self, *, path: str, number: int, action: str, started_at: datetime, started: float) -> None:
        self.path = path
        self.number = number
        self.action = action
        self.started_at = started_at
        self.started = started
        self.status = StepStatus.RUNNING
        self.input: Any = None
        self.output: Any = None
        self.extracted: Any = None
        self.assertions: list[dict[str, Any]] | None = None
        self.failure: Failure | None = None
        self.items_total: int | None = None
        self.items_failed: int | None = None
        self.warnings: tuple[str, ...] = ()
        self.waits: object = None
        """Says in words, while the action runs, what it is waiting for."""
        self.unread: Unread | None = None
        """What of the output nobody has: a part of it that an earlier runner could not record as it was."""

    def keep(self, output: Any) -> None:
        """Have what the action produced all the same, if anything."""
        if output is not None:
            self.output, self.unread = settled(output)


class Records:
    """Turns attempts into rows."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker

    def running(self, attempt: Attempt, *, mode: str) -> StepRecord:
        """The row of an attempt that has begun; an action may have something to keep for its replacement already."""
        given, output = self._kept(attempt.input, mode), self._kept(attempt.output, mode)
        return StepRecord(
            path=attempt.path,
            attempt=attempt.number,
            action=attempt.action,
            status=StepStatus.RUNNING,
            started_at=attempt.started_at,
            input=given.data,
            input_size=given.size,
            output=output.data,
            output_size=output.size,
            truncated=given.gap is Gap.CUT,
            items_total=attempt.items_total,
            warnings=given.told("input"),
        )

    def ended(self, attempt: Attempt, *, mode: str, ended_at: datetime, elapsed: float) -> StepRecord:
        """The row of an attempt that has ended; `elapsed` in seconds."""
        given, output = self._kept(attempt.input, mode), self._kept(attempt.output, mode)
        extracted, assertions = self._kept(attempt.extracted, mode), self._kept(attempt.assertions, mode)
        if attempt.unread is not None:
            output = output._replace(gap=attempt.unread.reason.gap)
        failure = attempt.failure
        gaps = {"output": output.gap, "extracted": extracted.gap}
        own = attempt.warnings if mode == "full" else ()
        return StepRecord(
            path=attempt.path,
            attempt=attempt.number,
            action=attempt.action,
            status=attempt.status,
            started_at=attempt.started_at,
            ended_at=ended_at,
            duration_ms=round(elapsed * 1000),
            input=given.data,
            output=output.data,
            extracted=extracted.data,
            assertions=assertions.data,
            input_size=given.size,
            output_size=output.size,
            truncated=any(each.gap is Gap.CUT for each in (given, output, extracted, assertions)),
            error_code=failure.code if failure else None,
            error_message=self.message(failure.shown) if failure else None,
            error_details=self._details(failure, gaps, mode),
            items_total=attempt.items_total,
            items_failed=attempt.items_failed,
            warnings=tuple(self.message(text) for text in (*own, *given.told("input"), *output.told("output"))),
        )

    def interrupted(self, path: str, *, number: int, action: str, at: datetime) -> StepRecord:
        """The row of an attempt whose runner vanished; the store keeps when it began."""
        return StepRecord(
            path=path,
            attempt=number,
            action=action,
            status=StepStatus.FAILED,
            started_at=at,
            ended_at=at,
            error_code=INTERRUPTED,
            error_message="the runner stopped or was lost during this attempt: what it did outside is not known",
        )

    def message(self, text: str) -> str:
        """A message masked, cut, and without what a text column cannot hold."""
        clean = self._masker.text(text).replace("\x00", "\ufffd")
        clean = clean.encode(errors="replace").decode()
        return clean if len(clean) <= MAX_MESSAGE else f"{clean[:MAX_MESSAGE]}… ({len(clean)} characters)"

    def shown(self, failure: Failure, *, mode: str) -> str:
        """What may be recorded of a failure's message: where values are not kept, only of those that hold none."""
        if mode == "full":
            return failure.shown
        if failure.code in _WITHOUT_VALUES:
            return failure.bare or failure.shown
        return f"{failure.code} (what happened is not kept: the step's `record` is {mode})"

    def _details(self, failure: Failure | None, gaps: Mapping[str, Gap | None], mode: str) -> bytes | None:
        """What a replacement must know: an error's details, and which values were not recorded as they were.

        Where values are not kept, of the details those members that `retry.when` decides by.
        """
        given = details = failure.details if failure is not None else None
        left_out = False
        if mode != "full" and given is not None:
            plain = given if isinstance(given, dict) else {}
            details = {name: plain[name] for name in _DECISIVE if isinstance(plain.get(name), (str, int))}
            left_out = details != plain or not isinstance(given, dict)
        packed = self._packed(details, limit=MAX_DETAILS_BYTES)
        if failure is not None:
            gaps = {**gaps, "message": self._gap(failure), "details": Gap.LEFT_OUT if left_out else packed.gap}
        marks = {name: gap.value for name, gap in gaps.items() if gap is not None}
        if not marks:
            return packed.data
        from penstock_core.codec import Marked

        return codec.pack(Marked(marks, codec.unpack(packed.data) if packed.data else None)).data

    def _gap(self, failure: Failure) -> Gap | None:
        """Whether the message is recorded as it was."""
        if failure.shown != failure.message:
            return Gap.LEFT_OUT
        if self._masker.text(failure.message) != failure.message:
            return Gap.MASKED
        return Gap.CUT if len(failure.message) > MAX_MESSAGE else None

    def _kept(self, value: Any, mode: str) -> "_Kept":
        """Mode metadata keeps the size alone, none keeps nothing."""
        if value is None:
            return _NOTHING
        if mode == "full":
            return self._packed(value)
        size = self._packed(value).size if mode == "metadata" else 0
        return _Kept(None, size, (), Gap.LEFT_OUT)

    def _packed(self, value: Any, *, limit: int = codec.DEFAULT_LIMIT) -> "_Kept":
        if value is None:
            return _NOTHING
        masked = self._masker.mask(value)
        packed = codec.pack(masked, limit=limit)
        gap = Gap.CUT if packed.truncated or packed.warnings else Gap.MASKED if masked is not value else None
        return _Kept(packed.data, packed.size, packed.warnings, gap)


class _Kept(NamedTuple):
    """What is kept of a value: `size` in bytes of the whole, `gap` where it is not as it was."""

    data: bytes | None
    size: int
    warnings: tuple[str, ...]
    gap: Gap | None

    def told(self, member: str) -> tuple[str, ...]:
        return tuple(f"{member}: {text}" for text in self.warnings)


_NOTHING: Final = _Kept(None, 0, (), None)
_WITHOUT_VALUES: Final = frozenset({"timeout", "cancelled", "python_died"})
"""Codes whose messages are ours alone."""
_DECISIVE: Final = ("status", "type", "line", "exit", "signal", "step", "field")
"""Members of details that hold no value of the flow's."""
