"""Checks a step's `set`."""

from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.expressions import Scope
from penstock_core.resources.actions.set import Set


class SetCheck(ActionCheck):
    """Its value is templates."""

    def check(self, step: StepCheck, fields: Set, scope: Scope) -> None:
        """Compile them."""
        step.templates("set.value", fields.value, scope)
