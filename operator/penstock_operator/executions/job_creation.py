"""Creating the Job of an execution that has been moved to starting: always from the Flow object, never from a row."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from penstock_core import names
from penstock_core.cluster import FLOWS, Cluster
from penstock_core.errors import ClusterError
from penstock_core.executions.states import ExecutionState
from penstock_core.job_creation import Found, create_job
from penstock_core.manifests.job import RunnerPod
from penstock_core.observed.flow import Flow
from penstock_core.store.executions.live import Dispatch
from penstock_operator.watch.inventory import Inventory

log = logging.getLogger(__name__)
AT_ONCE: Final = 16
"""Jobs that are being created at the same time."""
NAMES_TRIED: Final = 10
"""Numbers of Jobs that are tried in a row: whose names are taken by Jobs that are over."""
INVALID: Final = 422
REFUSED: Final = "job_refused"


class Starter:
    """Creates Jobs; what cannot be created now is left to recovery, what never can be is ended, and `lost` told its code."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        dispatch: Dispatch,
        *,
        runner: RunnerPod,
        lost: Callable[[str], None],
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._dispatch = dispatch
        self._runner = runner
        self._lost = lost
        self._limit = asyncio.Semaphore(AT_ONCE)

    def flow_of(self, *, namespace: str, instance: str, flow: str, flow_uid: str) -> Flow | None:
        """The Flow object of an execution; None where it was removed, even if another of its name has come since."""
        item = self._inventory.get(FLOWS, (namespace, names.flow_object(instance, flow)))
        return item if item is not None and item.uid == flow_uid else None

    def knows(self, namespace: str) -> bool:
        """Whether the Flows of a namespace are known: only there one that is not found was removed."""
        return self._inventory.knows(FLOWS, namespace)

    async def start(self, flow: Flow, execution: UUID, *, attempt: int = 1, epoch: int = 0) -> bool:
        """Creates the Job number `attempt` or, where that name is taken by a Job that is over, a later one.

        False where the API server did not take it. One that it calls invalid ends the execution, unless that was
        claimed since `epoch` (0: by nobody yet).
        """
        extra = {
            "namespace": flow.namespace,
            "instance": flow.instance,
            "flow": flow.flow,
            "execution": str(execution),
        }
        async with self._limit:
            try:
                await self._create(flow, execution, attempt)
            except ClusterError as error:
                log.warning("job not created", extra={**extra, "cause": str(error)})
                if error.status == INVALID:
                    await self._refuse(flow, execution, str(error), epoch)
                return False
        log.info("job created", extra=extra)
        return True

    async def _refuse(self, flow: Flow, execution: UUID, message: str, epoch: int) -> None:
        cause = f"the API server refuses the Job: {message}"
        refused = ExecutionState.FAILED
        if await self._dispatch.end(
            execution, refused, namespace=flow.namespace, cause=cause, code=REFUSED, epoch=epoch
        ):
            self._lost(REFUSED)

    async def _create(self, flow: Flow, execution: UUID, attempt: int) -> None:
        creation = await create_job(
            self._cluster, flow, execution, runner=self._runner, attempt=attempt, tries=NAMES_TRIED
        )
        if creation.found is Found.OVER:
            raise ClusterError(f"every name of a Job for the execution {execution} is taken")
        if creation.found is Found.CREATED and creation.attempt != attempt:
            await self._dispatch.replaced(execution, namespace=flow.namespace, job_attempt=creation.attempt)
