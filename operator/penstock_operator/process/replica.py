"""One replica, from start to end: migrate, wait for the Lease, lead, give the Lease back.

A spare is ready as soon as it has migrated: readiness says that it could take over, not that it leads.
"""

import asyncio
import logging
import os
import signal
from datetime import UTC, datetime
from typing import Final

from penstock_core.cluster import Cluster
from penstock_core.errors import ClusterError, StoreUnavailable
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.connection.readable import PutAside
from penstock_core.store.schema.migrate import migrate
from penstock_operator.control.loops import Pulse
from penstock_operator.errors import LeaseLostError
from penstock_operator.metrics import Metrics
from penstock_operator.namespaces import Namespaces
from penstock_operator.process.leader import Leader
from penstock_operator.process.lease import LeaseHolder
from penstock_operator.process.probes import application, serve
from penstock_operator.process.topics import controllers
from penstock_operator.services import services, tenancy_of
from penstock_operator.settings import Settings

log = logging.getLogger(__name__)
RETRY_SECONDS: Final = 2.0
POOL_SIZE: Final = 12
EXIT_SECONDS: Final = 3.0


class Replica:
    """A running operator process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._pulse = Pulse()
        self._stopped = asyncio.Event()
        self._not_ready: str | None = "the database is not migrated yet"

    async def run(self) -> int:
        """Runs until SIGTERM (exit code 0) or until it may not go on (1)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        app = application(metrics=self._metrics, silent=self._pulse.silent, ready=lambda: self._not_ready)
        server = await serve(app, self._settings.port)
        try:
            return await self._until_stopped()
        finally:
            await server.cleanup()

    async def _until_stopped(self) -> int:
        work = asyncio.create_task(self._work(), name="work")
        stop = asyncio.create_task(self._stopped.wait(), name="stop")
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not work.done():
            log.info("stopping on request")
            work.cancel()
        await asyncio.wait({work})
        failure = None if work.cancelled() else work.exception()
        if failure is None:
            return 0
        log.critical("ending after a failure, so that a fresh process or the spare goes on", exc_info=failure)
        return 1

    async def _work(self) -> None:
        settings = self._settings
        await migrate_patiently(settings)
        cluster = await Cluster.connect()
        aside = PutAside(self._metrics.put_aside)
        pool = await open_pool(settings.dsn, name="penstock-operator", aside=aside, max_size=POOL_SIZE)
        lease = LeaseHolder(
            cluster,
            namespace=settings.release_namespace,
            name=f"{settings.release_name}-operator",
            holder=settings.pod,
        )
        try:
            await self._publish_gateway_address(cluster, pool)
            self._not_ready = None
            await lease.acquire()
            await self._lead(cluster, pool, lease)
        finally:
            self._metrics.leading(active=False)
            await lease.release()
            await pool.close()
            await cluster.close()

    async def _lead(self, cluster: Cluster, pool: Pool, lease: LeaseHolder) -> None:
        self._metrics.leading(active=True)
        shared = services(cluster, pool, self._settings, metrics=self._metrics, predecessor_seen=lease.predecessor_seen)
        leader = Leader(shared, controllers(shared), pulse=self._pulse)
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_or_exit(lease), name="lease")
            group.create_task(leader.run(), name="leader")

    async def _publish_gateway_address(self, cluster: Cluster, pool: Pool) -> None:
        settings = self._settings
        tenancy = tenancy_of(pool, settings)
        while True:
            try:
                await tenancy.ensure_access()
                await Namespaces(cluster, tenancy, settings).publish_gateway_address()
            except (StoreUnavailable, ClusterError) as error:
                self._not_ready = f"the gateway's database address is not written yet: {error}"
                log.warning("gateway address not written yet", extra={"cause": str(error)})
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return


async def keep_or_exit(lease: LeaseHolder) -> None:
    """Keeps the Lease; once it is lost, the process ends within 3 s, however long its parts take to stop."""
    try:
        await lease.keep()
    except LeaseLostError as error:
        log.critical("lease lost: ending, so that two replicas never act at once", extra={"cause": str(error)})
        asyncio.get_running_loop().call_later(EXIT_SECONDS, os._exit, 1)
        raise


async def migrate_patiently(settings: Settings) -> None:
    """Migrates as soon as the database answers."""
    while True:
        try:
            applied = await migrate(settings.dsn, datetime.now(UTC))
        except StoreUnavailable as error:
            log.warning("database not reachable yet", extra={"cause": str(error)})
            await asyncio.sleep(RETRY_SECONDS)
        else:
            log.info("database migrated", extra={"applied": applied})
            return
