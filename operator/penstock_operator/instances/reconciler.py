"""Instance → Flows, CronJobs, webhook keys, a database role in its namespace, and a status that says what is there.

1. Another release's: left alone, see `claims`. Gone, or being deleted: see `removal`. In a catalogue only: not served.
2. Finalizer and claim, so that its rows are removed before it goes.
3. Resolve (see `resolution`): version, values, connections; what is wrong is one condition.
   An Instance that cannot be deployed keeps the Flows that it has, on the last good configuration; pausing still works,
   and a Secret that may not be used any more is taken from them.
4. Act, in this order: database role and gateway's right; definition rows before the Flows that name them; Flows; CronJobs;
   what is no longer wanted is deleted. Webhook keys come beside the Flows, as neither needs the other: until the gateway has
   the keys, it answers 503. What the API server refuses does not keep the others.
5. Status and Events, also where something was refused; that is tried again, as every failure is.

Everything is compared with what the watches say before it is written: an unchanged Instance costs no request.
The database has no watch: each process tells it once what it should hold, as it may be a fresh or a restored one.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from penstock_core import codec, names
from penstock_core.cluster import FLOWS, INSTANCES, Cluster, Key
from penstock_core.errors import ClusterError, ClusterUnavailable, Conflict
from penstock_core.manifests.flow import flow as flow_manifest
from penstock_core.observed.base import Kept
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror, StoredDefinition
from penstock_operator.control.gathering import Gathering
from penstock_operator.errors import KeyNotAdopted, NotYet
from penstock_operator.instances.ownership import claim, holder_of, leave
from penstock_operator.instances.plan import Plan, PlannedFlow, Resolution, kept, scheduled_since
from penstock_operator.instances.removal import UNREADABLE_SECONDS, Removal
from penstock_operator.instances.resolution import Resolver
from penstock_operator.instances.status import status
from penstock_operator.instances.triggers import TRIGGERS
from penstock_operator.instances.triggers.kind import Site
from penstock_operator.instances.webhook_secrets import WebhookKeys
from penstock_operator.namespaces import Namespaces
from penstock_operator.objects.apply import ensure
from penstock_operator.objects.conditions import condition_of
from penstock_operator.objects.reasons import Reason
from penstock_operator.objects.reporter import Reporter
from penstock_operator.settings import Settings
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.inventory import Inventory
from penstock_operator.watch.references import owner_keys

log = logging.getLogger(__name__)
FOREIGN_KEY_SECONDS: Final = 60.0
"""Until it is looked again whether somebody else's Secret stands where a generated key should."""
INVALID: Final = 422
INVALID_SECONDS: Final = 300.0
"""Until the API server is asked again for what it called invalid: a schedule, a time zone. What the user changes comes at once."""

