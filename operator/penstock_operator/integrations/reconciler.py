"""Integration → IntegrationVersion.

1. Gone: its versions are deleted as soon as no Instance names them.
2. Compile. Problems: condition Valid=False lists all of them, nothing is published, what was published stays in use.
   Warnings: Valid=True lists them, and an Event when the version is published.
3. The version is new: its snapshot is created. Known with the same content: nothing to do.
   Known with other content: Published=False, VersionConflict; the snapshot stays as it is.
4. Status: conditions, the version published last; each version says how many Instances run it.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from penstock_core import names
from penstock_core.cluster import INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS, Cluster, Key
from penstock_core.compiler import Problem, Verdict
from penstock_core.errors import Conflict
from penstock_core.manifests.integration_version import content_hash, snapshot
from penstock_core.observed.integration import Integration, IntegrationVersion
from penstock_operator.integrations.compilation import Compilation
from penstock_operator.objects.conditions import Condition, merged
from penstock_operator.objects.reasons import Reason
from penstock_operator.objects.reporter import Reporter
from penstock_operator.settings import Settings
from penstock_operator.watch.inventory import Inventory
from penstock_operator.watch.references import integration_keys, publisher_keys

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`publish` says whether to create the snapshot; `version` is what instances that follow should get then."""

    publish: bool
    version: str | None
    conditions: tuple[Condition, ...]


def decide(integration: Integration, *, verdict: Verdict, snapshots: Sequence[IntegrationVersion]) -> Decision:
    """What to do about an Integration of which the compiler says this, given the snapshots that there are."""
    version, before = integration.version, integration.published
    if verdict.problems:
        return _invalid(verdict, version=version, before=before)
    valid = _valid(verdict.warnings)
    known = {one.version: one.sha256 for one in snapshots}
    if version in known and known[version] != content_hash(integration.spec):
        message = (
            f"Version {version} was published with other content, which stays in use: "
            "give the change a new spec.version, or restore the content."
        )
        conditions = (valid, *_unpublished(Reason.VERSION_CONFLICT, message))
        return Decision(publish=False, version=before or version, conditions=conditions)
    message = f"Version {version} is published."
    conditions = (
        valid,
        Condition(type="Published", status=True, reason=Reason.PUBLISHED, message=message),
        Condition(type="Ready", status=True, reason=Reason.PUBLISHED, message=message),
    )
    return Decision(publish=version not in known, version=version, conditions=conditions)


def _valid(warnings: Sequence[Problem]) -> Condition:
    if not warnings:
        return Condition(type="Valid", status=True, reason=Reason.COMPILED, message="Every flow compiles.")
    message = "\n".join(["Every flow compiles, with warnings:", *map(str, warnings)])
    return Condition(type="Valid", status=True, reason=Reason.VALID_WITH_WARNINGS, message=message)


def _invalid(verdict: Verdict, *, version: str, before: str | None) -> Decision:
    in_use = f"{before} stays in use" if before else "nothing is published"
    message = f"Version {version} is not published, {in_use}: see the condition Valid."
    listed = "\n".join([*map(str, verdict.problems), *(f"warning: {one}" for one in verdict.warnings)])
    valid = Condition(type="Valid", status=False, reason=Reason.DOES_NOT_COMPILE, message=listed)
    return Decision(publish=False, version=before, conditions=(valid, *_unpublished(Reason.DOES_NOT_COMPILE, message)))


def _unpublished(reason: Reason, message: str) -> tuple[Condition, Condition]:
    return (
        Condition(type="Published", status=False, reason=reason, message=message),
        Condition(type="Ready", status=False, reason=reason, message=message),
    )


