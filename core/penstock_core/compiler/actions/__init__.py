"""The checks of a step's actions: one module a kind."""

from collections.abc import Mapping
from typing import Final

from penstock_core.compiler.actions.branch import BranchCheck
from penstock_core.compiler.actions.check import CheckCheck
from penstock_core.compiler.actions.for_each import ForEachCheck
from penstock_core.compiler.actions.http import HttpCheck
from penstock_core.compiler.actions.python import PythonCheck
from penstock_core.compiler.actions.set import SetCheck
from penstock_core.compiler.actions.sleep import SleepCheck
from penstock_core.compiler.actions.stop import StopCheck
from penstock_core.compiler.step_check import ActionCheck

CHECKS: Final[Mapping[str, ActionCheck]] = {
    "http": HttpCheck(),
    "set": SetCheck(),
    "check": CheckCheck(),
    "python": PythonCheck(),
    "sleep": SleepCheck(),
    "forEach": ForEachCheck(),
    "branch": BranchCheck(),
    "stop": StopCheck(),
}
"""By the member that names the action in a step, in the order in which messages list them."""
