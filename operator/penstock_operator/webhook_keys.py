"""The keys of an Instance's webhooks: generated where none is named, and mirrored as digests for the gateway.

The gateway sees no key at rest, and reads no Secret outside the release's namespace; so the secret that requests are
signed with is mirrored too.
"""

import secrets

from penstock_core import names
from penstock_core.cluster import SECRETS, Cluster, Object
from penstock_core.errors import Conflict
from penstock_core.manifests.secret import webhook_digests, webhook_key
from penstock_operator.apply import ensure
from penstock_operator.credentials import Credentials, digests_of
from penstock_operator.settings import Settings
from penstock_operator.workloads import Collection


class WebhookKeys:
    """Generates keys and mirrors their digests; `own` are the release's own Secrets as a watch sees them."""

    def __init__(self, cluster: Cluster, *, own: Collection, settings: Settings) -> None:
        self._cluster = cluster
        self._own = own
        self._settings = settings

    async def generated(self, instance: Object) -> Object:
        """The Secret with the Instance's generated key, made where there is none."""
        metadata = instance["metadata"]
        name = names.webhook_key_secret(metadata["name"])
        found = self._own.get((metadata["namespace"], name))
        if found is not None and digests_of(found):
            return found
        manifest = webhook_key(instance, release=self._settings.release, key=secrets.token_urlsafe(32))
        try:
            return await self._cluster.create(SECRETS, metadata["namespace"], manifest)
        except Conflict:
            # an earlier try made it, and the watch has not told yet: its key may be in use, so it is never replaced
            return await self._taken_over(await self._cluster.get(SECRETS, metadata["namespace"], name))

    async def _taken_over(self, secret: Object) -> Object:
        """The Secret with this release's label: one that an earlier release made would never be seen by the watch."""
        metadata = secret["metadata"]
        if metadata.get("labels", {}).get(names.LABEL_RELEASE) == self._settings.release:
            return secret
        body = {"metadata": {"labels": {names.LABEL_RELEASE: self._settings.release}}}
        return await self._cluster.patch(SECRETS, metadata["namespace"], metadata["name"], body)

    async def mirror(self, instance: Object, credentials: Credentials) -> None:
        """Puts the digests of all accepted keys, and how requests are signed, where the gateway looks."""
        digests = credentials.digests
        if digests is None:
            digests = tuple(digests_of(await self.generated(instance)))
        uid = instance["metadata"]["uid"]
        namespace = self._settings.release_namespace
        manifest = webhook_digests(
            release=self._settings.release,
            release_namespace=namespace,
            instance_uid=uid,
            digests=digests,
            signature=credentials.signature,
        )
        current = self._own.get((namespace, names.webhook_digest_secret(uid)))
        await ensure(self._cluster, SECRETS, manifest, current=current)

    async def forget(self, instance_uid: str) -> None:
        """Removes the mirrored digests."""
        name = names.webhook_digest_secret(instance_uid)
        await self._cluster.delete(SECRETS, self._settings.release_namespace, name)
