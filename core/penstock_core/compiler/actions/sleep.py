"""Checks a step's `sleep`."""

from functools import partial

from penstock_core.compiler.fields import check_duration, check_time
from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.expressions import Scope
from penstock_core.resources.actions.sleep import Sleep


class SleepCheck(ActionCheck):
    """A duration or a time, or a template that gives one."""

    def check(self, step: StepCheck, fields: Sleep, scope: Scope) -> None:
        """Read what is no template."""
        if (fields.for_ is None) == (fields.until is None):
            step.add("sleep", "set exactly one of for and until")
        for member, text, check in (("for", fields.for_, check_duration), ("until", fields.until, check_time)):
            if text is not None and "${" in text:
                step.templates(f"sleep.{member}", text, scope)
            elif text is not None:
                step.attempt(f"sleep.{member}", partial(check, text))
