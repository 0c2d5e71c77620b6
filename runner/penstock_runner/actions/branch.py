"""`branch`: the first case that holds."""

from typing import Any

from penstock_runner.engine.action import Action, Actions, Call, Step
from penstock_runner.errors import Failure, StepFailed


class Branch(Action):
    """Runs the steps of the first case whose `when` is true, or that has none."""

    evaluates = False
    holds_steps = True

    def steps_in(self, fields: Any) -> list[list[Step]]:
        """Those of each case."""
        return [case["steps"] for case in fields]

    def has_effect(self, fields: Any, actions: Actions) -> bool:
        """No: what is inside is recorded by itself, and choosing a case again chooses the same."""
        return False

    def run(self, call: Call) -> Any:
        """The taken case's last output, None where no case was taken."""
        for number, case in enumerate(call.fields):
            if not self._chosen(call, case, number):
                continue
            call.attempt.input = {"case": number}
            frame = call.frame.case(prefix=f"{call.path}/{number}/", deadline=call.deadline)
            try:
                return call.run_steps(case["steps"], frame)
            except StepFailed as exc:
                raise _inside(exc) from exc
        call.attempt.input = {"case": None}
        return None

    def _chosen(self, call: Call, case: Any, number: int) -> bool:
        if "when" not in case:
            return True
        return call.flow.evaluator.condition(
            case["when"], field=f"branch[{number}].when", variables=call.frame.variables
        )


def _inside(exc: StepFailed) -> Failure:
    failure = exc.failure
    details = {"step": exc.path, **failure.as_value()}
    if failure.shown != failure.message:  # the step inside keeps no values, and neither does what is around it
        details |= {"message": failure.shown, "details": None}
    return Failure("step_failed", f"step {exc.path}: {failure.shown}", details=details)
