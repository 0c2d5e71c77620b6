"""From a version's content and an Instance to what the runner interprets: the definition, and its hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from penstock_core.connections import described
from penstock_core.observed.content import Content, DeclaredConnection, DeclaredFlow
from penstock_core.observed.instance import Instance
from penstock_core.values.durations import milliseconds

SCHEMA: Final = 1
DEFAULT_TIMEOUT: Final = "1h"


def build_definition(
    instance: Instance,
    content: Content,
    *,
    flow: DeclaredFlow,
    config: Mapping[str, Any],
    connections: Sequence[DeclaredConnection],
    urls: Mapping[str, str],
    secrets: Mapping[str, str],
) -> dict[str, Any]:
    """The definition of one flow, as in docs/contracts.md.

    `flow` is one of the content's flows; `config` is
    resolved; `connections` are the declarations of those that the flow uses; `urls` are the webhooks by flow name.
    `secrets` are names of Secrets by connection; one that the Instance does not set has none.
    """
    customer = instance.customer
    return {
        "schema": SCHEMA,
        "flow": {"name": flow.name, "urls": dict(urls)},
        "instance": {
            "name": instance.name,
            "namespace": instance.namespace,
            "customer": {"id": customer.id, "name": customer.name or customer.id},
            "labels": dict(instance.labels),
        },
        "integration": {"name": instance.integration, "version": content.version},
        "config": dict(config),
        "connections": {one.name: described(one.written, secret=secrets.get(one.name)) for one in connections},
        "timeoutMs": milliseconds(flow.timeout or DEFAULT_TIMEOUT),
        "steps": flow.steps,
    }


def definition_hash(definition: Mapping[str, Any]) -> str:
    """sha256 over canonical JSON, 64 hex digits: the same content gives the same hash, whatever the order of members."""
    return hashlib.sha256(canonical(definition)).hexdigest()


def canonical(definition: Mapping[str, Any]) -> bytes:
    """Canonical JSON of a definition."""
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")
