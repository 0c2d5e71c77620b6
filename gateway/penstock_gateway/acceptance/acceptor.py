"""From a prepared request to a durable row: the definition first, once per process, then the acceptance, in a batch."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from penstock_core import codec, uuid7
from penstock_core.errors import StoreUnavailable
from penstock_core.executions.states import Trigger
from penstock_core.store.executions.model import Acceptance, IdempotencyKey
from penstock_gateway.acceptance.batcher import LIMITS, Batcher, Outcome
from penstock_gateway.acceptance.load import Load
from penstock_gateway.flows import ServedFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What an acceptance needs of a request."""

    payload: bytes
    idempotency: IdempotencyKey | None
    guard: IdempotencyKey | None = None
    """What a replay of a signed request has in common with it, beside `idempotency`."""
    warnings: tuple[str, ...] = ()


class EnsureDefinition(Protocol):
    """Keeps a packed definition under its hash."""

    async def __call__(self, *, namespace: str, hash: str, packed: bytes) -> None: ...  # noqa: A002 - the store's word


REQUESTED_BY = "webhook"


class Acceptor:
    """Accepts executions of flows."""

    def __init__(
        self,
        batcher: Batcher,
        ensure_definition: EnsureDefinition,
        load: Load,
        *,
        store_seconds: float = LIMITS.store_seconds,
    ) -> None:
        self._batcher = batcher
        self._ensure = ensure_definition
        self._load = load
        self._store_seconds = store_seconds
        self._ensured: set[tuple[str, str]] = set()
        self._ensuring: dict[tuple[str, str], asyncio.Lock] = {}

    async def accept(self, flow: ServedFlow, prepared: Prepared) -> Outcome:
        """Store an execution of a flow; raises a StoreError.

        A flow whose pause rejects gets no new execution: its limit is taken as 0, so that only a repeat of something that
        was accepted before finds an answer other than `Full`. (`start`, because what only queues needs no slot.)
        """
        identity = flow.identity
        # the Flow's uid stands for the Instance's life: its definitions go with the data of a deleted Instance
        if (identity.flow_uid, identity.definition_hash) not in self._ensured:
            try:
                async with asyncio.timeout(self._store_seconds):
                    await self._ensure_definition(flow)
            except TimeoutError as error:
                raise StoreUnavailable("the database did not take the flow's definition in time") from error
        rejects = flow.rejects
        acceptance = Acceptance(
            id=uuid7.new(),
            flow=identity,
            trigger=Trigger.WEBHOOK,
            payload=prepared.payload,
            requested_by=REQUESTED_BY,
            idempotency=prepared.idempotency,
            guard=prepared.guard,
            start=rejects or (not flow.paused and self._may_start(flow)),
            limit=0 if rejects else flow.limit,
            when_full="reject" if rejects else flow.when_full,
            warnings=prepared.warnings,
        )
        return await self._batcher.accept(acceptance)

    def _may_start(self, flow: ServedFlow) -> bool:
        """Whether the release has room; a flow that rejects at its limit has its bound in that limit, and never queues."""
        return (flow.limit is not None and flow.when_full == "reject") or self._load.take()

    async def _ensure_definition(self, flow: ServedFlow) -> None:
        identity = flow.identity
        known = (identity.flow_uid, identity.definition_hash)
        lock = self._ensuring.setdefault(known, asyncio.Lock())
        async with lock:
            if known in self._ensured:
                return
            packed = codec.pack(flow.source.definition).data
            await self._ensure(namespace=identity.namespace, hash=identity.definition_hash, packed=packed)
            self._ensured.add(known)
        self._ensuring.pop(known, None)
