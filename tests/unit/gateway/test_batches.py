"""Group commit: who shares a transaction, and what a failure does to whom."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from psycopg import DataError

from gateway_stand import flow
from penstock_core import uuid7
from penstock_core.errors import StoreContended, StoreError, StoreUnavailable
from penstock_core.executions.flow_identity import flow_identity
from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.observed.flow import Flow
from penstock_core.store.executions.model import Acceptance, Accepted, AcceptedBatch, Started
from penstock_gateway.acceptance.batcher import Batcher, BatchLimits
from penstock_gateway.metrics import Metrics


def acceptance(requested_by: str = "test") -> Acceptance:
    return Acceptance(
        id=uuid7.new(),
        flow=flow_identity(Flow.parse(flow())),
        trigger=Trigger.WEBHOOK,
        payload=b"",
        requested_by=requested_by,
    )


class Store:
    """Records batches; refuses those that hold a poisoned acceptance."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.batches: list[int] = []
        self.failure = failure
        self.gate = asyncio.Event()
        self.gate.set()

    async def accept(self, batch: Sequence[Acceptance]) -> AcceptedBatch:
        await self.gate.wait()
        if self.failure and any(item.requested_by == "poison" for item in batch):
            raise self.failure
        self.batches.append(len(batch))
        return AcceptedBatch(
            outcomes=tuple(Accepted(id=item.id, state=ExecutionState.STARTING) for item in batch),
            started=tuple(Started(id=item.id, namespace="acme", flow_uid="u") for item in batch),
        )


