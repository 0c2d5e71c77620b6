"""Checks a step's `check`."""

from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.expressions import Scope
from penstock_core.resources.actions.check import Check


class CheckCheck(ActionCheck):
    """Its members are conditions."""

    def check(self, step: StepCheck, fields: Check, scope: Scope) -> None:
        """Compile them."""
        for index, text in enumerate(fields.that):
            step.condition(f"check.that[{index}]", text, scope)
