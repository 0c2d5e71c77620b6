"""`set`, `check` and `stop`: nothing outside of this process sees them, so they are recorded behind."""

from typing import Any

from penstock_runner.engine.action import Action, Actions


class Pure(Action):
    """What the three have in common."""

    repeatable = True

    def has_effect(self, fields: Any, actions: Actions) -> bool:
        """No."""
        return False
