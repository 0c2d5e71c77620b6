"""The end of an Instance: nothing starts any more, what runs is stopped, its rows go, then the finalizer.

1. In a namespace that is going away: the finalizer goes at once, since nothing can be made or waited for there;
   the rows are removed by `remove_orphaned_data`, which is retried apart.
2. CronJobs and Flows are deleted, so that nothing new starts; what waits is cancelled.
3. Jobs that still run are deleted, and waited for, five minutes at most: a pod on a node that does not answer keeps its Job
   for as long as the node is known. An Event says what is waited for. Without its rows such a runner can write nothing more.
4. The rows are removed in batches, then the digests of its keys.
5. The last Instance of a namespace takes the namespace's database role, Secret and RoleBinding with it. Who is the last is
   decided by one at a time, at the very end. The role sees nothing from then on; `retired_roles` drops it, however long that takes.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, JOBS, NAMESPACES, Cluster, Key
from penstock_core.errors import Conflict, NotFound
from penstock_core.observed.base import Observed
from penstock_core.observed.instance import Instance
from penstock_core.observed.job_status import timestamp
from penstock_core.observed.workload import Job
from penstock_core.store.tenants.instances import Tenancy
from penstock_operator.errors import NotYet
from penstock_operator.instances.ownership import let_go
from penstock_operator.instances.triggers import TRIGGERS
from penstock_operator.instances.webhook_secrets import WebhookKeys
from penstock_operator.namespaces import Namespaces
from penstock_operator.objects.reasons import Reason
from penstock_operator.objects.reporter import Reporter
from penstock_operator.watch.inventory import Inventory
from penstock_operator.watch.references import namespaces_of, owner_keys
from penstock_operator.workloads.index import Workloads

log = logging.getLogger(__name__)
JOBS_POLL_SECONDS: Final = 2.0
JOBS_AT_ONCE: Final = 100
"""Jobs that are deleted in one try: a namespace that is full of them holds up no other's Instances."""
UNREADABLE_SECONDS: Final = 30.0
"""How soon an Instance is looked at again whose namespace could not be read in full."""
PATIENCE: Final = timedelta(minutes=5)
"""How long a Job that was deleted is waited for."""
QUIET: Final = timedelta(seconds=40)
"""What a pod takes to end, with its grace period: nothing is said before."""
_NAMED: Final = 3
Orphan = tuple[str, str, str]
"""(namespace, name, uid) of an Instance whose object is gone, and whose data is orphaned."""


