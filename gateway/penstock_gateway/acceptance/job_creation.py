"""Creates the Jobs of executions that were just accepted, off their callers' path.

A row is durable before it comes here, so nothing is lost if a Job cannot be created: after 30 s the operator's dispatcher takes
a row without a Job back into its queue. That is also the answer to a full queue, a quota and an API server that is away.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

from penstock_core.backoff import Backoff
from penstock_core.cluster import Cluster
from penstock_core.errors import ClusterError, ClusterUnavailable
from penstock_core.job_creation import Found, create_job
from penstock_core.manifests.job import RunnerPod
from penstock_core.store.executions.model import Started
from penstock_gateway.flows import FlowTable, ServedFlow
from penstock_gateway.metrics import Metrics

CONCURRENCY: Final = 12
QUEUE: Final = 10_000
ATTEMPTS: Final = 3
RETRY: Final = Backoff(first=0.3, longest=2.7, factor=3.0, spread=0.5)

_log = logging.getLogger(__name__)


class Starter:
    """A bounded queue of executions and the workers that create their Jobs."""

    def __init__(
        self,
        cluster: Cluster,
        flows: FlowTable,
        *,
        runner: RunnerPod,
        metrics: Metrics,
        concurrency: int = CONCURRENCY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._flows = flows
        self._runner = runner
        self._metrics = metrics
        self._concurrency = concurrency
        self._clock = clock
        self._queue: asyncio.Queue[tuple[Started, float]] = asyncio.Queue(QUEUE)

    def start(self, executions: Sequence[Started]) -> None:
        """Queue executions; those that find no room are left to the dispatcher."""
        now = self._clock()
        for execution in executions:
            try:
                self._queue.put_nowait((execution, now))
            except asyncio.QueueFull:
                self._leave(execution, "dropped", "too many Jobs are waiting to be created")

    async def run(self) -> None:
        """Create Jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._work())

    async def drain(self, *, within: float) -> bool:
        """Wait until the queue is empty; False where that takes longer than `within` seconds."""
        try:
            async with asyncio.timeout(within):
                await self._queue.join()
        except TimeoutError:
            return False
        return True

    def waiting(self) -> int:
        """Executions that wait for their Job."""
        return self._queue.qsize()

    async def _work(self) -> None:
        while True:
            execution, since = await self._queue.get()
            try:
                await self._create(execution)
            except Exception as error:  # noqa: BLE001 - the outermost edge: one execution must not end the process
                _log.exception("creating a job failed")
                self._leave(execution, "dropped", repr(error))
            finally:
                self._queue.task_done()
            self._metrics.job_seconds.observe(self._clock() - since)

    async def _create(self, execution: Started) -> None:
        flow = self._flows.of_uid(execution.flow_uid)
        if flow is None:
            self._leave(execution, "no_flow", "the Flow is gone or not known here yet")
            return
        for attempt in range(ATTEMPTS):
            try:
                creation = await create_job(self._cluster, flow.source, execution.id, runner=self._runner)
            except ClusterUnavailable as error:
                if attempt + 1 < ATTEMPTS:
                    await asyncio.sleep(RETRY.delay(attempt + 1, chance=random.random()))  # noqa: S311 - not a secret
                    continue
                self._leave(execution, "unavailable", str(error))
            except ClusterError as error:
                self._leave(execution, "refused", str(error))
            else:
                self._note(execution, flow, creation.found)
            return

    def _note(self, execution: Started, flow: ServedFlow, found: Found) -> None:
        """What came of it: where no Job stands that will run its pod, the dispatcher has the rest."""
        if found is Found.CREATED:
            self._metrics.jobs["created"].inc()
            _log.debug("job created", extra=_described(execution, flow))
        elif found is Found.ALIVE:
            self._metrics.jobs["exists"].inc()
        elif found is Found.GONE:
            self._leave(execution, "unavailable", "a Job of that name was there, and is gone")
        else:
            self._leave(execution, "refused", "a Job of that name has ended or is being deleted")

    def _leave(self, execution: Started, result: str, cause: str) -> None:
        self._metrics.jobs[result].inc()
        extra = _described(execution, self._flows.of_uid(execution.flow_uid)) | {"cause": cause}
        _log.warning("job not created, the dispatcher will take the execution", extra=extra)


def _described(execution: Started, flow: ServedFlow | None) -> dict[str, str]:
    described: dict[str, str] = {"namespace": execution.namespace, "execution": str(execution.id)}
    if flow is not None:
        described |= {"instance": flow.identity.instance, "flow": flow.identity.flow}
    return described
