"""The keys of an Instance's webhooks: generated where none is named, and mirrored as digests for the gateway.

The gateway sees no key at rest, and reads only Secrets that its Role names; so the secret that requests are signed with is
mirrored too, and many instances share a mirrored Secret, one field each. Only a merge patch changes one field and leaves alone
those that are written at the same moment.
"""

import logging
import secrets
from collections.abc import Container, Mapping
from typing import Any

from penstock_core import names
from penstock_core.cluster import SECRETS, Cluster
from penstock_core.errors import Conflict, NotFound
from penstock_core.manifests.secret import webhook_digests, webhook_key
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_operator.instances.webhook_credentials import Credentials, digests_of
from penstock_operator.settings import Settings
from penstock_operator.watch.collection import Collection

log = logging.getLogger(__name__)


class WebhookKeys:
    """Generates keys and mirrors their digests; `own` are the release's own Secrets as a watch sees them."""

    def __init__(self, cluster: Cluster, *, own: Collection[Secret], settings: Settings) -> None:
        self._cluster = cluster
        self._own = own
        self._settings = settings

    async def generated(self, instance: Instance) -> Secret:
        """The Secret with the Instance's generated key, made where there is none."""
        name = names.webhook_key_secret(instance.name)
        found = self._own.get((instance.namespace, name))
        if found is not None and digests_of(found):
            return found
        manifest = webhook_key(instance, release=self._settings.release, key=secrets.token_urlsafe(32))
        try:
            return Secret.parse(await self._cluster.create(SECRETS, instance.namespace, manifest))
        except Conflict:
            # an earlier try made it, and the watch has not told yet: its key may be in use, so it is never replaced
            return await self._taken_over(Secret.parse(await self._cluster.get(SECRETS, instance.namespace, name)))

    async def _taken_over(self, secret: Secret) -> Secret:
        """The Secret with this release's label: one that an earlier release made would never be seen by the watch."""
        if secret.labels.get(names.LABEL_RELEASE) == self._settings.release:
            return secret
        body = {"metadata": {"labels": {names.LABEL_RELEASE: self._settings.release}}}
        return Secret.parse(await self._cluster.patch(SECRETS, secret.namespace, secret.name, body))

    async def mirror(self, instance: Instance, credentials: Credentials) -> None:
        """Puts the digests of all accepted keys, and how requests are signed, where the gateway looks."""
        digests = credentials.digests
        if digests is None:
            digests = tuple(digests_of(await self.generated(instance)))
        manifest = webhook_digests(
            release=self._settings.release,
            release_name=self._settings.release_name,
            release_namespace=self._settings.release_namespace,
            instance_uid=instance.uid,
            digests=digests,
            signature=credentials.signature,
        )
        if not manifest["data"].items() <= self._mirrored(manifest["metadata"]["name"]).items():
            await self._write(manifest)

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

    async def _write(self, manifest: Mapping[str, Any]) -> None:
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        try:
            await self._cluster.patch(SECRETS, namespace, name, manifest)
        except NotFound:
            try:
                await self._cluster.create(SECRETS, namespace, manifest)
            except Conflict:  # another worker made it meanwhile, for another instance
                await self._cluster.patch(SECRETS, namespace, name, manifest)

    async def _drop(self, name: str, *instance_uids: str) -> None:
        body = {"data": dict.fromkeys(instance_uids)}
        try:
            await self._cluster.patch(SECRETS, self._settings.release_namespace, name, body)
        except NotFound:
            return
