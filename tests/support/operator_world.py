"""All reconcilers of the operator over one cluster and one store that only remember."""

from datetime import datetime
from typing import Any

from builders import instance, integration
from fake_cluster import FakeCluster
from operator_stand import Clock, Collections, FakeTenancy
from penstock_core import names
from penstock_core.cluster import CONFIG_MAPS_SEEN, CRON_JOBS, INSTANCES, INTEGRATIONS, SECRETS
from penstock_core.observed.workload import Job
from penstock_core.store.flows import schedules
from penstock_operator.instances.reconciler import Instances
from penstock_operator.instances.references.config_maps import ConfigMaps
from penstock_operator.instances.removal import Orphan, Removal
from penstock_operator.instances.resolution import Resolver
from penstock_operator.instances.webhook_secrets import WebhookKeys
from penstock_operator.integrations.reconciler import Publication
from penstock_operator.namespaces import Namespaces
from penstock_operator.objects.reporter import Reporter
from penstock_operator.settings import Settings
from penstock_operator.watch.inventory import Inventory
from penstock_operator.workloads import index

KEY = ("acme", "acme-orders")
HOOKS = names.webhook_digest_secret("penstock", "6f1c")
INTEGRATION = integration(
    configVariables=[{"name": "region", "type": "picklist", "options": ["eu", "us"], "required": True}],
    flows=[
        {
            "name": "hook",
            "trigger": {"webhook": {}},
            "steps": [{"name": "a", "set": {"value": "${config.region}"}}],
        },
        {
            "name": "poll",
            "trigger": {"schedule": {"cron": "0 6 * * *"}},
            "steps": [{"name": "a", "set": {"value": 1}}],
        },
    ],
)
INSTANCE = instance(uid="6f1c", config={"region": "eu"})


class Schedules(schedules.Schedules):
    """Remembers what was noted of pauses, and for when."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.times: list[datetime] = []

    async def pause(self, *, namespace: str, flow_uid: str, at: datetime) -> None:
        self.notes.append("pause")
        self.times.append(at)

    async def unpause(self, *, namespace: str, flow_uid: str, at: datetime) -> None:
        self.notes.append("unpause")
        self.times.append(at)


class Workloads(index.Workloads):
    """The Jobs that a test names."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def in_namespace(self, namespace: str, *, instance: str) -> list[Job]:
        return self.jobs


class World:
    """All reconcilers over one fake cluster, as one process has them."""

    def __init__(
        self,
        cluster: FakeCluster,
        inventory: Inventory,
        *,
        settings: Settings,
        tenancy: FakeTenancy,
        clock: Clock,
        collection: Collections,
    ) -> None:
        self._parts = {"settings": settings, "tenancy": tenancy, "clock": clock, "collection": collection}
        self.cluster, self.inventory, self.tenancy = cluster, inventory, tenancy
        self.schedules, self.workloads = Schedules(), Workloads()
        self.orphans: list[Orphan] = []
        reporter = Reporter(cluster, inventory, clock=clock)
        keys = WebhookKeys(cluster, own=collection(SECRETS), settings=settings)
        self.namespaces = namespaces = Namespaces(cluster, tenancy, settings)
        self.removal = Removal(
            cluster,
            inventory,
            self.workloads,
            clock=clock,
            reporter=reporter,
            tenancy=tenancy,
            namespaces=namespaces,
            keys=keys,
            orphan=self.orphans.append,
        )
        self.publication = Publication(cluster, inventory, reporter, settings=settings)
        self.instances = Instances(
            cluster,
            inventory,
            settings=settings,
            clock=clock,
            reporter=reporter,
            resolver=Resolver(
                cluster,
                inventory,
                connections=collection(SECRETS),
                config_maps=ConfigMaps(cluster, collection(CONFIG_MAPS_SEEN), is_named=lambda _: True),
                settings=settings,
            ),
            removal=self.removal,
            namespaces=namespaces,
            keys=keys,
            cron_jobs=collection(CRON_JOBS),
            schedules=self.schedules,
            tenancy=tenancy,
        )

    def fresh(self, **parts: Any) -> "World":
        """Another process over the same cluster and store, which remembers nothing; `parts` replace some."""
        return World(self.cluster, self.inventory, **{**self._parts, **parts})

    async def settle(self) -> None:
        """Reconciles until nothing is written any more; a few rounds are enough."""
        for _ in range(4):
            before = len(self.cluster.writes)
            await self.publication.reconcile(("acme", "orders"))
            await self.instances.reconcile(KEY)
            if len(self.cluster.writes) == before:
                return

    def condition(self, kind: str) -> dict[str, Any]:
        """A condition of the Instance."""
        conditions = self.cluster.of(INSTANCES)["acme-orders"]["status"]["conditions"]
        found: dict[str, Any] = next(one for one in conditions if one["type"] == kind)
        return found

    def change(self, **spec: Any) -> None:
        """A user's change of the Instance's spec."""
        body = self.cluster.of(INSTANCES)["acme-orders"]
        generation = body["metadata"]["generation"] + 1
        self.cluster.seed(
            INSTANCES,
            {**body, "metadata": {**body["metadata"], "generation": generation}, "spec": {**body["spec"], **spec}},
        )

    def publish(self, version: str, **spec: Any) -> None:
        """A publisher's new version."""
        body = self.cluster.of(INTEGRATIONS)["orders"]
        generation = body["metadata"]["generation"] + 1
        self.cluster.seed(
            INTEGRATIONS,
            {
                **body,
                "metadata": {**body["metadata"], "generation": generation},
                "spec": {**body["spec"], "version": version, **spec},
            },
        )

    def delete_instance(self, name: str = "acme-orders") -> None:
        """A user's deletion; the finalizer keeps it."""
        body = self.cluster.of(INSTANCES)[name]
        self.cluster.seed(
            INSTANCES, {**body, "metadata": {**body["metadata"], "deletionTimestamp": "2026-03-01T12:00:00Z"}}
        )
