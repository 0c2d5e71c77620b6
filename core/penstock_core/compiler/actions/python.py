"""Checks a step's `python`."""

from penstock_core.compiler.fields import check_python
from penstock_core.compiler.step_check import ActionCheck, StepCheck
from penstock_core.expressions import Scope
from penstock_core.resources.actions.python import Python


class PythonCheck(ActionCheck):
    """Its code is parsed, never run."""

    def check(self, step: StepCheck, fields: Python, scope: Scope) -> None:
        """Parse it."""
        step.attempt("python.code", lambda: check_python(fields.code))
