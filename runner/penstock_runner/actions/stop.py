"""`stop`: ends the execution."""

from typing import Any

from penstock_runner.actions.pure import Pure
from penstock_runner.engine.action import Call
from penstock_runner.errors import Stopped


class Stop(Pure):
    """Ends the execution."""

    ends_flow = True

    def run(self, call: Call) -> Any:
        """Never returns: raises Stopped."""
        passed = call.input.get("status", "passed") == "passed"
        message = str(call.input.get("message") or "")
        call.attempt.output = {"status": "passed" if passed else "failed", "message": message}
        raise Stopped(call.path, passed=passed, message=message)
