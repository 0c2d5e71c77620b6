"""What a step's attempt leaves on record: values masked, packed, and left out where the step says so."""

from datetime import datetime
from typing import Any

from penstock_core import codec
from penstock_core.masking import Masker
from penstock_core.records import StepRecord
from penstock_core.states import StepStatus
from penstock_runner.engine.history import INTERRUPTED
from penstock_runner.errors import Failure

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


class Records:
    """Turns attempts into rows."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker

    def running(self, attempt: Attempt, *, mode: str) -> StepRecord:
        """The row of an attempt that has begun; an action may have something to keep for its replacement already."""
        data, size, warnings, truncated = self._packed(attempt.input, mode)
        output, output_size, _, _ = self._packed(attempt.output, mode)
        return StepRecord(
            path=attempt.path,
            attempt=attempt.number,
            action=attempt.action,
            status=StepStatus.RUNNING,
            started_at=attempt.started_at,
            input=data,
            input_size=size,
            output=output,
            output_size=output_size,
            truncated=truncated,
            items_total=attempt.items_total,
            warnings=tuple(f"input: {text}" for text in warnings),
        )

    def ended(self, attempt: Attempt, *, mode: str, ended_at: datetime, elapsed: float) -> StepRecord:
        """The row of an attempt that has ended; `elapsed` in seconds."""
        given, given_size, given_warnings, given_cut = self._packed(attempt.input, mode)
        output, output_size, warnings, output_cut = self._packed(attempt.output, mode)
        extracted, _, _, extracted_cut = self._packed(attempt.extracted, mode)
        assertions, _, _, assertions_cut = self._packed(attempt.assertions, mode)
        failure = attempt.failure
        return StepRecord(
            path=attempt.path,
            attempt=attempt.number,
            action=attempt.action,
            status=attempt.status,
            started_at=attempt.started_at,
            ended_at=ended_at,
            duration_ms=round(elapsed * 1000),
            input=given,
            output=output,
            extracted=extracted,
            assertions=assertions,
            input_size=given_size,
            output_size=output_size,
            truncated=given_cut or output_cut or extracted_cut or assertions_cut,
            error_code=failure.code if failure else None,
            error_message=self.message(failure.message) if failure else None,
            error_details=self._details(failure.details, mode) if failure else None,
            items_total=attempt.items_total,
            items_failed=attempt.items_failed,
            warnings=tuple(
                self.message(text)
                for text in (
                    *attempt.warnings,
                    *(f"input: {text}" for text in given_warnings),
                    *(f"output: {text}" for text in warnings),
                )
            ),
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

    def _details(self, details: Any, mode: str) -> bytes | None:
        """An error's details; where values are not kept, a map's numbers and texts, which `retry.when` decides by."""
        if mode != "full":
            plain = details.items() if isinstance(details, dict) else ()
            details = {name: value for name, value in plain if isinstance(value, (str, int, float))}
        return codec.pack(self._masker.mask(details), limit=MAX_DETAILS_BYTES).data if details else None

    def _packed(self, value: Any, mode: str) -> tuple[bytes | None, int, tuple[str, ...], bool]:
        """Data, size, warnings, truncated. Mode metadata keeps the size alone, none keeps nothing."""
        if value is None or mode == "none":
            return None, 0, (), False
        packed = codec.pack(self._masker.mask(value))
        if mode == "metadata":
            return None, packed.size, (), False
        return packed.data, packed.size, packed.warnings, packed.truncated
