"""What the operator publishes without reading the history: each flow's last execution, and the load."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from psycopg.rows import DictRow

from penstock_core.executions.states import ExecutionState
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.queries import load
from penstock_core.store.flows.model import FlowChange, LastExecution, LiveCounts
from penstock_core.uuid7 import first_at

_QUERIES = load("flows/statistics")


class Statistics(Database):
    """Reads the live executions and the short list of those that ended and were not published yet."""

    async def changes(self, *, kept: Collection[UUID] = (), limit: int = 1000, lookback_s: float = 60.0) -> FlowChange:
        """The newest execution of each flow that ended one since `settle`, or began one in the last `lookback_s`.

        At most `limit` that ended, without those in `kept`, which the caller has read before and not settled.
        A flow may have published a newer one already: ids are ordered by time, so the larger id is the later.
        """
        ahead = first_at(datetime.now(UTC) + timedelta(days=1))
        found = await self.rows(_QUERIES["changes"], kept=list(kept), limit=limit, lookback=lookback_s, ahead=ahead)
        # An execution that was deleted meanwhile has a mark and no row.
        there = [row for row in found if row["id"] is not None]
        last = self._pool.aside.values("last-executions", there, _last_execution)
        return FlowChange(last=tuple(last), marks=tuple(found[0]["marks"]))

    async def settle(self, marks: Sequence[int], *, kept: Collection[UUID] = ()) -> None:
        """Forgets what `changes` gave, but for the executions in `kept`: those come again, also after a restart."""
        await self.count(_QUERIES["settle"], marks=list(marks), kept=list(kept))

    async def running(self) -> int:
        """How many executions start or run."""
        row = await self.row(_QUERIES["running"])
        return int(row["count"]) if row else 0

    async def live(self) -> LiveCounts:
        """The load, for metrics."""
        found = await self.rows(_QUERIES["live"])
        return LiveCounts(
            by_state={ExecutionState(row["state"]): row["count"] for row in found},
            oldest_queued_seconds=max((row["oldest"] for row in found), default=0.0),
        )


def _last_execution(row: DictRow) -> LastExecution:
    values = {name: row[name] for name in LastExecution.__slots__}
    return LastExecution(**{**values, "state": ExecutionState(row["state"])})
