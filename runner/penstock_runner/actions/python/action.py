"""`python`: the user's code, in a process that holds no secret, that can be killed and whose memory is its own.

One worker process at a time and parallel step; each call is a fork of it (see `worker`).
"""

from typing import Any

from penstock_runner.engine.action import Action, Call
from penstock_runner.engine.interrupt import Apart


class Python(Action):
    """Calls the code's `run(context)`. It has an effect: nobody knows what the code does."""

    literal_members = frozenset({"code"})

    def prepare(self, call: Call) -> None:
        """The recorded input is what the engine gives: the code is in the definition."""
        call.attempt.input = {name: value for name, value in call.input.items() if name != "code"} or None

    def run(self, call: Call) -> Any:
        """What `run` returned."""
        from penstock_runner.actions.python.conversation import Conversation  # only who calls it loads it
        from penstock_runner.actions.python.workers import Workers

        workers = call.flow.shared(Workers)
        worker = workers.take()
        try:
            answer = Apart(Conversation(call, worker).run, call.flow.interrupt).run(until=call.deadline)
        except BaseException:
            worker.kill()
            raise
        workers.give_back(worker)
        call.attempt.warnings = answer.warnings
        if answer.not_recorded is not None:
            raise _asked(call, *answer.not_recorded)
        if answer.error is not None:
            raise answer.error
        return answer.result


def _asked(call: Call, step: str, member: str) -> Exception:
    """Why a member of a step, for which the code asked, is not there."""
    from penstock_runner.actions.python.messages import malformed
    from penstock_runner.engine.unrecorded import reason

    return reason(call.frame.variables["steps"].get(step), member) or malformed()
