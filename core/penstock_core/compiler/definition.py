"""From a version's content and an Instance to what the runner interprets: the definition, and its hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from penstock_core.connections import described
from penstock_core.durations import milliseconds

SCHEMA: Final = 1
DEFAULT_TIMEOUT: Final = "1h"


def build_definition(
    instance: Mapping[str, Any],
    content: Mapping[str, Any],
    *,
    flow: Mapping[str, Any],
    config: Mapping[str, Any],
    connections: Sequence[Mapping[str, Any]],
    urls: Mapping[str, str],
) -> dict[str, Any]:
    """The definition of one flow, as in docs/contracts.md.

    `instance` is the object; `content` the Integration's spec of that version, `flow` one of its flows; `config` is
    resolved; `connections` are the declarations of those that the flow uses; `urls` are the webhooks by flow name.
    """
    metadata, spec = instance["metadata"], instance["spec"]
    customer = spec.get("customer") or {}
    return {
        "schema": SCHEMA,
        "flow": {"name": flow["name"], "urls": dict(urls)},
        "instance": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "customer": {"id": customer.get("id", ""), "name": customer.get("name") or customer.get("id", "")},
            "labels": dict(metadata.get("labels") or {}),
        },
        "integration": {"name": spec["integration"]["name"], "version": content["version"]},
        "config": dict(config),
        "connections": {connection["name"]: described(connection) for connection in connections},
        "timeoutMs": milliseconds(flow.get("timeout", DEFAULT_TIMEOUT)),
        "steps": flow["steps"],
    }


def definition_hash(definition: Mapping[str, Any]) -> str:
    """sha256 over canonical JSON, 64 hex digits: the same content gives the same hash, whatever the order of members."""
    canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
