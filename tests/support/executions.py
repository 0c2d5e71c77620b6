"""Acceptances for tests, with what a test does not care about filled in."""

import time
from itertools import count
from typing import Any

from penstock_core import uuid7
from penstock_core.executions.states import Trigger
from penstock_core.store.executions.model import Acceptance, FlowIdentity, IdempotencyKey

DEFINITION_HASH = "d" * 64
_MILLISECONDS = count(time.time_ns() // 1_000_000)
"""Ids of one millisecond are in no order; here each has its own."""


def flow_identity(**changes: Any) -> FlowIdentity:
    """A flow of the namespace acme; `changes` replace fields."""
    values = {
        "namespace": "acme",
        "instance": "acme-orders",
        "instance_uid": "uid-acme-orders",
        "flow": "importOrder",
        "flow_uid": "uid-importorder",
        "integration": "orders-to-erp",
        "version": "1.4.0",
        "definition_hash": DEFINITION_HASH,
        "customer_id": "acme",
        "customer_name": "ACME GmbH",
    }
    return FlowIdentity(**{**values, **changes})


def acceptance(flow: FlowIdentity | None = None, **changes: Any) -> Acceptance:
    """A webhook's acceptance with a new id; `changes` replace fields."""
    values: dict[str, Any] = {
        "id": uuid7.new(next(_MILLISECONDS)),
        "flow": flow or flow_identity(),
        "trigger": Trigger.WEBHOOK,
        "payload": b"payload",
        "requested_by": "webhook",
    }
    return Acceptance(**{**values, **changes})


def key(text: str = "k", **changes: Any) -> IdempotencyKey:
    """An idempotency key with a body hash of its own."""
    return IdempotencyKey(**{"kind": "idempotency-key", "key": text, "body_sha256": b"body", **changes})
