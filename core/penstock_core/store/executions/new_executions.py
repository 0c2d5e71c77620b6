"""The one door: what is asked of the store when an execution is to be, whoever asks, and the one statement that stores it.

Webhooks come through `acceptance`, ticks through `ticks`, recorded missed ticks through `flows.schedules`; what they decide
before (slots, overlaps, pauses) is theirs. The statement claims the keys and stores what is new.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from penstock_core.executions.flow_identity import FlowIdentity
from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.store.connection.queries import load

STORE: Final = load("executions/new_executions")["store"]
"""Takes `columns(items)`; a row (id, execution_id, body_sha256, repeat_of) for each item but those that found their flow full."""

_SEPARATOR: Final = "\x1f"

KeyKind = Literal["idempotency-key", "webhook-id", "signed-id", "deduplicate-by", "signature", "tick"]
WhenFull = Literal["queue", "reject"]


class IdempotencyKey(NamedTuple):
    """Makes two acceptances of one flow the same execution within `window_seconds`; only sha256 of `key` is stored.

    With `again` an execution that failed, timed out or was cancelled gives the key back: the next one is new, and repeats it.
    """

    kind: KeyKind
    key: str
    body_sha256: bytes
    window_seconds: int = 86_400
    again: bool = False

    @property
    def digest(self) -> bytes:
        """What is stored of the key."""
        return sha256(self.key.encode("utf-8", "surrogatepass")).digest()


class SkipReason(NamedTuple):
    """Why an execution never runs; shown as its error."""

    code: str
    message: str


class Acceptance(NamedTuple):
    """One execution to be accepted; `id` is a new UUIDv7, `payload` the packed trigger data.

    Without `start` it stays queued, as for a paused flow; with `run_after` too, and it is not due before.
    `limit` is the flow's concurrency limit, None without one; `when_full` says what happens at the limit.
    `skipped` records it as one that never runs, which alone needs no `payload`.
    `guard` is a second key, which goes before `idempotency`: only `acceptance` looks at it.
    `replay_of` and `retry_of` name the execution that it repeats, `parent` the one whose step asked for it.
    """

    id: UUID
    flow: FlowIdentity
    trigger: Trigger
    payload: bytes | None
    requested_by: str
    idempotency: IdempotencyKey | None = None
    start: bool = True
    limit: int | None = None
    when_full: WhenFull = "queue"
    warnings: tuple[str, ...] = ()
    run_after: datetime | None = None
    skipped: SkipReason | None = None
    replay_of: UUID | None = None
    retry_of: UUID | None = None
    parent: UUID | None = None
    guard: IdempotencyKey | None = None

    @property
    def state(self) -> ExecutionState:
        """What it becomes when it is stored; under a limit the flow's slots are given out afterwards, oldest first."""
        if self.skipped is not None:
            return ExecutionState.SKIPPED
        starts = self.start and self.limit is None and self.run_after is None
        return ExecutionState.STARTING if starts else ExecutionState.QUEUED


def columns(items: Sequence[Acceptance]) -> dict[str, list[Any] | None]:
    """Acceptances by columns, as `STORE` takes them; what no item has is None as a whole."""
    return {
        "ids": [item.id for item in items],
        "triggers": [str(item.trigger) for item in items],
        "requesters": [item.requested_by for item in items],
        "payloads": [item.payload for item in items],
        "warnings": [_SEPARATOR.join(item.warnings) for item in items],
        "states": [str(item.state) for item in items],
        "full_at": _sparse([_full_at(item) for item in items]),
        "run_afters": _sparse([item.run_after for item in items]),
        "replays_of": _sparse([item.replay_of for item in items]),
        "retries_of": _sparse([item.retry_of for item in items]),
        "parents": _sparse([item.parent for item in items]),
        **_flow_columns([item.flow for item in items]),
        **_key_columns([item.idempotency for item in items]),
        **_skip_columns([item.skipped for item in items]),
    }


def _flow_columns(flows: Sequence[FlowIdentity]) -> dict[str, list[Any] | None]:
    return {
        "namespaces": [flow.namespace for flow in flows],
        "instances": [flow.instance for flow in flows],
        "instance_uids": [flow.instance_uid for flow in flows],
        "flows": [flow.flow for flow in flows],
        "flow_uids": [flow.flow_uid for flow in flows],
        "integrations": [flow.integration for flow in flows],
        "versions": [flow.version for flow in flows],
        "hashes": [flow.definition_hash for flow in flows],
        "customer_ids": [flow.customer_id for flow in flows],
        "customer_names": [flow.customer_name for flow in flows],
    }


def _key_columns(keys: Sequence[IdempotencyKey | None]) -> dict[str, list[Any] | None]:
    return {
        "key_kinds": _sparse([key and key.kind for key in keys]),
        "key_digests": _sparse([key and key.digest for key in keys]),
        "body_digests": _sparse([key and key.body_sha256 for key in keys]),
        "key_seconds": _sparse([key and key.window_seconds for key in keys]),
        "key_agains": _sparse([(key and key.again) or None for key in keys]),
    }


def _skip_columns(reasons: Sequence[SkipReason | None]) -> dict[str, list[Any] | None]:
    return {
        "codes": _sparse([reason and reason.code for reason in reasons]),
        "messages": _sparse([reason and reason.message for reason in reasons]),
    }


def _full_at(item: Acceptance) -> int | None:
    """How many live executions of the flow refuse the item; what only queues is never refused."""
    return item.limit if item.start and item.when_full == "reject" else None


def _sparse(values: list[Any]) -> list[Any] | None:
    """A column that most batches lack."""
    return None if values.count(None) == len(values) else values
