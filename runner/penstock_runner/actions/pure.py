"""`set`, `check` and `stop`: nothing outside of this process sees them, so they are recorded behind."""

from typing import Any

from penstock_runner.engine.action import Call


class Pure:
    """What the three have in common."""

    evaluates = True

    def has_effect(self, fields: Any) -> bool:
        """No."""
        return False

    def prepare(self, call: Call) -> None:
        """Nothing to add."""
