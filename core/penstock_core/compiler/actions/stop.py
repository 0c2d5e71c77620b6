"""Checks a step's `stop`."""

from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.expressions import Scope
from penstock_core.resources.actions.stop import Stop


class StopCheck(ActionCheck):
    """Its message is a template."""

    def check(self, step: StepCheck, fields: Stop, scope: Scope) -> None:
        """Compile it."""
        if fields.message is not None:
            step.templates("stop.message", fields.message, scope)
