"""Cancelling an execution for who may, and what they are told: that it has ended, or that its runner is asked to end it."""

import asyncio
import logging
from typing import Final
from uuid import UUID

from penstock_core.cluster import Caller
from penstock_core.executions.states import ExecutionState
from penstock_core.store.executions import model as store
from penstock_core.store.executions.cancelling import Cancellation
from penstock_gateway import problems
from penstock_gateway.api.authorization import CANCEL, GET_DATA
from penstock_gateway.api.commands import Command, Words, written_name
from penstock_gateway.api.executions.service import Executions, bounded, shown
from penstock_gateway.api.services import Services
from penstock_gateway.problems import Problem

_log = logging.getLogger(__name__)

ASK_SECONDS: Final = 3.0
"""For which it is asked again where somebody holds the execution's row, as its runner does for moments."""
_PAUSE_SECONDS: Final = 0.05


class Cancel(Command):
    """Why it is cancelled, for whoever reads the record."""

    reason: Words | None = None


class Cancellations:
    """Cancels for callers."""

    def __init__(self, services: Services, executions: Executions) -> None:
        self._cancelling = services.cancelling
        self._access = services.access
        self._executions = executions

    async def cancel(self, caller: Caller, execution: UUID, asked: Cancel) -> tuple[int, bytes]:
        """Status and body of the answer: 200 where it has ended by this, 202 where its runner is asked to; raises the 409.

        Also where its runner came to another end before it saw the mark.
        """
        found = await self._executions.visible(caller, execution, CANCEL)
        namespace = found.flow.namespace
        done = await self._asked(caller, found, asked)
        about = {"namespace": namespace, "instance": found.flow.instance, "flow": found.flow.flow}
        extra = {**about, "execution": str(execution), "user": written_name(caller), "state": done.value}
        _log.info("execution cancelled on request", extra=extra)
        now = await self._executions.visible(caller, execution, CANCEL)
        if now.state.final and now.state is not ExecutionState.CANCELLED:
            raise _ended(now.state)
        data = await self._access.may(caller, GET_DATA, namespace)
        return (200 if now.state.final else 202), shown(now, data=data)

    async def _asked(self, caller: Caller, found: store.Execution, asked: Cancel) -> Cancellation:
        until = asyncio.get_running_loop().time() + ASK_SECONDS
        while not found.state.final:
            async with bounded():
                done = await self._cancelling.cancel(
                    found.id, namespace=found.flow.namespace, requester=written_name(caller), reason=asked.reason
                )
            if done is not Cancellation.NOT_LIVE:
                return done
            if asyncio.get_running_loop().time() > until:
                raise Problem(
                    problems.DATABASE_UNAVAILABLE, "The execution is being written to. Send the request again."
                )
            await asyncio.sleep(_PAUSE_SECONDS)
            found = await self._executions.visible(caller, found.id, CANCEL)
        raise _ended(found.state)


def _ended(state: ExecutionState) -> Problem:
    again = "" if state is ExecutionState.CANCELLED else " What it did stays; what waits or runs can be cancelled."
    return Problem(
        problems.ALREADY_ENDED, f"It has ended as {state.value}.{again}", members={"executionStatus": state.value}
    )
