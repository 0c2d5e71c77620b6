"""The keys of an Instance's webhooks: generated where none is named, and mirrored as digests for the gateway.

The gateway sees no key at rest, and reads only Secrets that its Role names; so the secret that requests are signed with is
mirrored too, and many instances share a mirrored Secret, one field each. Only a merge patch changes one field and leaves alone
those that are written at the same moment; where many come at once, their fields are gathered, as each write is of a large object:
with three hundred fields it costs the API server ten times what it costs with one.
"""

import asyncio
import logging
import secrets
from collections.abc import Container, Mapping, Sequence
from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import SECRETS, Cluster, Key
from penstock_core.errors import ClusterError, Conflict, NotFound
from penstock_core.manifests.secret import webhook_digests, webhook_key
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_operator.control.gathering import Gathering
from penstock_operator.errors import KeyNotAdopted
from penstock_operator.instances.references.webhook_credentials import (
    KEY_BYTES,
    Credentials,
    generated_digest,
    generated_problem,
)
from penstock_operator.settings import Settings
from penstock_operator.watch.collection import Collection

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 0.5
"""How long after a write of a mirrored Secret the next one of it waits for company; a lone one does not wait."""
LONG_PAUSE_SECONDS: Final = 2.0
"""The same after one that had company: many come."""


class WebhookKeys:
    """Generates keys and mirrors their digests; `own` are the release's own Secrets as a watch sees them."""

    def __init__(
        self,
        cluster: Cluster,
        *,
        own: Collection[Secret],
        settings: Settings,
    ) -> None:
        self._cluster = cluster
        self._own = own
        self._settings = settings
        self._made: dict[Key, str | None] = {}
        self._gathering = Gathering(self._write, pause=_pause)

    def made(self, key: Key, secret: Secret | None) -> bool:
        """Whether a change that the watch tells is the making of a key here: who asked for that goes on with it."""
        if key not in self._made or secret is None:
            return False
        # the watch may be faster than the answer, which has the version
        return self._made.pop(key) in (None, secret.resource_version)

    async def generated(self, instance: Instance) -> Secret:
        """The Secret with the Instance's generated key, made where there is none."""
        name = names.webhook_key_secret(instance.name)
        found = self._own.get((instance.namespace, name))
        if found is not None:
            return found
        manifest = webhook_key(instance, release=self._settings.release, key=secrets.token_urlsafe(KEY_BYTES))
        try:
            return await self._make((instance.namespace, name), manifest)
        except Conflict:
            # an earlier try made it, and the watch has not told yet: its key may be in use, so it is never replaced
            return await self._taken_over(Secret.parse(await self._cluster.get(SECRETS, instance.namespace, name)))

    async def _make(self, key: Key, manifest: Mapping[str, Any]) -> Secret:
        self._made[key] = None
        try:
            made = Secret.parse(await self._cluster.create(SECRETS, key[0], manifest))
        except ClusterError:
            self._made.pop(key, None)
            raise
        if key in self._made:
            self._made[key] = made.resource_version
        return made

    async def _taken_over(self, secret: Secret) -> Secret:
        """The Secret with this release's label: one that an earlier release made would never be seen by the watch."""
        if secret.labels.get(names.LABEL_RELEASE) == self._settings.release or generated_problem(secret):
            return secret
        body = {"metadata": {"labels": {names.LABEL_RELEASE: self._settings.release}}}
        return Secret.parse(await self._cluster.patch(SECRETS, secret.namespace, secret.name, body))

    async def mirror(self, instance: Instance, credentials: Credentials) -> "asyncio.Future[None] | None":
        """Puts the digests of all accepted keys, and how requests are signed, where the gateway looks.

        What it gives is done once they are there; None where they were. Raises KeyNotAdopted.
        """
        digests = credentials.digests
        if digests is None:
            made = await self.generated(instance)
            if problem := generated_problem(made):
                raise KeyNotAdopted(problem)
            digests = (generated_digest(made),)
        manifest = webhook_digests(
            release=self._settings.release,
            release_name=self._settings.release_name,
            release_namespace=self._settings.release_namespace,
            instance_uid=instance.uid,
            digests=digests,
            signature=credentials.signature,
        )
        name = names.webhook_digest_secret(self._settings.release_name, instance.uid)
        if manifest["data"].items() <= self._mirrored(name).items():
            return None
        return self._gathering.put(name, manifest)

    async def forget(self, instance_uid: str) -> None:
        """Removes the mirrored digests."""
        await self._drop(names.webhook_digest_secret(self._settings.release_name, instance_uid), instance_uid)

    async def forget_all_but(self, instance_uids: Container[str]) -> None:
        """Removes what is left of Instances that went while nobody looked."""
        for name in names.webhook_digest_secrets(self._settings.release_name):
            stale = [uid for uid in self._mirrored(name) if uid not in instance_uids]
            if stale:
                await self._drop(name, *stale)
                log.info("digests of former instances removed", extra={"secret": name, "count": len(stale)})

    def _mirrored(self, name: str) -> Mapping[str, str]:
        """The fields of a mirrored Secret by uid, as the watch saw them last."""
        found = self._own.get((self._settings.release_namespace, name))
        return found.data if found else {}

    async def _write(self, name: str, manifests: Sequence[Mapping[str, Any]]) -> None:
        """Writes the fields of several manifests of one Secret."""
        namespace = self._settings.release_namespace
        fields = {key: value for manifest in manifests for key, value in manifest["data"].items()}
        manifest = {**manifests[0], "data": fields}
        try:
            await self._cluster.patch(SECRETS, namespace, name, manifest)
        except NotFound:
            try:
                await self._cluster.create(SECRETS, namespace, manifest)
            except Conflict:  # another replica made it meanwhile
                await self._cluster.patch(SECRETS, namespace, name, manifest)

    async def _drop(self, name: str, *instance_uids: str) -> None:
        body = {"data": dict.fromkeys(instance_uids)}
        try:
            await self._cluster.patch(SECRETS, self._settings.release_namespace, name, body)
        except NotFound:
            return


def _pause(count: int) -> float:
    """Seconds until the next write of a mirrored Secret, after one of so many Instances."""
    return LONG_PAUSE_SECONDS if count > 1 else PAUSE_SECONDS