class Removal:
    """Removes Instances; `orphan` is told whose rows are to be removed later."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        workloads: Workloads,
        *,
        clock: Callable[[], datetime],
        reporter: Reporter,
        tenancy: Tenancy,
        namespaces: Namespaces,
        keys: WebhookKeys,
        orphan: Callable[[Orphan], None],
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._in_namespace = inventory.index(INSTANCES, namespaces_of)
        self._flows = inventory.index(FLOWS, owner_keys)
        self._workloads = workloads
        self._clock = clock
        self._reporter = reporter
        self._tenancy = tenancy
        self._namespaces = namespaces
        self._keys = keys
        self._orphan = orphan

    async def remove(self, instance: Instance) -> None:
        """One try; raises NotYet while its Jobs are still there."""
        if names.FINALIZER not in instance.finalizers:
            return
        namespace, name = instance.key
        uid = instance.uid
        if await self._is_going_away(namespace):
            self._orphan((namespace, name, uid))
            await self._release(instance)
            return
        if self._inventory.is_partial(namespace):
            raise NotYet("the namespace may not be read in full", seconds=UNREADABLE_SECONDS)
        await self._stop(instance)
        removed = await self._delete_rows((namespace, name, uid))
        log.info("instance data removed", extra={"namespace": namespace, "instance": name, "executions": removed})
        await self._keys.forget(uid)
        await self._namespaces.leave(
            namespace, is_last=lambda: self._is_last(instance), release=lambda: self._release(instance)
        )

    async def remove_orphaned_data(self, orphan: Orphan) -> None:
        """Removes the rows of an Instance whose object is gone, and unties the database role of an empty namespace."""
        namespace, _, uid = orphan
        await self._delete_rows(orphan)
        await self._keys.forget(uid)
        if not any(self._stays(key) for key in self._in_namespace.of(namespace)):
            await self._tenancy.untie(namespace)
            self._namespaces.forget(namespace)

    async def _delete_rows(self, orphan: Orphan) -> int:
        namespace, name, uid = orphan
        flows = (item for key, item in self._inventory.all(FLOWS).items() if key[0] == namespace)
        others = [item.uid for item in flows if item.instance_uid != uid]
        return await self._tenancy.delete_instance_data(
            namespace=namespace, instance=name, instance_uid=uid, other_flows=others
        )

    def _stays(self, key: Key) -> bool:
        instance = self._inventory.get(INSTANCES, key)
        return instance is not None and not instance.is_going

    async def _is_going_away(self, namespace: str) -> bool:
        try:
            return Observed.parse(await self._cluster.get(NAMESPACES, None, namespace)).is_going
        except NotFound:
            return True

    async def _stop(self, instance: Instance) -> None:
        namespace, name = instance.key
        for flow in self._flows.objects_of((namespace, name)):
            await TRIGGERS[flow.trigger].stop(flow, self._cluster)
            await self._cluster.delete(FLOWS, namespace, flow.name, uid=flow.uid)
        jobs = self._workloads.in_namespace(namespace, instance=name)
        for job in [one for one in jobs if not one.is_going][:JOBS_AT_ONCE]:
            await self._cluster.delete(JOBS, namespace, job.name, uid=job.uid, propagation="Foreground")
        now = self._clock()
        left = [job for job in jobs if is_waited_for(job, now=now)]
        if left:
            await self._tell(instance, [job for job in left if asked_to_go(job, since=QUIET, now=now)])
            raise NotYet(f"{len(left)} Jobs of the instance are still there", seconds=JOBS_POLL_SECONDS)

    async def _tell(self, instance: Instance, jobs: Sequence[Job]) -> None:
        if jobs:
            named = ", ".join(sorted(job.name for job in jobs)[:_NAMED])
            more = f" and {len(jobs) - _NAMED} more" if len(jobs) > _NAMED else ""
            message = (
                f"Waiting for the Jobs {named}{more}: their pods have not ended, as on a node that does not answer."
                f" {PATIENCE.seconds // 60} minutes after their deletion the Instance goes without them."
            )
            await self._reporter.event(instance, reason=Reason.WAITING_FOR_JOBS, message=message)

    def _is_last(self, instance: Instance) -> bool:
        """Others that are being deleted count until they are let go: the last of them clears the namespace."""
        namespace, name = instance.key
        others = self._in_namespace.of(namespace) - {(namespace, name)}
        return not any(needs_namespace(other) for key in others if (other := self._inventory.get(INSTANCES, key)))

    async def _release(self, instance: Instance) -> None:
        namespace, name = instance.key
        try:
            left = await let_go(self._cluster, instance)
        except Conflict:
            self._inventory.put(INSTANCES, await self._cluster.get(INSTANCES, namespace, name))
            raise
        if left is None:
            self._inventory.remove(INSTANCES, (namespace, name), uid=instance.uid)
        else:
            self._inventory.put(INSTANCES, left)
        log.info("instance removed", extra={"namespace": namespace, "instance": name})


def is_waited_for(job: Job, *, now: datetime) -> bool:
    """Whether a Job keeps its Instance: one whose pods may still do something, until they have had time enough to end."""
    if job.is_going:
        return not asked_to_go(job, since=PATIENCE, now=now)
    return not job.is_over


def asked_to_go(job: Job, *, since: timedelta, now: datetime) -> bool:
    """Whether a Job was deleted so long ago."""
    return job.deleted is not None and now - timestamp(job.deleted) >= since


def needs_namespace(instance: Instance) -> bool:
    """Whether an Instance is deployed, or still to be cleared away by this operator."""
    return not instance.is_going or names.FINALIZER in instance.finalizers
