"""Runs the reconciliation of Instances, with all that it reads, and looks after what Instances need around them."""

from typing import Final

from penstock_core import names
from penstock_core.cluster import CONFIG_MAPS_SEEN, CRON_JOBS, INSTANCES, SECRETS, Key
from penstock_core.observed.base import Kept
from penstock_core.observed.data import ConfigMap, Secret
from penstock_core.store.flows.schedules import Schedules
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.control.work_queue import WorkQueue
from penstock_operator.instances.dependents import Dependents
from penstock_operator.instances.reconciler import Instances
from penstock_operator.instances.references.config_maps import ConfigMaps
from penstock_operator.instances.removal import Orphan, Removal
from penstock_operator.instances.resolution import Resolver
from penstock_operator.instances.webhook_secrets import WebhookKeys
from penstock_operator.services import Services
from penstock_operator.watch.collection import Collection

WORKERS: Final = 96
"""Instances that are reconciled at a time: most wait for a turn to send requests, or for company of their digests.

More would run out of their time together where the API server is slow.
"""
STALE_KEYS_SECONDS: Final = 3600.0
NAMESPACES_SECONDS: Final = 300.0


def build(services: Services) -> Controller:
    """A queue of Instances, and one of those whose object is gone and whose rows are not."""
    topic = _Topic(services)
    return Controller(
        queues=(topic.queue, topic.orphans),
        loops=(
            Loop(name="stale-keys", seconds=STALE_KEYS_SECONDS, step=topic.forget_stale_keys),
            Loop(name="namespaces", seconds=NAMESPACES_SECONDS, step=topic.recheck_namespaces),
        ),
        collections=(topic.connections, topic.own_secrets, topic.config_maps, topic.cron_jobs),
        on_object=topic.dependents.changed,
        on_start=topic.dependents.everything,
    )


class _Topic:
    """The parts of the topic, as they know one another."""

    connections: Collection[Secret]
    own_secrets: Collection[Secret]
    config_maps: Collection[ConfigMap]
    cron_jobs: Collection[Kept]

    def __init__(self, services: Services) -> None:
        self._services = services
        self._collect()
        self._keys = WebhookKeys(services.cluster, own=self.own_secrets, settings=services.settings)
        removal = Removal(
            services.cluster,
            services.inventory,
            services.workloads,
            clock=services.clock,
            reporter=services.reporter,
            tenancy=services.tenancy,
            namespaces=services.namespaces,
            keys=self._keys,
            orphan=lambda orphan: self.orphans.add(orphan),
        )
        self.orphans: WorkQueue[Orphan] = services.queue("left-behind", removal.remove_orphaned_data, workers=1)
        self.queue = services.queue("instances", self._reconciler(removal).reconcile, workers=WORKERS)
        self.dependents = Dependents(services.inventory, self.queue, release_name=services.settings.release_name)

    def _collect(self) -> None:
        """The watches; what changes reaches `dependents`, which knows the queue that needs the watches."""
        cluster, watched = self._services.cluster, self._services.settings.watched
        release = f"{names.LABEL_RELEASE}={self._services.settings.release}"
        self.connections = Collection(
            cluster,
            SECRETS,
            namespaces=watched,
            labels=f"{names.LABEL_CONNECTION}=true",
            on_change=lambda key, item: self.dependents.secret_changed(key, item),
        )
        self.own_secrets = Collection(
            cluster,
            SECRETS,
            namespaces=self._secret_namespaces(),
            labels=release,
            on_change=self._own_secret_changed,
        )
        self.config_maps = Collection(
            cluster,
            CONFIG_MAPS_SEEN,
            namespaces=watched,
            on_change=self._config_map_changed,
        )
        self._read_config_maps = ConfigMaps(
            cluster, self.config_maps, is_named=lambda key: self.dependents.names_config_map(key)
        )
        self.cron_jobs = Collection(cluster, CRON_JOBS, namespaces=watched, labels=release)

    def _config_map_changed(self, key: Key, item: ConfigMap | None) -> None:
        self._read_config_maps.changed(key)
        self.dependents.config_map_changed(key, item)

    def _secret_namespaces(self) -> tuple[str | None, ...]:
        """Where the release's own Secrets lie: also in its own namespace, whatever it serves."""
        settings = self._services.settings
        if None in settings.watched:
            return settings.watched
        return tuple(dict.fromkeys((*settings.watched, settings.release_namespace)))

    def _reconciler(self, removal: Removal) -> Instances:
        services = self._services
        return Instances(
            services.cluster,
            services.inventory,
            settings=services.settings,
            clock=services.clock,
            reporter=services.reporter,
            resolver=Resolver(
                services.cluster,
                services.inventory,
                connections=self.connections,
                config_maps=self._read_config_maps,
                settings=services.settings,
            ),
            removal=removal,
            namespaces=services.namespaces,
            keys=self._keys,
            cron_jobs=self.cron_jobs,
            schedules=Schedules(services.pool),
            tenancy=services.tenancy,
        )

    def _own_secret_changed(self, key: Key, item: Secret | None) -> None:
        settings = self._services.settings
        if key[1] == names.database_secret(settings.release_name):
            self._services.namespaces.forget(key[0])
            self.dependents.database_secret_changed(key[0])
        if item is None and key[0] == settings.release_namespace:
            self.dependents.digests_gone(key[1])
        if not self._keys.made(key, item):
            self.dependents.secret_changed(key, None)

    async def forget_stale_keys(self) -> None:
        """Not where a namespace could not be read at the start: its Instances are unknown, and not gone."""
        inventory = self._services.inventory
        if inventory.began_whole:
            instances = inventory.all(INSTANCES).values()
            await self._keys.forget_all_but({instance.uid for instance in instances})

    async def recheck_namespaces(self) -> None:
        """Looks again at what every namespace with Instances should hold."""
        namespaces = self._services.namespaces
        await namespaces.recheck(namespaces.prepared())
