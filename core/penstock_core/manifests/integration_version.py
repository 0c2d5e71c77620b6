"""IntegrationVersions: the snapshot of an Integration's content and its hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from penstock_core import names
from penstock_core.observed.integration import Integration
from penstock_core.observed.objects import Object


def content_hash(spec: Mapping[str, Any]) -> str:
    """sha256 over what a version fixes: the Integration's spec without the texts that may change freely."""
    fixed = {name: value for name, value in spec.items() if name not in {"displayName", "description"}}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def snapshot(integration: Integration, *, release: str) -> Object:
    """The IntegrationVersion of an Integration as it is now."""
    spec = integration.spec
    return {
        "apiVersion": names.API_VERSION,
        "kind": "IntegrationVersion",
        "metadata": {
            "name": names.integration_version(integration.name, integration.version),
            "namespace": integration.namespace,
            "labels": {
                names.LABEL_INTEGRATION: integration.name,
                names.LABEL_MANAGED_BY: names.MANAGER,
                names.LABEL_RELEASE: release,
            },
        },
        "spec": {
            "integration": integration.name,
            "version": integration.version,
            "sha256": content_hash(spec),
            "content": spec,
        },
    }