TURNS: Final = 24
"""Instances that send requests at a time: what an API server keeps up with.

Executions and the Lease come from the same account, and must not wait behind a thousand Instances.
Half as many may be removed beside them, as one with many rows takes long; both together leave connections to others.
"""


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
        cron_jobs: Collection[Kept],
        schedules: Schedules,
        tenancy: Tenancy,
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._flows = inventory.index(FLOWS, owner_keys)
        self._settings = settings
        self._clock = clock
        self._reporter = reporter
        self._resolver = resolver
        self._removal = removal
        self._namespaces = namespaces
        self._keys = keys
        self._site = Site(cluster=cluster, cron_jobs=cron_jobs, runner=settings.runner)
        self._schedules = schedules
        self._tenancy = tenancy
        self._turns, self._removals = asyncio.Semaphore(TURNS), asyncio.Semaphore(TURNS // 2)
        self._mirrors = Gathering(self._mirror_all)
        self._definitions = Gathering(self._keep_all)
        self._stored: dict[Key, _Stored] = {}

    async def reconcile(self, key: Key) -> None:
        """Brings one Instance, by (namespace, name), to where it should be."""
        instance = await self._served(key)
        if instance is None:
            return
        async with self._turns:
            instance = await self._claimed(instance)
            resolution = await self._resolver.resolve(instance)
        if resolution.choice.pending:
            return  # its Integration is about to be looked at, and brings us back
        refusal: str | None = None
        again: Exception | None = None
        try:
            async with self._turns:
                mirrored = await self._deploy(instance, resolution)
            if mirrored is not None:
                await mirrored
        except KeyNotAdopted as error:
            # no watch tells of that Secret, which has no label of ours
            resolution = replace(resolution, plan=None, problems=(*resolution.problems, str(error)))
            again = NotYet(str(error), seconds=FOREIGN_KEY_SECONDS)
        except ClusterError as error:
            if not is_refusal(error):
                raise
            refusal = str(error)
            again = NotYet(refusal, seconds=INVALID_SECONDS) if error.status == INVALID else error
        async with self._turns:
            await self._report(instance, resolution, refusal=refusal)
        if again is not None:
            raise again

    async def _served(self, key: Key) -> Instance | None:
        """The Instance; None where there is none to deploy: what that asks for is done."""
        instance = self._inventory.get(INSTANCES, key)
        holder = holder_of(instance) if instance is not None else None
        if instance is not None and holder is not None and holder != self._settings.release:
            self._stored.pop(key, None)
            async with self._turns:
                await leave(self._reporter, instance, holder=holder, release=self._settings.release)
            return None
        if instance is None or instance.is_going:
            self._stored.pop(key, None)
            if instance is not None:
                async with self._removals:
                    await self._removal.remove(instance)
            return None
        if not self._settings.serves(key[0]):
            return None
        if self._inventory.is_partial(key[0]):
            raise NotYet("the namespace may not be read in full", seconds=UNREADABLE_SECONDS)
        return instance

    async def _claimed(self, instance: Instance) -> Instance:
        body = claim(instance, self._settings.release)
        if body is None:
            return instance
        try:
            return self._inventory.put(INSTANCES, await self._cluster.patch(INSTANCES, *instance.key, body), ours=True)
        except Conflict:
            self._inventory.put(INSTANCES, await self._cluster.get(INSTANCES, *instance.key))
            raise

    async def _deploy(self, instance: Instance, resolution: Resolution) -> "asyncio.Future[None] | None":
        """Makes what is missing; done once the digests of the webhooks' keys are written, None where they were."""
        key = instance.key
        present = {flow.name: flow for flow in self._flows.objects_of(key)}
        plan = resolution.plan or await self._kept(instance, list(present.values()))
        if plan is None:
            return None
        await self._namespaces.prepare(key[0])
        deployed, mirrored = await asyncio.gather(
            self._deploy_flows(instance, plan, present),
            self._mirror_keys(instance, plan, resolution),
            return_exceptions=True,
        )
        if isinstance(deployed, BaseException):
            raise deployed
        if isinstance(mirrored, BaseException):
            raise mirrored
        return mirrored

    async def _deploy_flows(self, instance: Instance, plan: Plan, present: Mapping[str, Flow]) -> None:
        # by the objects' names: a flow whose name changes between upper and lower case stays the same object
        wanted = {names.flow_object(instance.name, name): flow for name, flow in plan.flows.items()}
        refusals: list[tuple[PlannedFlow, ClusterError]] = []
        for name, planned in wanted.items():
            try:
                await self._deploy_flow(instance, planned, current=present.get(name))
            except ClusterError as error:
                if not is_refusal(error):
                    raise
                refusals.append((planned, error))
        for name in present.keys() - wanted.keys():
            await self._remove_flow(present[name])
        if refusals:
            # one that may pass by itself, as a quota's, is asked again sooner than what is invalid
            status = min(error.status for _, error in refusals)
            raise ClusterError("; ".join(_told(planned, error) for planned, error in refusals), status=status)

    async def _kept(self, instance: Instance, flows: Sequence[Flow]) -> Plan | None:
        read: dict[str, list[str]] = {}
        for secret, fields in (pair for flow in flows for pair in flow.read_of_secrets.items()):
            read.setdefault(secret, []).extend(fields)
        withdrawn = await self._resolver.withdrawn(instance.namespace, read)
        return kept(instance, flows, withdrawn=withdrawn)

    async def _mirror_keys(
        self, instance: Instance, wanted: Plan, resolution: Resolution
    ) -> "asyncio.Future[None] | None":
        if resolution.credentials and any(TRIGGERS[flow.trigger].takes_requests for flow in wanted.flows.values()):
            return await self._keys.mirror(instance, resolution.credentials)
        return None

    async def _deploy_flow(self, instance: Instance, planned: PlannedFlow, *, current: Flow | None) -> None:
        release = self._settings.release
        await self._keep_definition(instance, planned)
        since = scheduled_since(planned, current, release=release, now=self._reporter.now())
        manifest = flow_manifest(instance, planned.spec, release=release, scheduled_since=since)
        if current is not None:
            await self._note_pause(instance, planned, current)
        key = (instance.namespace, names.flow_object(instance.name, planned.name))
        raw, written = await ensure(
            self._cluster,
            FLOWS,
            manifest,
            current=current.manifest() if current else None,
            announce=partial(self._inventory.expect, FLOWS, key),
        )
        if current is None or written:
            flow = self._inventory.put(FLOWS, raw, ours=True)
            log.info("flow applied", extra=_log_keys(flow))
        else:
            flow = current
        if current is None:
            await self._note_pause(instance, planned, flow, new=True)
        await self._deploy_trigger(flow)

    async def _keep_definition(self, instance: Instance, planned: PlannedFlow) -> None:
        stored, definition = self._stored_of(instance).definitions, planned.definition_hash
        if definition not in stored:
            packed = codec.pack(planned.spec["definition"]).data
            kept = StoredDefinition(hash=definition, packed=packed, instance_uid=instance.uid)
            await self._definitions.put(instance.namespace, kept)
            stored.add(definition)

    async def _keep_all(self, namespace: str, definitions: Sequence[StoredDefinition]) -> None:
        await self._tenancy.keep_definitions(namespace, definitions)

    async def _note_pause(self, instance: Instance, planned: PlannedFlow, flow: Flow, *, new: bool = False) -> None:
        """Records where a schedule's pause begins or ends, before its CronJob is touched: a late tick must find it."""
        noted, paused = self._stored_of(instance).pauses, planned.paused
        if not TRIGGERS[planned.trigger].keeps_times or noted.get(flow.uid) == paused:
            return
        # where nothing changes now, this process only makes sure of what another should have noted
        at = flow.last_applied if flow.paused == paused else self._clock()
        note = self._schedules.pause if paused else self._schedules.unpause
        if paused or not new:
            await note(namespace=flow.namespace, flow_uid=flow.uid, at=at)
        noted[flow.uid] = paused

    async def _deploy_trigger(self, flow: Flow) -> None:
        for kind, trigger in TRIGGERS.items():
            await (trigger.deploy if kind == flow.trigger else trigger.remove)(flow, self._site)

    async def _remove_flow(self, flow: Flow) -> None:
        await self._cluster.delete(FLOWS, *flow.key, uid=flow.uid)
        self._inventory.remove(FLOWS, flow.key, uid=flow.uid)
        log.info("flow removed", extra=_log_keys(flow))

    async def _report(self, instance: Instance, resolution: Resolution, *, refusal: str | None = None) -> None:
        flows = self._flows.objects_of(instance.key)
        new = status(instance, resolution, flows=flows, now=self._reporter.now(), refusal=refusal)
        await self._mirror(instance, new)
        old = instance.status
        if await self._reporter.status(INSTANCES, instance, {**old, **new}):
            await self._tell(instance, old, new)

    async def _tell(self, instance: Instance, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """One Event for each condition that became another, in its words; Ready and Paused follow from these or from the user."""
        for kind in ("Configured", "Deployed", "UpToDate"):
            old, new = condition_of(before, kind), condition_of(after, kind)
            if new is None or (old and (old.reason, old.message) == (new.reason, new.message)):
                continue
            await self._reporter.event(instance, reason=Reason(new.reason), message=new.message)

    async def _mirror(self, instance: Instance, new: Mapping[str, Any]) -> None:
        ready = condition_of(new, "Ready")
        mirror = InstanceMirror(
            namespace=instance.namespace,
            uid=instance.uid,
            name=instance.name,
            integration=instance.integration,
            version=new.get("version"),
            customer_id=instance.customer.id,
            customer_name=instance.customer.name,
            labels=instance.labels,
            paused=instance.paused,
            ready=ready is not None and ready.status is True,
        )
        stored = self._stored_of(instance)
        if stored.mirror != mirror:
            await self._mirrors.put(instance.namespace, mirror)
            stored.mirror = mirror

    async def _mirror_all(self, _: str, mirrors: Sequence[InstanceMirror]) -> None:
        await self._tenancy.mirror_instances(mirrors)

    def _stored_of(self, instance: Instance) -> _Stored:
        key, uid = instance.key, instance.uid
        found = self._stored.get(key)
        if found is None or found.uid != uid:
            found = self._stored[key] = _Stored(uid=uid)
        return found


def _told(planned: PlannedFlow, error: ClusterError) -> str:
    return f"flow {planned.name}{TRIGGERS[planned.trigger].line(planned.settings)}: {error}"


def _log_keys(flow: Flow) -> dict[str, str]:
    return {"namespace": flow.namespace, "instance": flow.instance, "flow": flow.flow}


def is_refusal(error: ClusterError) -> bool:
    """Whether the API server will say the same again, unless somebody changes something."""
    return 400 <= error.status < 500 and not isinstance(error, Conflict | ClusterUnavailable)
