"""Instance → Flows, CronJobs, webhook keys, a database role in its namespace, and a status that says what is there.

1. Another release's: left alone, see `claims`. Gone, or being deleted: see `removal`. In a catalogue only: not served.
2. Finalizer and claim, so that its rows are removed before it goes.
3. Resolve (see `resolution`): version, values, connections; what is wrong is one condition.
   An Instance that cannot be deployed keeps the Flows that it has, on the last good configuration; pausing still works.
4. Act, in this order: database role and gateway's right; definition rows before the Flows that name them; webhook keys;
   Flows; CronJobs; what is no longer wanted is deleted.
5. Status and Events.

Everything is compared with what the watches say before it is written: an unchanged Instance costs no request.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from penstock_core import codec, names
from penstock_core.cluster import CRON_JOBS, FLOWS, INSTANCES, Cluster, Key, Object, key_of
from penstock_core.errors import Conflict
from penstock_core.manifests.cronjob import cron_job
from penstock_core.manifests.flow import flow as flow_manifest
from penstock_core.store.acceptance import Acceptances
from penstock_core.store.model import InstanceMirror
from penstock_core.store.schedules import Schedules
from penstock_core.store.tenancy import Tenancy
from penstock_operator.apply import ensure
from penstock_operator.claims import claim, holder_of, leave
from penstock_operator.conditions import condition_of
from penstock_operator.deployment import Plan, held
from penstock_operator.instance_status import status
from penstock_operator.inventory import Inventory
from penstock_operator.removal import Removal
from penstock_operator.reporting import Reporter
from penstock_operator.resolution import Resolution, Resolver
from penstock_operator.settings import Settings
from penstock_operator.tenancy import Namespaces
from penstock_operator.webhook_keys import WebhookKeys
from penstock_operator.workloads import Collection

log = logging.getLogger(__name__)

_WARNINGS: Final = frozenset({"Incomplete", "NoVersion", "NewVersion"})
"""Reasons of conditions that are worth an Event; the others follow from these."""


class Instances:
    """Reconciles Instances; every collaborator is passed in."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        *,
        settings: Settings,
        clock: Callable[[], datetime],
        reporter: Reporter,
        resolver: Resolver,
        removal: Removal,
        namespaces: Namespaces,
        keys: WebhookKeys,
        cron_jobs: Collection,
        acceptances: Acceptances,
        schedules: Schedules,
        tenancy: Tenancy,
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._settings = settings
        self._clock = clock
        self._reporter = reporter
        self._resolver = resolver
        self._removal = removal
        self._namespaces = namespaces
        self._keys = keys
        self._cron_jobs = cron_jobs
        self._acceptances = acceptances
        self._schedules = schedules
        self._tenancy = tenancy
        self._mirrored: dict[Key, InstanceMirror] = {}

    async def reconcile(self, key: Key) -> None:
        """Brings one Instance, by (namespace, name), to where it should be."""
        instance = self._inventory.get(INSTANCES, key)
        holder = holder_of(instance) if instance is not None else None
        if instance is not None and holder is not None and holder != self._settings.release:
            self._mirrored.pop(key, None)
            await leave(self._reporter, instance, holder=holder, release=self._settings.release)
            return
        if instance is None or "deletionTimestamp" in instance["metadata"]:
            self._mirrored.pop(key, None)
            if instance is not None:
                await self._removal.remove(instance)
            return
        if not self._settings.serves(key[0]):
            return
        instance = await self._claimed(instance)
        resolution = await self._resolver.resolve(instance)
        if resolution.choice.pending:
            return  # its Integration is about to be looked at, and brings us back
        await self._deploy(instance, resolution)
        await self._report(instance, resolution)

    async def _claimed(self, instance: Object) -> Object:
        body = claim(instance, self._settings.release)
        if body is None:
            return instance
        metadata = instance["metadata"]
        try:
            patched = await self._cluster.patch(INSTANCES, metadata["namespace"], metadata["name"], body)
        except Conflict:
            patched = await self._cluster.get(INSTANCES, metadata["namespace"], metadata["name"])
            self._inventory.put(INSTANCES, patched)
            raise
        self._inventory.put(INSTANCES, patched)
        return patched

    async def _deploy(self, instance: Object, resolution: Resolution) -> None:
        key = key_of(instance)
        flows = {item["spec"]["flow"]: item for item in self._inventory.flows_of(key)}
        wanted = resolution.plan or held(instance, list(flows.values()))
        if wanted is None:
            return
        await self._namespaces.prepare(key[0])
        await self._mirror_keys(instance, wanted, resolution)
        for name, spec in wanted.flows.items():
            await self._deploy_flow(instance, spec, current=flows.get(name))
        for name in flows.keys() - wanted.flows.keys():
            await self._remove_flow(flows[name])

    async def _mirror_keys(self, instance: Object, wanted: Plan, resolution: Resolution) -> None:
        if resolution.credentials and any(spec["trigger"] == "webhook" for spec in wanted.flows.values()):
            await self._keys.mirror(instance, resolution.credentials)

    async def _deploy_flow(self, instance: Object, spec: Mapping[str, Any], *, current: Object | None) -> None:
        namespace = instance["metadata"]["namespace"]
        if current is None or current["spec"]["definitionHash"] != spec["definitionHash"]:
            packed = codec.pack(spec["definition"])
            await self._acceptances.ensure_definition(
                namespace=namespace, hash=spec["definitionHash"], packed=packed.data
            )
        manifest = flow_manifest(instance, spec, release=self._settings.release)
        await self._note_pause(spec, current)
        item, written = await ensure(self._cluster, FLOWS, manifest, current=current)
        if written:
            self._inventory.put(FLOWS, item)
            log.info("flow applied", extra={"namespace": namespace, "flow": item["metadata"]["name"]})
        if current is None and spec["paused"] and spec["trigger"] == "schedule":
            await self._schedules.pause(namespace=namespace, flow_uid=item["metadata"]["uid"], at=self._clock())
        await self._schedule(item)

    async def _note_pause(self, spec: Mapping[str, Any], current: Object | None) -> None:
        """Records where a schedule's pause begins or ends, before its CronJob is touched: a late tick must find it."""
        if current is None or spec["trigger"] != "schedule" or current["spec"]["paused"] == spec["paused"]:
            return
        note = self._schedules.pause if spec["paused"] else self._schedules.unpause
        metadata = current["metadata"]
        await note(namespace=metadata["namespace"], flow_uid=metadata["uid"], at=self._clock())

    async def _schedule(self, flow: Object) -> None:
        namespace, spec = flow["metadata"]["namespace"], flow["spec"]
        name = names.cron_job(spec["instance"], flow["metadata"]["uid"])
        current = self._cron_jobs.get((namespace, name))
        if spec["trigger"] == "schedule":
            await ensure(self._cluster, CRON_JOBS, cron_job(flow, runner=self._settings.runner), current=current)
        elif current is not None:
            await self._cluster.delete(CRON_JOBS, namespace, name)

    async def _remove_flow(self, flow: Object) -> None:
        namespace, name = key_of(flow)
        await self._cluster.delete(FLOWS, namespace, name)
        self._inventory.remove(FLOWS, (namespace, name))
        log.info("flow removed", extra={"namespace": namespace, "flow": name})

    async def _report(self, instance: Object, resolution: Resolution) -> None:
        flows = self._inventory.flows_of(key_of(instance))
        new = status(instance, resolution, flows=flows, now=self._reporter.now())
        await self._mirror(instance, new)
        if await self._reporter.status(INSTANCES, instance, {**instance.get("status", {}), **new}):
            await self._tell(instance, {"status": new})

    async def _tell(self, before: Object, after: Mapping[str, Any]) -> None:
        """One Event for each condition that became another, in the words of the condition."""
        for kind in ("Configured", "Deployed", "UpToDate"):
            old, new = condition_of(before, kind), condition_of(after, kind)
            if new is None or (old and (old["reason"], old["message"]) == (new["reason"], new["message"])):
                continue
            if new["reason"] == "Deployed":
                await self._reporter.event(before, type="Normal", reason=new["reason"], message=new["message"])
            elif new["reason"] in _WARNINGS:
                await self._reporter.event(before, type="Warning", reason=new["reason"], message=new["message"])

    async def _mirror(self, instance: Object, new: Mapping[str, Any]) -> None:
        metadata, spec = instance["metadata"], instance["spec"]
        ready = condition_of({"status": new}, "Ready")
        mirror = InstanceMirror(
            namespace=metadata["namespace"],
            uid=metadata["uid"],
            name=metadata["name"],
            integration=spec["integration"]["name"],
            version=new.get("version"),
            customer_id=spec["customer"]["id"],
            customer_name=spec["customer"].get("name"),
            labels=metadata.get("labels", {}),
            paused=bool(spec.get("paused", False)),
            ready=ready is not None and ready["status"] == "True",
        )
        if self._mirrored.get(key_of(instance)) != mirror:
            await self._tenancy.mirror_instance(mirror)
            self._mirrored[key_of(instance)] = mirror
