"""Keeps the database in order: partitions ahead of time, what is past its retention removed, and no session in the way."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from penstock_core.store.schema.maintenance import Maintenance
from penstock_core.store.tenants.sessions import Sessions
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.services import Services

log = logging.getLogger(__name__)
MAINTENANCE_SECONDS: Final = 3600.0
SESSIONS_SECONDS: Final = 10.0


def build(services: Services) -> Controller:
    """One loop a part."""
    sessions = LongSessions(Sessions(services.pool), ended=services.metrics.sessions_ended)
    housekeeping = Housekeeping(
        Maintenance(services.pool), clock=services.clock, retention_days=services.settings.retention_days
    )
    watch = Loop(name="long-sessions", seconds=SESSIONS_SECONDS, step=sessions.step)
    return Controller(loops=(*housekeeping.loops(), watch))


class LongSessions:
    """Ends the sessions of runners' roles that hold a transaction too long; `ended` is told how many."""

    def __init__(self, sessions: Sessions, *, ended: Callable[[int], None]) -> None:
        self._sessions = sessions
        self._ended = ended

    async def step(self) -> None:
        """One look."""
        self._ended(len(await self._sessions.end_long()))


class Housekeeping:
    """The parts of the maintenance; `retention_days` is the installation's longest retention."""

    def __init__(self, maintenance: Maintenance, *, clock: Callable[[], datetime], retention_days: int) -> None:
        self._maintenance = maintenance
        self._clock = clock
        self._days = retention_days

    def loops(self) -> tuple[Loop, ...]:
        """Each part in a loop of its own: a long reader keeps partitions from being made or dropped, and the rest goes on."""
        parts = {
            "partitions-ahead": self._make_partitions,
            "partitions-over": self._drop_partitions,
            "expired-keys": self._delete_expired_keys,
            "forgotten-rows": self._sweep_default,
        }
        return tuple(Loop(name=name, seconds=MAINTENANCE_SECONDS, step=step) for name, step in parts.items())

    async def _make_partitions(self) -> None:
        made = await self._maintenance.create_partitions(self._clock())
        log.info("partitions made", extra={"count": len(made)})

    async def _drop_partitions(self) -> None:
        dropped = await self._maintenance.drop_partitions(self._clock(), days=self._days)
        log.info("partitions dropped", extra={"count": len(dropped)})

    async def _delete_expired_keys(self) -> None:
        log.info("expired keys removed", extra={"count": await self._maintenance.delete_expired_keys()})

    async def _sweep_default(self) -> None:
        swept = await self._maintenance.sweep_default(self._clock(), days=self._days)
        log.info("forgotten executions removed", extra={"count": swept})
