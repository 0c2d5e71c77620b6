"""Observes what an Instance refers to and decides whether it can be deployed: every problem at once, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from penstock_core.cluster import INTEGRATION_VERSIONS, INTEGRATIONS, SECRETS, Cluster, Key
from penstock_core.cluster.kinds import WatchedKind
from penstock_core.compiler import resolve_config
from penstock_core.errors import NotFound
from penstock_core.observed.base import Observed
from penstock_core.observed.content import Content
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import IntegrationVersion
from penstock_operator.instances.plan import Resolution, override_problems, plan, size_problems, trigger_warnings
from penstock_operator.instances.references.config_maps import ConfigMaps
from penstock_operator.instances.references.connections import (
    is_offered,
    no_variable,
    optional_unset,
    resolve,
    used_by,
    warnings,
)
from penstock_operator.instances.references.surplus import declared_names, surplus_of, with_takers
from penstock_operator.instances.references.version_choice import Choice, choose
from penstock_operator.instances.references.webhook_credentials import credentials_of
from penstock_operator.instances.references.whereabouts import not_a_catalogue, not_found
from penstock_operator.settings import Settings
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.inventory import Inventory
from penstock_operator.watch.references import config_map_keys, publisher_keys

Value = TypeVar("Value", bound=Observed)


class Resolver:
    """Reads Secrets through a watch, ConfigMaps beside one; what a watch does not hold is asked for once more, by name."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        *,
        connections: Collection[Secret],
        config_maps: ConfigMaps,
        settings: Settings,
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._versions = inventory.index(INTEGRATION_VERSIONS, publisher_keys)
        self._by_declared = inventory.index(INTEGRATION_VERSIONS, declared_names)
        self._connections = connections
        self._config_maps = config_maps
        self._settings = settings

    async def resolve(self, instance: Instance) -> Resolution:
        """What to deploy for an Instance, or what keeps it from being deployed."""
        key = instance.integration_key
        catalogues = self._settings.catalogue_namespaces
        if key[0] not in (instance.namespace, *catalogues):
            refused = not_a_catalogue(instance, offered=self._offered(instance), catalogues=catalogues)
            return Resolution(choice=Choice(snapshot=None, newest=None, problem=refused))
        integration, snapshots = self._inventory.get(INTEGRATIONS, key), self._versions.objects_of(key)
        choice = choose(instance, integration=integration, snapshots=snapshots)
        if choice.snapshot is None and integration is None and not snapshots:
            missing = not_found(instance, offered=self._offered(instance), catalogues=catalogues)
            return Resolution(choice=replace(choice, problem=missing))
        if choice.snapshot is None:
            return Resolution(choice=choice)
        return await self._with_content(instance, choice, choice.snapshot.content)

    async def _with_content(self, instance: Instance, choice: Choice, content: Content) -> Resolution:
        texts, problems = await self._texts(instance)
        knowers = partial(self._knowers, instance.integration_key)
        surplus = surplus_of(instance, content, knowers=knowers)
        set_here = {name: value for name, value in instance.config.items() if name not in surplus.of("config")}
        named = {name: one for name, one in instance.connections.items() if name not in surplus.of("connection")}
        config, config_problems = resolve_config(content.variables, set_here, texts)
        secrets = await self._secrets(instance)
        connections, connection_problems = resolve(content.connections, named, secret=secrets.get)
        credentials, credential_problems = credentials_of(instance, secret=secrets.get)
        problems += [
            *with_takers(config_problems, instance, content, knowers=knowers),
            *connection_problems,
            *credential_problems,
            *override_problems(instance, content, surplus=surplus),
            *size_problems(config, flows=len(content.flows)),
        ]
        if problems:
            unusable = {name: given for name, given in named.items() if name not in connections}
            return Resolution(choice=choice, problems=tuple(problems), credentials=credentials, unusable=unusable)
        planned = plan(instance, content, config=config, connections=connections, public_url=self._settings.public_url)
        used = frozenset().union(*(used_by(flow.steps) for flow in content.flows))
        warned = [
            *optional_unset(content.connections, instance.connections, used=used),
            *warnings(connections, secret=secrets.get),
            *trigger_warnings(instance, content),
        ]
        return Resolution(choice=choice, plan=planned, credentials=credentials, warnings=tuple(warned), surplus=surplus)

    def _knowers(self, integration: Key, kind: str, name: str) -> list[IntegrationVersion]:
        """The published versions that declare a member of this kind and name."""
        return self._by_declared.objects_of((integration, kind, name))

    async def withdrawn(self, namespace: str, secrets: Mapping[str, Sequence[str]]) -> frozenset[str]:
        """Which of these Secrets, with the fields that are read of each, lack the label that lets Penstock use them.

        Those that hold in these fields what keeps a runner from starting are among them, one that does not exist is not: it
        harms no Job.
        """
        found = {name: await self._secret((namespace, name)) for name in sorted(secrets)}
        return frozenset(
            name
            for name, item in found.items()
            if item is not None and (not is_offered(item) or no_variable(secrets[name], item))
        )

    def _offered(self, instance: Instance) -> list[Key]:
        """The Integrations that it could name: those of its own namespace and of the catalogues."""
        namespaces = {instance.namespace, *self._settings.catalogue_namespaces}
        return [key for key in self._inventory.all(INTEGRATIONS) if key[0] in namespaces]

    async def _texts(self, instance: Instance) -> tuple[dict[str, str], list[str]]:
        """The data of the Instance's ConfigMaps, later ones over earlier ones, and a sentence for each that is missing."""
        texts: dict[str, str] = {}
        problems: list[str] = []
        for key in config_map_keys(instance):
            item = await self._config_maps.get(key)
            if item is None:
                problems.append(
                    f"spec.configFrom: the ConfigMap {key[1]} does not exist: create it, or remove the entry"
                )
            else:
                texts |= item.data
        return texts, problems

    async def _secrets(self, instance: Instance) -> dict[str, Secret]:
        found = {name: await self._secret((instance.namespace, name)) for name in sorted(instance.named_secrets)}
        return {name: item for name, item in found.items() if item is not None}

    async def _secret(self, key: Key) -> Secret | None:
        # not in the watch: it lacks the label, or does not exist, or came this moment; the message should tell which
        return self._connections.get(key) or await self._get(SECRETS, key)

    async def _get(self, kind: WatchedKind[Value], key: Key) -> Value | None:
        try:
            return kind.parse(await self._cluster.get(kind, *key))
        except NotFound:
            return None
