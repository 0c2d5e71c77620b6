"""Logs of the long-running programs: one JSON object a line, a constant message, and what varies as keys.

Callers pass the keys as `extra`, never a secret, a key or a body. What a line is about has the same names everywhere, so that one
search finds all programs' lines: `namespace`, `instance` (its name), `flow` (as written in the Integration), `execution` (its id).
The runner writes its few lines itself, under the same names: `logging` would cost more than its start may take.
"""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""What a record has of its own; `color_message` is uvicorn's second copy of its message."""


class JsonFormatter(logging.Formatter):
    """One line a record; keys of `extra` stand beside time (RFC 3339, UTC), level, logger and message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, with the exception where there is one."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configure(level: str, *, libraries: Mapping[str, int]) -> None:
    """Send all logs from `level` (debug, info, warning, error) on to standard output; `libraries` say less, each from its own level."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    _quiet(libraries)


def speak_plainly(*, libraries: Mapping[str, int]) -> None:
    """Send the sentences alone, from info on, to standard error: for commands whose output a person reads who waits for them."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    _quiet(libraries)


def _quiet(libraries: Mapping[str, int]) -> None:
    for library, least in libraries.items():
        logging.getLogger(library).setLevel(least)
