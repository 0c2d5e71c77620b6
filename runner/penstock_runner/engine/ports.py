"""What the engine needs of whoever keeps its results: a small interface, so that it runs without a database too."""

from datetime import datetime
from typing import Any, Protocol

from penstock_core.executions.records import StepRecord


class Recorder(Protocol):
    """Keeps steps and logs in the order given. Thread-safe; values arrive already masked."""

    def behind(self, record: StepRecord) -> None:
        """Keep a record soon; blocks only while too many wait."""

    def durable(self, record: StepRecord) -> None:
        """Return when this record and everything before it is durable. Raises Interrupted where that cannot be."""

    def log(self, *, at: datetime, severity: str, message: str, step: str, fields: Any) -> None:
        """Keep a log line soon; `severity` is one of debug, info, warn, error, `fields` a map or None."""


class Clock(Protocol):
    """The two clocks: `now` for what is recorded, `monotonic` for deadlines."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...
