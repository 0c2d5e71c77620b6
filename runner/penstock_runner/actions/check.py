"""`check`: conditions that must hold."""

from typing import Any

from penstock_runner.actions.pure import Pure
from penstock_runner.engine.action import Call
from penstock_runner.engine.steps.assertions import failed_message
from penstock_runner.errors import Failure


class Check(Pure):
    """Fails where one of its conditions is not true."""

    evaluates = False

    def run(self, call: Call) -> Any:
        """Each condition with its evaluated operands."""
        reports = [call.flow.evaluator.report(text, variables=call.frame.variables) for text in call.fields["that"]]
        if failed := [report for report in reports if not report["passed"]]:
            message = failed_message(call.flow.masker.mask(failed), len(reports))
            raise Failure("check_failed", message, details=failed, output=reports)
        return reports
