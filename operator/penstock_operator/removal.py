"""The end of an Instance: nothing starts any more, what runs is stopped, its rows go, then the finalizer.

1. In a namespace that is going away: the finalizer goes at once, since nothing can be made or waited for there;
   the rows are removed by `forget_data`, which is retried apart.
2. CronJobs and Flows are deleted, so that nothing new starts; what waits is cancelled.
3. Jobs that still run are deleted, and waited for.
4. The rows are removed in batches, then the digests of its keys.
5. The last Instance of a namespace takes the namespace's database role, Secret and RoleBinding with it.
"""

import logging
from collections.abc import Callable
from typing import Final

from penstock_core import names
from penstock_core.cluster import CRON_JOBS, FLOWS, INSTANCES, JOBS, NAMESPACES, Cluster, Key, Object, key_of
from penstock_core.errors import Conflict, NotFound
from penstock_core.store.tenancy import Tenancy
from penstock_operator.diagnosis import job_is_over
from penstock_operator.errors import NotYet
from penstock_operator.inventory import Inventory
from penstock_operator.tenancy import Namespaces
from penstock_operator.webhook_keys import WebhookKeys
from penstock_operator.workloads import Workloads

log = logging.getLogger(__name__)

JOBS_POLL_SECONDS: Final = 2.0


class Removal:
    """Removes Instances; `leave_behind(namespace, uid)` is told whose rows are to be removed later."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        workloads: Workloads,
        *,
        tenancy: Tenancy,
        namespaces: Namespaces,
        keys: WebhookKeys,
        leave_behind: Callable[[tuple[str, str]], None],
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._workloads = workloads
        self._tenancy = tenancy
        self._namespaces = namespaces
        self._keys = keys
        self._leave_behind = leave_behind

    async def remove(self, instance: Object) -> None:
        """One try; raises NotYet while its Jobs are still there."""
        if names.FINALIZER not in instance["metadata"].get("finalizers", []):
            return
        namespace, name = key_of(instance)
        uid = instance["metadata"]["uid"]
        if await self._is_going_away(namespace):
            self._leave_behind((namespace, uid))
        else:
            await self._stop(instance)
            removed = await self._tenancy.delete_instance_data(namespace=namespace, instance_uid=uid)
            log.info("instance data removed", extra={"namespace": namespace, "instance": name, "executions": removed})
            await self._keys.forget(uid)
            if self._is_last(instance):
                await self._namespaces.clear(namespace)
        await self._release(instance)

    async def forget_data(self, key: tuple[str, str]) -> None:
        """Removes the rows of an Instance, by (namespace, uid), whose object is gone, and the role of an empty namespace."""
        namespace, uid = key
        await self._tenancy.delete_instance_data(namespace=namespace, instance_uid=uid)
        await self._keys.forget(uid)
        if not any(self._stays(key) for key in self._inventory.instances_in(namespace)):
            await self._tenancy.drop_runner_role(namespace)

    def _stays(self, key: Key) -> bool:
        instance = self._inventory.get(INSTANCES, key)
        return instance is not None and "deletionTimestamp" not in instance["metadata"]

    async def _is_going_away(self, namespace: str) -> bool:
        try:
            found = await self._cluster.get(NAMESPACES, None, namespace)
        except NotFound:
            return True
        return "deletionTimestamp" in found["metadata"]

    async def _stop(self, instance: Object) -> None:
        namespace, name = key_of(instance)
        for flow in self._inventory.flows_of((namespace, name)):
            if flow["spec"]["trigger"] == "schedule":
                await self._cluster.delete(CRON_JOBS, namespace, names.cron_job(name, flow["metadata"]["uid"]))
            await self._cluster.delete(FLOWS, namespace, flow["metadata"]["name"])
        jobs = self._workloads.in_namespace(namespace, instance=name)
        for job in jobs:
            if "deletionTimestamp" not in job["metadata"]:
                await self._cluster.delete(JOBS, namespace, job["metadata"]["name"], propagation="Foreground")
        if any(not job_is_over(job) or "deletionTimestamp" in job["metadata"] for job in jobs):
            raise NotYet(f"{len(jobs)} Jobs of the instance are still there", seconds=JOBS_POLL_SECONDS)

    def _is_last(self, instance: Object) -> bool:
        namespace, name = key_of(instance)
        return not self._inventory.instances_in(namespace) - {(namespace, name)}

    async def _release(self, instance: Object) -> None:
        metadata = instance["metadata"]
        namespace, name = key_of(instance)
        kept = [one for one in metadata.get("finalizers", []) if one != names.FINALIZER]
        body = {"metadata": {"finalizers": kept, "resourceVersion": metadata["resourceVersion"]}}
        try:
            left = await self._cluster.patch(INSTANCES, namespace, name, body)
        except NotFound:
            kept = []
        except Conflict:
            self._inventory.put(INSTANCES, await self._cluster.get(INSTANCES, namespace, name))
            raise
        if kept:
            self._inventory.put(INSTANCES, left)
        else:
            # the answer shows the object as it was when it went: to keep it would bring it back
            self._inventory.remove(INSTANCES, (namespace, name))
        log.info("instance removed", extra={"namespace": namespace, "instance": name})
