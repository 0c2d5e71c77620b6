"""Makes the record of one attempt: values masked, packed, and left out where the step says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock_core.states import StepStatus
from penstock_runner.errors import Failure


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One attempt while it runs; mutable, seen by one thread."""

    path: str
    number: int
    action: str
    started_at: datetime
    started: float
    """A reading of the monotonic clock."""
    status: StepStatus = StepStatus.RUNNING
    input: Any = None
    output: Any = None
    extracted: Any = None
    assertions: list[dict[str, Any]] | None = None
    failure: Failure | None = None
    items_total: int | None = None
    items_failed: int | None = None
    warnings: tuple[str, ...] = ()
