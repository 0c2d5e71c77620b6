"""What the controllers of one active replica share."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from penstock_core.cluster import Cluster
from penstock_core.store.connection.pool import Pool
from penstock_core.store.tenants.instances import Tenancy
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.metrics import Metrics
from penstock_operator.namespaces import Namespaces
from penstock_operator.objects.reporter import Clock, Reporter
from penstock_operator.settings import Settings
from penstock_operator.watch.inventory import Inventory
from penstock_operator.workloads.index import Workloads

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Connections, settings, and what is known of the cluster; stores without a memory are made of `pool` where they are used.

    `predecessor_seen` is when the active replica before this one renewed its Lease last, or this one's start.
    """

    cluster: Cluster
    pool: Pool
    settings: Settings
    metrics: Metrics
    inventory: Inventory
    workloads: Workloads
    reporter: Reporter
    tenancy: Tenancy
    namespaces: Namespaces
    clock: Clock
    predecessor_seen: datetime

    def queue(self, name: str, work: Callable[[Item], Awaitable[None]], *, workers: int) -> WorkQueue[Item]:
        """A queue whose reconciliations are counted under its name."""
        return WorkQueue(name, work, workers=workers, on_end=self.metrics.reconciled)


def services(
    cluster: Cluster, pool: Pool, settings: Settings, *, metrics: Metrics, predecessor_seen: datetime | None
) -> Services:
    """The services of a replica that begins to lead; `predecessor_seen` is None where none led before."""
    inventory = Inventory()
    tenancy = tenancy_of(pool, settings)
    return Services(
        cluster=cluster,
        pool=pool,
        settings=settings,
        metrics=metrics,
        inventory=inventory,
        workloads=Workloads(cluster, release=settings.release, namespaces=settings.watched),
        reporter=Reporter(cluster, inventory, clock=now),
        tenancy=tenancy,
        namespaces=Namespaces(cluster, tenancy, settings),
        clock=now,
        predecessor_seen=predecessor_seen or now(),
    )


def tenancy_of(pool: Pool, settings: Settings) -> Tenancy:
    """Namespaces and Instances in the database, as the release's settings name roles and hosts."""
    return Tenancy(
        pool,
        dsn=settings.dsn,
        prefix=settings.database_role_prefix,
        host=settings.runner_database_host or None,
        connections=settings.namespace_connections,
    )


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
