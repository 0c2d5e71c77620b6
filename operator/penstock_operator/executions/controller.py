"""Runs what looks after executions: the dispatcher, recovery, and what Flows show of their last execution."""

import asyncio
from typing import Final

from penstock_core.cluster import INSTANCES
from penstock_core.executions.states import ExecutionState
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Expired, Starting
from penstock_core.store.flows.statistics import Statistics
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.executions.dispatcher import Dispatcher
from penstock_operator.executions.job_creation import Starter
from penstock_operator.executions.last_executions import LastRuns
from penstock_operator.executions.recovery import Recovery
from penstock_operator.objects.reasons import Reason
from penstock_operator.services import Services
from penstock_operator.workloads.diagnosis import Cause

DISPATCH_SECONDS: Final = 1.0
RECOVERY_SECONDS: Final = 2.0
LAST_RUNS_SECONDS: Final = 1.0


def build(services: Services) -> Controller:
    """Three loops; whenever the database was away, recovery gives runners time."""
    topic = _Topic(services)
    return Controller(
        loops=(
            Loop(name="dispatcher", seconds=DISPATCH_SECONDS, step=topic.dispatch),
            Loop(name="recovery", seconds=RECOVERY_SECONDS, step=topic.recovery.step),
            Loop(name="last-runs", seconds=LAST_RUNS_SECONDS, step=topic.last_runs.step),
        ),
        on_store_away=topic.recovery.database_was_away,
    )


class _Topic:
    """The parts of the topic, as they know one another."""

    def __init__(self, services: Services) -> None:
        self._services = services
        dispatch = Dispatch(services.pool)
        self._statistics = Statistics(services.pool)
        starter = Starter(
            services.cluster,
            services.inventory,
            dispatch,
            runner=services.settings.runner,
            lost=services.metrics.lost,
        )
        self._dispatcher = Dispatcher(dispatch, starter, max_running=services.settings.max_running)
        self.recovery = Recovery(
            services.cluster,
            dispatch,
            services.workloads,
            starter,
            clock=services.clock,
            lost=services.metrics.lost,
            blocked=self._tell_blocker,
        )
        self.last_runs = LastRuns(
            self._statistics, services.inventory, services.reporter, monotonic=asyncio.get_running_loop().time
        )

    async def dispatch(self) -> None:
        """Counts what has not ended, and starts what is queued."""
        counts = await self._statistics.live()
        metrics = self._services.metrics
        metrics.live(counts.by_state, oldest_queued_seconds=counts.oldest_queued_seconds)
        if counts.by_state.get(ExecutionState.QUEUED, 0):
            live = sum(counts.by_state.get(state, 0) for state in (ExecutionState.STARTING, ExecutionState.RUNNING))
            metrics.dispatched(await self._dispatcher.step(live=live))

    async def _tell_blocker(self, row: Expired | Starting, cause: Cause) -> None:
        instance = self._services.inventory.get(INSTANCES, (row.namespace, row.instance))
        if instance is not None:
            message = f"{row.flow}: an execution cannot start yet: {cause.words}"
            await self._services.reporter.event(instance, reason=Reason.EXECUTION_HELD_UP, message=message)
