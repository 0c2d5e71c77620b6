"""Instance → Flows, CronJobs, webhook keys, a database role in its namespace, and a status that says what is there.

1. Another release's: left alone, see `claims`. Gone, or being deleted: see `removal`. In a catalogue only: not served.
2. Finalizer and claim, so that its rows are removed before it goes.
3. Resolve (see `resolution`): version, values, connections; what is wrong is one condition.
   An Instance that cannot be deployed keeps the Flows that it has, on the last good configuration; pausing still works,
   and a Secret that may not be used any more is taken from them.
4. Act, in this order: database role and gateway's right; definition rows before the Flows that name them; webhook keys;
   Flows; CronJobs; what is no longer wanted is deleted. A flow that the API server refuses does not keep the others.
5. Status and Events, also where something was refused; that is tried again, as every failure is.

Everything is compared with what the watches say before it is written: an unchanged Instance costs no request.
The database has no watch: each process tells it once what it should hold, as it may be a fresh or a restored one.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock_core import codec, names
from penstock_core.cluster import CRON_JOBS, FLOWS, INSTANCES, Cluster, Key, Object, key_of
from penstock_core.errors import ClusterError, ClusterUnavailable, Conflict
from penstock_core.manifests.cronjob import cron_job
from penstock_core.manifests.flow import flow as flow_manifest
from penstock_core.objects import condition_of
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror
from penstock_operator.errors import NotYet
from penstock_operator.instances.ownership import claim, holder_of, leave
from penstock_operator.instances.plan import Plan, Resolution, kept, scheduled_since
from penstock_operator.instances.removal import UNREADABLE_SECONDS, Removal
from penstock_operator.instances.resolution import Resolver
from penstock_operator.instances.status import status
from penstock_operator.instances.webhook_secrets import WebhookKeys
from penstock_operator.namespaces import Namespaces
from penstock_operator.objects.apply import ensure
from penstock_operator.objects.flow_times import last_applied
from penstock_operator.objects.reasons import Reason
from penstock_operator.objects.reporter import Reporter
from penstock_operator.settings import Settings
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.inventory import Inventory

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Stored:
    """What this process has put into the database about an Instance: hashes of definitions, and pauses by Flow uid."""

    uid: str
    mirror: InstanceMirror | None = None
    definitions: set[str] = field(default_factory=set)
    pauses: dict[str, bool] = field(default_factory=dict)


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
        self._schedules = schedules
        self._tenancy = tenancy
        self._stored: dict[Key, _Stored] = {}

    async def reconcile(self, key: Key) -> None:
        """Brings one Instance, by (namespace, name), to where it should be."""
        instance = self._inventory.get(INSTANCES, key)
        holder = holder_of(instance) if instance is not None else None
        if instance is not None and holder is not None and holder != self._settings.release:
            self._stored.pop(key, None)
            await leave(self._reporter, instance, holder=holder, release=self._settings.release)
            return
        if instance is None or "deletionTimestamp" in instance["metadata"]:
            self._stored.pop(key, None)
            if instance is not None:
                await self._removal.remove(instance)
            return
        if not self._settings.serves(key[0]):
            return
        if self._inventory.is_partial(key[0]):
            raise NotYet("the namespace may not be read in full", seconds=UNREADABLE_SECONDS)
        instance = await self._claimed(instance)
        resolution = await self._resolver.resolve(instance)
        if resolution.choice.pending:
            return  # its Integration is about to be looked at, and brings us back
        try:
            await self._deploy(instance, resolution)
        except ClusterError as error:
            if is_refusal(error):
                await self._report(instance, resolution, refusal=str(error))
            raise
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
        present = {item["metadata"]["name"]: item for item in self._inventory.flows_of(key)}
        plan = resolution.plan or await self._kept(instance, list(present.values()))
        if plan is None:
            return
        await self._namespaces.prepare(key[0])
        await self._mirror_keys(instance, plan, resolution)
        # by the objects' names: a flow whose name changes between upper and lower case stays the same object
        wanted = {names.flow_object(key[1], name): spec for name, spec in plan.flows.items()}
        refusals = []
        for name, spec in wanted.items():
            try:
                await self._deploy_flow(instance, spec, current=present.get(name))
            except ClusterError as error:
                if not is_refusal(error):
                    raise
                refusals.append(error)
        for name in present.keys() - wanted.keys():
            await self._remove_flow(present[name])
        if refusals:
            raise ClusterError("; ".join(map(str, refusals)), status=refusals[0].status)

    async def _kept(self, instance: Object, flows: Sequence[Object]) -> Plan | None:
        secrets = {one["secretName"] for item in flows for one in item["spec"]["connections"]}
        withdrawn = await self._resolver.withdrawn(instance["metadata"]["namespace"], secrets)
        return kept(instance, flows, withdrawn=withdrawn)

    async def _mirror_keys(self, instance: Object, wanted: Plan, resolution: Resolution) -> None:
        if resolution.credentials and any(spec["trigger"] == "webhook" for spec in wanted.flows.values()):
            await self._keys.mirror(instance, resolution.credentials)

    async def _deploy_flow(self, instance: Object, spec: Mapping[str, Any], *, current: Object | None) -> None:
        release = self._settings.release
        await self._keep_definition(instance, spec)
        since = scheduled_since(spec, current, release=release, now=self._reporter.now())
        manifest = flow_manifest(instance, spec, release=release, scheduled_since=since)
        if current is not None:
            await self._note_pause(instance, spec, current)
        item, written = await ensure(self._cluster, FLOWS, manifest, current=current)
        if written:
            self._inventory.put(FLOWS, item)
            log.info("flow applied", extra=_log_keys(item))
        if current is None:
            await self._note_pause(instance, spec, item, new=True)
        await self._schedule(item)

    async def _keep_definition(self, instance: Object, spec: Mapping[str, Any]) -> None:
        stored, definition = self._stored_of(instance).definitions, spec["definitionHash"]
        if definition not in stored:
            metadata = instance["metadata"]
            packed = codec.pack(spec["definition"]).data
            await self._tenancy.keep_definition(
                namespace=metadata["namespace"], instance_uid=metadata["uid"], hash=definition, packed=packed
            )
            stored.add(definition)

    async def _note_pause(self, instance: Object, spec: Mapping[str, Any], flow: Object, *, new: bool = False) -> None:
        """Records where a schedule's pause begins or ends, before its CronJob is touched: a late tick must find it."""
        noted, metadata, paused = self._stored_of(instance).pauses, flow["metadata"], spec["paused"]
        if spec["trigger"] != "schedule" or noted.get(metadata["uid"]) == paused:
            return
        # where nothing changes now, this process only makes sure of what another should have noted
        at = last_applied(flow) if flow["spec"]["paused"] == paused else self._clock()
        note = self._schedules.pause if paused else self._schedules.unpause
        if paused or not new:
            await note(namespace=metadata["namespace"], flow_uid=metadata["uid"], at=at)
        noted[metadata["uid"]] = paused

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
        self._inventory.remove(FLOWS, (namespace, name), uid=flow["metadata"]["uid"])
        log.info("flow removed", extra=_log_keys(flow))

    async def _report(self, instance: Object, resolution: Resolution, *, refusal: str | None = None) -> None:
        flows = self._inventory.flows_of(key_of(instance))
        new = status(instance, resolution, flows=flows, now=self._reporter.now(), refusal=refusal)
        await self._mirror(instance, new)
        if await self._reporter.status(INSTANCES, instance, {**instance.get("status", {}), **new}):
            await self._tell(instance, {"status": new})

    async def _tell(self, before: Object, after: Mapping[str, Any]) -> None:
        """One Event for each condition that became another, in its words; Ready and Paused follow from these or from the user."""
        for kind in ("Configured", "Deployed", "UpToDate"):
            old, new = condition_of(before, kind), condition_of(after, kind)
            if new is None or (old and (old["reason"], old["message"]) == (new["reason"], new["message"])):
                continue
            await self._reporter.event(before, reason=Reason(new["reason"]), message=new["message"])

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
        stored = self._stored_of(instance)
        if stored.mirror != mirror:
            await self._tenancy.mirror_instance(mirror)
            stored.mirror = mirror

    def _stored_of(self, instance: Object) -> _Stored:
        key, uid = key_of(instance), instance["metadata"]["uid"]
        found = self._stored.get(key)
        if found is None or found.uid != uid:
            found = self._stored[key] = _Stored(uid=uid)
        return found


def _log_keys(flow: Object) -> dict[str, str]:
    spec = flow["spec"]
    return {"namespace": flow["metadata"]["namespace"], "instance": spec["instance"], "flow": spec["flow"]}


def is_refusal(error: ClusterError) -> bool:
    """Whether the API server will say the same again, unless somebody changes something."""
    return 400 <= error.status < 500 and not isinstance(error, Conflict | ClusterUnavailable)
