"""Structured logs: one JSON object a line, a constant message and key-values.

Key-values are passed as `extra`; the field's names are namespace, instance, flow, execution, and whatever else tells a case from another.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, logger, message, key-values, and the exception where there is one."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(level: str) -> None:
    """Sends everything from `level` (debug, info, warning, error) on to stdout as JSON; libraries speak from warnings on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    _quiet_libraries()


def speak_plainly() -> None:
    """Sends sentences alone, from info on, to stderr: for commands whose output a person reads who waits for them."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    _quiet_libraries()


def _quiet_libraries() -> None:
    for library in ("kopf", "kubernetes", "aiohttp", "psycopg", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
