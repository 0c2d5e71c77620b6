"""Checks a step's `branch`."""

from typing import Any

from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.expressions import Scope
from penstock_core.resources.actions.branch import Case


class BranchCheck(ActionCheck):
    """Cases: a condition and steps, of which each case sees its own."""

    def check(self, step: StepCheck, fields: list[Case[Any]], scope: Scope) -> None:
        """Gather what is wrong with it and inside of it."""
        for index, case in enumerate(fields):
            if case.when is not None:
                step.condition(f"branch[{index}].when", case.when, scope)
            elif index < len(fields) - 1:
                step.add(
                    f"branch[{index}]",
                    "a case without `when` is always taken, so those after it never are: move it to the end",
                )
            step.steps(case.steps, scope)

    def steps_in(self, fields: list[Case[Any]]) -> list[list[Any]]:
        """Those of each case."""
        return [case.steps for case in fields]
