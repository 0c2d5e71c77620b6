"""`set`: a value."""

from typing import Any

from penstock_runner.actions.pure import Pure
from penstock_runner.engine.action import Call


class Set(Pure):
    """Gives its value."""

    def run(self, call: Call) -> Any:
        """The value, as it was evaluated."""
        return call.input.get("value")
