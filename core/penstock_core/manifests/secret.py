"""Secrets that Penstock writes: generated webhook keys, mirrored key digests, database addresses."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock_core import names
from penstock_core.manifests.metadata import controlled_by, managed
from penstock_core.observed.instance import Instance


def _secret(*, namespace: str, name: str, labels: Mapping[str, str], data: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "data": {field: base64.b64encode(value).decode() for field, value in data.items()},
    }


def webhook_key(instance: Instance, *, release: str, key: str) -> dict[str, Any]:
    """The generated webhook key of an Instance, beside it and owned by it."""
    secret = _secret(
        namespace=instance.namespace,
        name=names.webhook_key_secret(instance.name),
        labels=managed(release) | {names.LABEL_INSTANCE: instance.name},
        data={names.KEY_FIELD: key.encode()},
    )
    secret["metadata"]["ownerReferences"] = controlled_by(instance)
    return secret


def webhook_digests(
    *,
    release: str,
    release_name: str,
    release_namespace: str,
    instance_uid: str,
    digests: Sequence[str],
    signature: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the gateway checks an instance's requests against, in the release's own namespace: sha256 hex digests of keys,
    sorted, and how requests are signed (docs/contracts.md), where they are.

    Other instances' fields lie in the same Secret: this is all of it where it is made, else a merge patch.
    """
    content: dict[str, Any] = {"keys": sorted(digests)}
    if signature is not None:
        content["signature"] = signature
    return _secret(
        namespace=release_namespace,
        name=names.webhook_digest_secret(release_name, instance_uid),
        labels=managed(release),
        data={instance_uid: json.dumps(content, sort_keys=True).encode()},
    )


def database(*, release: str, namespace: str, name: str, dsn: str) -> dict[str, Any]:
    """The address of the database, password included, in the field `dsn`."""
    return _secret(namespace=namespace, name=name, labels=managed(release), data={"dsn": dsn.encode()})
