"""Cancelling on request: the gateway's, for who asks it to."""

from enum import StrEnum
from uuid import UUID

from penstock_core.store.connection.database import Database
from penstock_core.store.connection.queries import load

_QUERIES = load("executions/cancelling")


class Cancellation(StrEnum):
    """What a cancellation did."""

    ENDED = "ended"
    """It was queued: it is cancelled now."""
    MARKED = "marked"
    """It runs, or is about to: its runner sees the mark within two seconds, else the operator ends it."""
    NOT_LIVE = "not_live"
    """It had ended before, or does not exist, or somebody holds one of its rows just now."""


class Cancelling(Database):
    """Writes what is asked for in one statement, which may be repeated: the first who asks is kept."""

    async def cancel(
        self, execution: UUID, *, namespace: str, requester: str, reason: str | None = None
    ) -> Cancellation:
        """Ends what is queued, marks what starts or runs; `requester` is a user's name, `reason` their words."""
        asked = {"id": execution, "namespace": namespace, "requester": requester, "reason": reason}
        row = await self.row(_QUERIES["cancel"], **asked)
        return Cancellation(row["done"]) if row and row["done"] else Cancellation.NOT_LIVE
