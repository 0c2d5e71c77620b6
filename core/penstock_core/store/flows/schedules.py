"""Ticks that did not happen, and the times in which a flow was paused.

The ticks that do happen are accepted by their own runners (`ticks`, `running.Running.accept_tick`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from penstock_core import uuid7
from penstock_core.executions.flow_identity import FlowIdentity
from penstock_core.executions.states import Trigger
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.new_executions import STORE, Acceptance, SkipReason, columns
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
        due = sorted(set(ticks), reverse=True)
        found = await self.rows(
            _QUERIES["missed"],
            namespace=flow.namespace,
            flow_uid=flow.flow_uid,
            keys=[tick_key(tick).digest for tick in due],
            ticks=due,
        )
        missed = [due[row["place"] - 1] for row in found]
        items = {uuid7.new(): tick for tick in missed[:most]}
        recorded = await self._stored([_missed(identifier, flow, tick) for identifier, tick in items.items()])
        return sorted([*missed[most:], *(items[identifier] for identifier in recorded)])

    async def _stored(self, items: Sequence[Acceptance]) -> list[UUID]:
        """Those that are new; of a tick that a late runner came for in between, it is its execution that counts."""
        found = await self.rows(STORE, **columns(items)) if items else []
        return [row["id"] for row in found if row["execution_id"] == row["id"]]

    async def pause(self, *, namespace: str, flow_uid: str, at: datetime) -> None:
        """From `at` on, ticks become skipped; a flow that is paused stays paused since then."""
        await self.count(_QUERIES["pause"], namespace=namespace, flow_uid=flow_uid, at=at)

    async def unpause(self, *, namespace: str, flow_uid: str, at: datetime) -> None:
        """From `at` on, ticks run again; a flow that is not paused is left alone."""
        await self.count(_QUERIES["unpause"], namespace=namespace, flow_uid=flow_uid, at=at)


def _missed(identifier: UUID, flow: FlowIdentity, tick: datetime) -> Acceptance:
    due = tick.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    reason = SkipReason(code="missed", message=f"the tick of {due} was due while no Job could be created for it")
    return Acceptance(
        id=identifier,
        flow=flow,
        trigger=Trigger.SCHEDULE,
        payload=None,
        requested_by="schedule",
        idempotency=tick_key(tick),
        skipped=reason,
    )
