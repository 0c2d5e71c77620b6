"""Checks a step's `forEach`."""

from typing import Any

from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.expressions import Scope
from penstock_core.expressions.values import kind
from penstock_core.resources.actions.for_each import ForEach


class ForEachCheck(ActionCheck):
    """Items, and steps that see `item` and `index`."""

    iterates = True

    def check(self, step: StepCheck, fields: ForEach[Any], scope: Scope) -> None:
        """Gather what is wrong with it and inside of it."""
        items = fields.items
        if not isinstance(items, list) and not (isinstance(items, str) and "${" in items):
            step.add("forEach.items", f"this is {kind(items)}, not a list: write a list, or `${{…}}` that gives one")
        step.templates("forEach.items", items, scope)
        step.steps(fields.steps, scope.extended(item=True))

    def steps_in(self, fields: ForEach[Any]) -> list[list[Any]]:
        """The same for all items."""
        return [fields.steps]
