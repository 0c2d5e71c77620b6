"""The keys of an Instance's webhooks: generated where none is named, and mirrored as digests for the gateway.

The gateway sees no key at rest, and reads no Secret outside the release's namespace.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from penstock_core import names
from penstock_core.cluster import SECRETS, Cluster, Object
from penstock_core.errors import Conflict
from penstock_core.manifests.secret import webhook_digests, webhook_key
from penstock_operator.apply import ensure
from penstock_operator.settings import Settings
from penstock_operator.workloads import Collection


def digests_of(secret: Mapping[str, Any]) -> list[str]:
    """sha256 hex digests of a Secret's values; white space around a value does not count, empty values are no keys."""
    values = (base64.b64decode(value).strip() for value in (secret.get("data") or {}).values())
    return sorted({hashlib.sha256(value).hexdigest() for value in values if value})


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
            return await self._cluster.get(SECRETS, metadata["namespace"], name)

    async def mirror(self, instance: Object, digests: Sequence[str]) -> None:
        """Puts the digests of all accepted keys where the gateway looks."""
        uid = instance["metadata"]["uid"]
        namespace = self._settings.release_namespace
        manifest = webhook_digests(
            release=self._settings.release, release_namespace=namespace, instance_uid=uid, digests=digests
        )
        current = self._own.get((namespace, names.webhook_digest_secret(uid)))
        await ensure(self._cluster, SECRETS, manifest, current=current)

    async def mirror_generated(self, instance: Object) -> None:
        """As `mirror`, for the generated key."""
        await self.mirror(instance, digests_of(await self.generated(instance)))

    async def forget(self, instance_uid: str) -> None:
        """Removes the mirrored digests."""
        name = names.webhook_digest_secret(instance_uid)
        await self._cluster.delete(SECRETS, self._settings.release_namespace, name)