class Publication:
    """Reconciles Integrations."""

    def __init__(self, cluster: Cluster, inventory: Inventory, reporter: Reporter, *, settings: Settings) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._versions = inventory.index(INTEGRATION_VERSIONS, publisher_keys)
        self._users = inventory.index(INSTANCES, integration_keys)
        self._reporter = reporter
        self._settings = settings
        self._compilation = Compilation()
        self._compiled: dict[Key, tuple[tuple[str, int], Verdict]] = {}

    async def reconcile(self, key: Key) -> None:
        """Brings one Integration, by (namespace, name), to where it should be."""
        integration = self._inventory.get(INTEGRATIONS, key)
        if integration is None or integration.is_going:
            self._compiled.pop(key, None)
            await self._collect(key)
            return
        snapshots = self._versions.objects_of(key)
        decision = decide(integration, verdict=await self._verdict(key, integration), snapshots=snapshots)
        if decision.publish:
            await self._publish(integration)
            await self._tell_warnings(integration, decision)
        await self._report(integration, decision)
        await self._count(key)

    async def _verdict(self, key: Key, integration: Integration) -> Verdict:
        """Compiles each generation once."""
        identity = (integration.uid, integration.generation)
        remembered = self._compiled.get(key)
        if remembered is None or remembered[0] != identity:
            remembered = (identity, await self._compilation.verdict(integration.spec))
            self._compiled[key] = remembered
        return remembered[1]

    async def _publish(self, integration: Integration) -> None:
        namespace, version = integration.namespace, integration.version
        wanted = snapshot(integration, release=self._settings.release)
        try:
            created = await self._cluster.create(INTEGRATION_VERSIONS, namespace, wanted)
        except Conflict:
            # made by an earlier try whose watch event has not come yet
            created = await self._cluster.get(
                INTEGRATION_VERSIONS, namespace, names.integration_version(integration.name, version)
            )
        self._inventory.put(INTEGRATION_VERSIONS, created)
        await self._reporter.event(integration, reason=Reason.PUBLISHED, message=f"Version {version} is published")
        log.info(
            "version published",
            extra={"namespace": namespace, "integration": integration.name, "version": version},
        )

    async def _tell_warnings(self, integration: Integration, decision: Decision) -> None:
        for valid in decision.conditions:
            if valid.reason is Reason.VALID_WITH_WARNINGS:
                await self._reporter.event(integration, reason=valid.reason, message=valid.message)

    async def _report(self, integration: Integration, decision: Decision) -> None:
        generation, old = integration.generation, integration.status
        status = {
            **old,
            "observedGeneration": generation,
            "conditions": merged(old, decision.conditions, generation=generation, now=self._reporter.now()),
            "flows": len(integration.spec["flows"]),
        }
        if decision.version is not None:
            status["publishedVersion"] = decision.version
        await self._reporter.status(INTEGRATIONS, integration, status)
        await self._warn(integration, decision)

    async def _warn(self, integration: Integration, decision: Decision) -> None:
        first = next((one for one in decision.conditions if one.status is False), None)
        if first is not None:
            await self._reporter.event(integration, reason=first.reason, message=first.message)

    async def _collect(self, key: Key) -> None:
        """Deletes the versions of an Integration that is gone, unless an Instance still names or runs them."""
        await self._count(key)
        used = {version for versions in self._uses(key) for version in versions}
        for one in self._own_versions(key):
            if one.version not in used:
                await self._cluster.delete(INTEGRATION_VERSIONS, *one.key, uid=one.uid)

    async def _count(self, key: Key) -> None:
        """Writes into each version's status how many Instances run it."""
        running = Counter(version for _, version in self._uses(key))
        for one in self._own_versions(key):
            status = {**one.status, "instances": running[one.version]}
            await self._reporter.status(INTEGRATION_VERSIONS, one, status)

    def _own_versions(self, key: Key) -> list[IntegrationVersion]:
        """Versions that this release published: another with the same catalogue counts and collects its own."""
        return [
            one
            for one in self._versions.objects_of(key)
            if one.labels.get(names.LABEL_RELEASE) == self._settings.release
        ]

    def _uses(self, key: Key) -> list[tuple[str | None, str | None]]:
        """For each Instance of an Integration the version that it pins and the one that it runs."""
        return [(instance.pin, instance.version) for instance in self._users.objects_of(key)]
