"""What the active replica does: everything is built here, from parts that know nothing of one another, and run together.

A part that ends or fails ends all of them, and with them the process: Kubernetes starts a fresh one, and the spare goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from datetime import UTC, datetime
from typing import Final, TypeVar

from penstock_core import names
from penstock_core.cluster import CONFIG_MAPS, CRON_JOBS, INSTANCES, SECRETS, Cluster, Key
from penstock_core.observed.data import Secret
from penstock_core.states import ExecutionState
from penstock_core.store.connection.pool import Pool
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Expired, Starting
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.flows.statistics import Statistics
from penstock_core.store.schema.maintenance import Maintenance
from penstock_core.store.tenants.instances import Tenancy
from penstock_operator.control.loops import Pulse, every
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.executions.dispatcher import Dispatcher
from penstock_operator.executions.job_creation import Starter
from penstock_operator.executions.last_executions import LastRuns
from penstock_operator.executions.recovery import Custody
from penstock_operator.instances.reconciler import Instances
from penstock_operator.instances.removal import Left, Removal
from penstock_operator.instances.resolution import Resolver
from penstock_operator.instances.webhook_secrets import WebhookKeys
from penstock_operator.integrations.reconciler import Publication
from penstock_operator.metrics import Metrics
from penstock_operator.namespaces import Namespaces
from penstock_operator.objects.reporter import Reporter
from penstock_operator.schedules.missed_ticks import Ticks
from penstock_operator.settings import Settings
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.dependents import Router
from penstock_operator.watch.inventory import KINDS, Inventory
from penstock_operator.watch.kopf_events import list_readable, resync, watch
from penstock_operator.workloads.diagnosis import Cause
from penstock_operator.workloads.index import Workloads

log = logging.getLogger(__name__)
Item = TypeVar("Item", bound=Hashable)
INSTANCE_WORKERS: Final = 48
"""Instances that are reconciled at a time: most of each one's time goes by waiting for answers."""
DISPATCH_SECONDS: Final = 1.0
CUSTODY_SECONDS: Final = 2.0
TICKS_SECONDS: Final = 15.0
LAST_RUNS_SECONDS: Final = 1.0
MAINTENANCE_SECONDS: Final = 3600.0
STALE_KEYS_SECONDS: Final = 3600.0
NAMESPACES_SECONDS: Final = 300.0
PULSE_SECONDS: Final = 5.0
SYNC_SECONDS: Final = 15.0


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Leader:
    """The active replica, until cancelled; `predecessor_seen` is when the one before renewed last, None if there was none."""

    _router: Router

    def __init__(
        self,
        cluster: Cluster,
        pool: Pool,
        settings: Settings,
        *,
        metrics: Metrics,
        pulse: Pulse,
        predecessor_seen: datetime | None,
    ) -> None:
        self._cluster = cluster
        self._settings = settings
        self._metrics = metrics
        self._pulse = pulse
        self._inventory = Inventory()
        self._knows_all = False
        self._dispatch = Dispatch(pool)
        self._statistics = Statistics(pool)
        self._maintenance = Maintenance(pool)
        self._schedules = Schedules(pool)
        self._tenancy = Tenancy(
            pool, dsn=settings.dsn, prefix=settings.database_role_prefix, host=settings.runner_database_host or None
        )
        self._namespaces = Namespaces(cluster, self._tenancy, settings)
        self._reporter = Reporter(cluster, self._inventory, clock=now)
        self._workloads = Workloads(cluster, release=settings.release, namespaces=settings.watched)
        self._build_collections()
        self._build_reconcilers()
        self._build_execution_loops(predecessor_seen)

    def _build_collections(self) -> None:
        cluster, settings = self._cluster, self._settings
        release = f"{names.LABEL_RELEASE}={settings.release}"
        secret_namespaces = settings.watched
        if None not in secret_namespaces:
            secret_namespaces = tuple(dict.fromkeys((*secret_namespaces, settings.release_namespace)))
        self._connections = Collection(
            cluster,
            SECRETS,
            namespaces=settings.watched,
            labels=f"{names.LABEL_CONNECTION}=true",
            on_change=lambda key, item: self._router.secret_changed(key, item),
        )
        self._own_secrets = Collection(
            cluster,
            SECRETS,
            namespaces=secret_namespaces,
            labels=release,
            on_change=lambda key, item: self._own_secret_changed(key, item),
        )
        self._config_maps = Collection(
            cluster,
            CONFIG_MAPS,
            namespaces=settings.watched,
            on_change=lambda key, item: self._router.config_map_changed(key, item),
        )
        self._cron_jobs = Collection(cluster, CRON_JOBS, namespaces=settings.watched, labels=release)

    def _build_reconcilers(self) -> None:
        cluster, settings, inventory = self._cluster, self._settings, self._inventory
        keys = self._keys = WebhookKeys(cluster, own=self._own_secrets, settings=settings)
        self._removal = Removal(
            cluster,
            inventory,
            self._workloads,
            clock=now,
            reporter=self._reporter,
            tenancy=self._tenancy,
            namespaces=self._namespaces,
            keys=keys,
            leave_behind=lambda left: self._left_behind.add(left),
        )
        self._left_behind: WorkQueue[Left] = self._queue("left-behind", self._removal.forget_data, workers=1)
        publication = Publication(cluster, inventory, self._reporter, settings=settings)
        instances = Instances(
            cluster,
            inventory,
            settings=settings,
            clock=now,
            reporter=self._reporter,
            resolver=Resolver(
                cluster,
                inventory,
                connections=self._connections,
                config_maps=self._config_maps,
                settings=settings,
            ),
            removal=self._removal,
            namespaces=self._namespaces,
            keys=keys,
            cron_jobs=self._cron_jobs,
            schedules=self._schedules,
            tenancy=self._tenancy,
        )
        self._integration_queue = self._queue("integrations", publication.reconcile, workers=2)
        self._instance_queue = self._queue("instances", instances.reconcile, workers=INSTANCE_WORKERS)
        self._router = Router(inventory, integrations=self._integration_queue, instances=self._instance_queue)
        inventory.on_change = self._router.changed

    def _build_execution_loops(self, predecessor_seen: datetime | None) -> None:
        settings = self._settings
        starter = Starter(
            self._cluster, self._inventory, self._dispatch, runner=settings.runner, lost=self._metrics.lost
        )
        self._dispatcher = Dispatcher(self._dispatch, starter, max_running=settings.max_running)
        self._custody = Custody(
            self._cluster,
            self._dispatch,
            self._workloads,
            starter,
            clock=now,
            lost=self._metrics.lost,
            held_up=self._tell_hindrance,
        )
        self._ticks = Ticks(
            self._cluster,
            self._inventory,
            self._workloads,
            self._schedules,
            reporter=self._reporter,
            clock=now,
            missed=self._metrics.missed,
            since=predecessor_seen or now(),
            release=settings.release,
        )
        self._last_runs = LastRuns(
            self._statistics, self._inventory, self._reporter, monotonic=asyncio.get_running_loop().time
        )

    def _queue(self, name: str, work: Callable[[Item], Awaitable[None]], *, workers: int) -> WorkQueue[Item]:
        return WorkQueue(name, work, workers=workers, on_end=self._metrics.reconciled)

    async def _tell_hindrance(self, row: Expired | Starting, cause: Cause) -> None:
        instance = self._inventory.get(INSTANCES, (row.namespace, row.instance))
        if instance is not None:
            message = f"{row.flow}: an execution cannot start yet: {cause.words}"
            await self._reporter.event(instance, type="Warning", reason="ExecutionHeldUp", message=message)

    def _own_secret_changed(self, key: Key, item: Secret | None) -> None:
        if key[1] == names.database_secret(self._settings.release_name):
            self._namespaces.forget(key[0])
            for instance in self._inventory.instances_in(key[0]):
                self._instance_queue.add(instance)
        if item is None and key[0] == self._settings.release_namespace:
            self._router.digests_gone(key[1], release_name=self._settings.release_name)
        if not self._keys.made(key, item):
            self._router.secret_changed(key, None)

    async def run(self) -> None:
        """Lists everything, then watches and works until cancelled; raises when a part cannot go on."""
        collections = (self._connections, self._own_secrets, self._config_maps, self._cron_jobs, self._workloads)
        async with asyncio.TaskGroup() as group:
            for collection in collections:
                group.create_task(collection.run())
            await asyncio.gather(*(collection.synced(within=SYNC_SECONDS) for collection in collections))
            await self._list()
            log.info("objects listed", extra={kind.plural: len(self._inventory.all(kind)) for kind in KINDS})
            group.create_task(watch(self._cluster, self._inventory, self._settings.watched))
            group.create_task(resync(self._cluster, self._inventory, self._settings.watched))
            for queue in (self._integration_queue, self._instance_queue, self._left_behind):
                group.create_task(queue.run())
            self._router.everything()
            for seconds, name, step in self._loops():
                group.create_task(
                    every(seconds, name, step, pulse=self._pulse, store_away=self._custody.database_was_away)
                )

    async def _list(self) -> None:
        watched = self._settings.watched
        self._knows_all = await list_readable(self._cluster, self._inventory, watched) == watched

    def _loops(self) -> tuple[tuple[float, str, Callable[[], Awaitable[object]]], ...]:
        return (
            (DISPATCH_SECONDS, "dispatcher", self._dispatch_step),
            (CUSTODY_SECONDS, "custody", self._custody.step),
            (TICKS_SECONDS, "ticks", self._ticks.step),
            (LAST_RUNS_SECONDS, "last-runs", self._last_runs.step),
            # apart: a long reader keeps partitions from being made or dropped, and the rest goes on
            (MAINTENANCE_SECONDS, "partitions-ahead", self._make_partitions),
            (MAINTENANCE_SECONDS, "partitions-over", self._drop_partitions),
            (MAINTENANCE_SECONDS, "expired-keys", self._delete_expired_keys),
            (MAINTENANCE_SECONDS, "forgotten-rows", self._sweep_default),
            (STALE_KEYS_SECONDS, "stale-keys", self._forget_stale_keys),
            (NAMESPACES_SECONDS, "namespaces", self._recheck_namespaces),
            (PULSE_SECONDS, "queues", self._measure_queues),
        )

    async def _dispatch_step(self) -> None:
        counts = await self._statistics.live()
        self._metrics.live(counts.by_state, oldest_queued_seconds=counts.oldest_queued_seconds)
        if counts.by_state.get(ExecutionState.QUEUED, 0):
            live = sum(counts.by_state.get(state, 0) for state in (ExecutionState.STARTING, ExecutionState.RUNNING))
            self._metrics.dispatched(await self._dispatcher.step(live=live))

    async def _make_partitions(self) -> None:
        made = await self._maintenance.create_partitions(now())
        log.info("partitions made", extra={"count": len(made)})

    async def _drop_partitions(self) -> None:
        dropped = await self._maintenance.drop_partitions(now(), days=self._settings.retention_days)
        log.info("partitions dropped", extra={"count": len(dropped)})

    async def _delete_expired_keys(self) -> None:
        log.info("expired keys removed", extra={"count": await self._maintenance.delete_expired_keys()})

    async def _sweep_default(self) -> None:
        swept = await self._maintenance.sweep_default(now(), days=self._settings.retention_days)
        log.info("forgotten executions removed", extra={"count": swept})

    async def _forget_stale_keys(self) -> None:
        """Not where a namespace could not be read at the start: its Instances are unknown, and not gone."""
        if self._knows_all:
            instances = self._inventory.all(INSTANCES).values()
            await self._keys.forget_all_but({instance.uid for instance in instances})

    async def _recheck_namespaces(self) -> None:
        await self._namespaces.recheck(self._namespaces.prepared())

    async def _measure_queues(self) -> None:
        queues = (self._integration_queue, self._instance_queue, self._left_behind)
        self._metrics.waiting({queue.name: len(queue) for queue in queues})
