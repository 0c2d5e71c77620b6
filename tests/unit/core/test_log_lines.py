"""How log lines look."""

import json
import logging

from penstock_core.logs import JsonFormatter


def test_log_lines_are_json_with_key_values() -> None:
    """A record is one JSON object: a constant message, and what belongs to the case beside it."""
    record = logging.makeLogRecord(
        {"name": "penstock", "levelname": "INFO", "msg": "flow applied", "namespace": "acme"}
    )
    line = json.loads(JsonFormatter().format(record))

    assert {name: line[name] for name in ("level", "message", "namespace")} == {
        "level": "info",
        "message": "flow applied",
        "namespace": "acme",
    }