@asynccontextmanager
async def running(store: Store, started: list[Started] | None = None, **limits: Any) -> AsyncIterator[Batcher]:
    kept = started if started is not None else []
    chosen = BatchLimits(**{"workers": 1, **limits})
    made = Batcher(store.accept, on_started=kept.extend, metrics=Metrics(CollectorRegistry()), limits=chosen)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_waits_is_stored_together() -> None:
    """While one transaction runs, what arrives shares the next; each gets its own outcome."""
    store, started = Store(), list[Started]()
    store.gate.clear()
    items = [acceptance() for _ in range(11)]
    async with running(store, started) as batcher:
        first = asyncio.create_task(batcher.accept(items[0]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        others = [asyncio.create_task(batcher.accept(item)) for item in items[1:]]
        await asyncio.sleep(0)
        store.gate.set()
        outcomes = await asyncio.gather(first, *others)

    assert store.batches == [1, 10]
    assert [outcome.id for outcome in outcomes if isinstance(outcome, Accepted)] == [item.id for item in items]
    assert [each.id for each in started] == [item.id for item in items]


async def test_unavailable_store_fails_the_batch() -> None:
    """A database that is away is every caller's 503, and the worker goes on."""
    store = Store(StoreUnavailable("away"))
    async with running(store) as batcher:
        with pytest.raises(StoreUnavailable):
            await batcher.accept(acceptance("poison"))
        assert isinstance(await batcher.accept(acceptance()), Accepted)


async def test_refused_acceptance_does_not_take_others_with_it() -> None:
    """One acceptance that the database refuses fails alone."""
    store = Store(DataError("bad"))
    store.gate.clear()
    async with running(store) as batcher:
        tasks = [asyncio.create_task(batcher.accept(acceptance(by))) for by in ("a", "b", "poison", "c")]
        await asyncio.sleep(0)
        store.gate.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted, StoreError, Accepted]


class Locked(Store):
    """A store in which somebody holds the rows of one namespace."""

    def __init__(self, namespace: str) -> None:
        super().__init__()
        self.namespace = namespace
        self.asked: list[set[str]] = []

    async def accept(self, batch: Sequence[Acceptance]) -> AcceptedBatch:
        self.asked.append({item.flow.namespace for item in batch})
        if self.namespace in self.asked[-1]:
            raise StoreContended("locked")
        return await super().accept(batch)


def of(namespace: str) -> Acceptance:
    """An acceptance of a flow in a namespace."""
    manifest = flow()
    manifest["metadata"]["namespace"] = namespace
    return acceptance()._replace(flow=flow_identity(Flow.parse(manifest)))


async def test_locked_rows_of_one_namespace_hold_up_no_other() -> None:
    """A batch that meets a lock is stored namespace by namespace, and the locked one is kept out of later batches."""
    store = Locked("evil")
    store.gate.clear()
    async with running(store) as batcher:
        first = [asyncio.create_task(batcher.accept(of(namespace))) for namespace in ("acme", "evil", "globex")]
        await asyncio.sleep(0)
        store.gate.set()
        outcomes = await asyncio.gather(*first, return_exceptions=True)
        later = [asyncio.create_task(batcher.accept(of(namespace))) for namespace in ("acme", "evil", "globex")]
        again = await asyncio.gather(*later, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Accepted, StoreContended, Accepted]
    assert [type(outcome) for outcome in again] == [Accepted, StoreContended, Accepted]
    assert {"evil"} in store.asked[-2:]
    assert {"acme", "globex"} in store.asked[-2:]


async def test_a_namespace_that_takes_for_ever_holds_up_no_other() -> None:
    """Locks that are passed on, each in time, still fail their own namespace alone, and it is kept out of later batches."""

    class Slow(Locked):
        async def accept(self, batch: Sequence[Acceptance]) -> AcceptedBatch:
            try:
                return await super().accept(batch)
            except StoreContended:
                return await asyncio.Event().wait()  # type: ignore[return-value]

    store = Slow("evil")
    store.gate.clear()
    async with running(store, mixed_seconds=0.05, store_seconds=0.1) as batcher:
        for last in ("acme", "acme-2"):
            tasks = [asyncio.create_task(batcher.accept(of(namespace))) for namespace in (last, "evil", "globex")]
            await asyncio.sleep(0)
            store.gate.set()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [Accepted, StoreUnavailable, Accepted]

    assert {"evil"} in store.asked[-2:]
    assert {"acme-2", "globex"} in store.asked[-2:]


async def test_a_database_that_is_silent_sets_nobody_apart() -> None:
    """When no namespace is stored, none is to blame: the next batch is one again."""
    store = Store()
    store.gate.clear()
    async with running(store, mixed_seconds=0.05, store_seconds=0.1) as batcher:
        tasks = [asyncio.create_task(batcher.accept(of(namespace))) for namespace in ("acme", "globex")]
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        store.gate.set()
        await asyncio.gather(*(batcher.accept(of(namespace)) for namespace in ("acme", "globex")))

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, StoreUnavailable]
    assert store.batches == [2]


async def test_broken_connections_are_tried_past() -> None:
    """After a restart of the database each idle connection fails once: the caller does not notice."""

    class Broken(Store):
        left = 2

        async def accept(self, batch: Sequence[Acceptance]) -> AcceptedBatch:
            if self.left:
                self.left -= 1
                raise StoreUnavailable("the connection is lost")
            return await super().accept(batch)

    async with running(Broken()) as batcher:
        assert isinstance(await batcher.accept(acceptance()), Accepted)


async def test_caller_who_gave_up_is_not_stored() -> None:
    """An acceptance whose caller was told 503 before its turn makes no row."""
    store = Store()
    store.gate.clear()
    async with running(store, wait_seconds=1.0) as batcher:
        tasks = [asyncio.create_task(batcher.accept(acceptance())) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        late = asyncio.create_task(batcher.accept(acceptance()))
        outcomes = await asyncio.gather(*tasks, late, return_exceptions=True)
        store.gate.set()
        await batcher.accept(acceptance())

    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    assert sum(store.batches) <= 4


async def test_full_queue_refuses_at_once() -> None:
    """When too much waits, the next caller is told without waiting."""
    async with running(Store(), queue=0) as batcher:
        with pytest.raises(StoreUnavailable, match="too many"):
            await batcher.accept(acceptance())
