"""IntegrationVersions: the snapshot of an Integration's content and its hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from penstock_core import names
from penstock_core.objects import Object


def content_hash(spec: Mapping[str, Any]) -> str:
    """sha256 over what a version fixes: the Integration's spec without the texts that may change freely."""
    fixed = {name: value for name, value in spec.items() if name not in {"displayName", "description"}}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def snapshot(integration: Mapping[str, Any], *, release: str) -> Object:
    """The IntegrationVersion of an Integration as it is now."""
    metadata, spec = integration["metadata"], integration["spec"]
    return {
        "apiVersion": names.API_VERSION,
        "kind": "IntegrationVersion",
        "metadata": {
            "name": names.integration_version(metadata["name"], spec["version"]),
            "namespace": metadata["namespace"],
            "labels": {
                names.LABEL_INTEGRATION: metadata["name"],
                names.LABEL_MANAGED_BY: names.MANAGER,
                names.LABEL_RELEASE: release,
            },
        },
        "spec": {
            "integration": metadata["name"],
            "version": spec["version"],
            "sha256": content_hash(spec),
            "content": dict(spec),
        },
    }
