"""Ticks that did not happen, and the times in which a flow was paused.

The ticks that do happen are accepted by their own runners (`ticks`, `running.Running.accept_tick`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from penstock_core import uuid7
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.model import FlowIdentity
from penstock_core.store.executions.ticks import tick_key

_QUERIES = load("flows/schedules")
MOST_RECORDED: Final = 100
"""Missed ticks of one flow that one call stores: a minutely schedule that was down for days would fill the lists."""


class Schedules(Database):
    """Used by the operator."""

    async def record_missed(
        self, flow: FlowIdentity, ticks: Sequence[datetime], *, most: int = MOST_RECORDED
    ) -> list[datetime]:
        """Records the newest due ticks that have no row and lie in no pause as skipped, code `missed`, `most` of them.

        Returns all of those that had none, oldest first.
        """
        found = await self.rows(
            _QUERIES["record_missed"],
            **{name: getattr(flow, name) for name in FlowIdentity._fields},
            ids=[uuid7.new() for _ in ticks],
            keys=[tick_key(tick) for tick in ticks],
            ticks=list(ticks),
            most=most,
        )
        return [row["scheduled_at"] for row in found]

    async def pause(self, *, namespace: str, flow_uid: str, at: datetime) -> None:
        """From `at` on, ticks become skipped; a flow that is paused stays paused since then."""
        await self.count(_QUERIES["pause"], namespace=namespace, flow_uid=flow_uid, at=at)

    async def unpause(self, *, namespace: str, flow_uid: str, at: datetime) -> None:
        """From `at` on, ticks run again; a flow that is not paused is left alone."""
        await self.count(_QUERIES["unpause"], namespace=namespace, flow_uid=flow_uid, at=at)
